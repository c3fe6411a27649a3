import type { RoomId } from "@nullroom/core/brand";
import { SIGNAL_BYTES_PER_ROOM, SIGNAL_WINDOW_MS, SIGNALS_PER_WINDOW } from "@nullroom/core/limits";

const ROOM_WINDOW_MS = 15 * 60_000;

/** How much one room has relayed lately: introductions are small, and this is no relay of data. */
export type RoomBudget = { bytes: number; windowEndsAt: number };

/**
 * Budgets of the rooms on this node. One outlives its sockets, so that coming back does not refill it, and goes
 * with the room or with its window.
 */
export class SignalBudgets {
  readonly #rooms = new Map<RoomId, RoomBudget>();

  of(roomId: RoomId, now: number): RoomBudget {
    this.#sweep(now);
    let budget = this.#rooms.get(roomId);
    if (budget === undefined) {
      budget = { bytes: 0, windowEndsAt: now + ROOM_WINDOW_MS };
      this.#rooms.set(roomId, budget);
    }
    return budget;
  }

  /** The room is over: nothing of it stays. */
  forget(roomId: RoomId): void {
    this.#rooms.delete(roomId);
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Windows are all of one length, so the oldest entries stand first. */
  #sweep(now: number): void {
    for (const [roomId, { windowEndsAt }] of this.#rooms) {
      if (windowEndsAt > now) break;
      this.#rooms.delete(roomId);
    }
  }
}

/** One seat's allowance: so many signals a window, and its share of what the room may relay. */
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
