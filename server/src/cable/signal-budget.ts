import type { RoomId } from "@nullroom/core/brand";
import { SIGNAL_BYTES_PER_ROOM, SIGNAL_WINDOW_MS, SIGNALS_PER_WINDOW } from "@nullroom/core/limits";

const ROOM_WINDOW_MS = 15 * 60_000;

/** How much one room has relayed in its window: handshakes are small, and this is no relay of data. */
export type RoomBudget = { bytes: number; windowEndsAt: number };

/**
 * Budgets of the rooms on this node. A budget outlives its sockets, so that coming back does not refill it, and is
 * forgotten with the room or after its window.
 */
export class SignalBudgets {
  readonly #rooms = new Map<RoomId, RoomBudget>();

  /** The budget of one room, made when it is first asked for. */
  of(roomId: RoomId, now: number): RoomBudget {
    this.#sweep(now);
    let budget = this.#rooms.get(roomId);
    if (budget === undefined) {
      budget = { bytes: 0, windowEndsAt: now + ROOM_WINDOW_MS };
      this.#rooms.set(roomId, budget);
    }
    return budget;
  }

  /** The room is over, and nothing of it may stay. */
  forget(roomId: RoomId): void {
    this.#rooms.delete(roomId);
  }

  /** All windows are of one length, so the oldest entries stand first. */
  #sweep(now: number): void {
    for (const [roomId, { windowEndsAt }] of this.#rooms) {
      if (windowEndsAt > now) break;
      this.#rooms.delete(roomId);
    }
  }
}

/** What one seat may send: a number of signals per window, and no more bytes than its room may still relay. */
export class SignalAllowance {
  readonly #room: RoomBudget;
  #count = 0;
  #windowEndsAt = 0;

  constructor(room: RoomBudget) {
    this.#room = room;
  }

  /** Whether one more signal of `bytes` may pass; counts it if so. */
  take(bytes: number, now: number): boolean {
    if (now >= this.#windowEndsAt) {
      this.#windowEndsAt = now + SIGNAL_WINDOW_MS;
      this.#count = 0;
    }
    const room = this.#room;
    if (now >= room.windowEndsAt) {
      room.windowEndsAt = now + ROOM_WINDOW_MS;
      room.bytes = 0;
    }
    if (this.#count >= SIGNALS_PER_WINDOW || room.bytes + bytes > SIGNAL_BYTES_PER_ROOM) return false;
    this.#count++;
    room.bytes += bytes;
    return true;
  }
}
