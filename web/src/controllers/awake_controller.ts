import type { TransferId } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";

/** Keeps the screen on while a file moves, and no longer: a device that falls asleep stops it half-way. */
export default class AwakeController extends RoomPart {
  readonly #moving = new Set<TransferId>();
  #lock: Promise<WakeLockSentinel | undefined> | undefined;

  override disconnect() {
    this.#moving.clear();
    this.look();
  }

  /** The room waits again: whatever moved in the conversation before moves no more. */
  state({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase === "waiting") this.disconnect();
  }

  transfer({ detail: { transfer } }: SessionEventOf<"transfer">) {
    if (transfer.status === "moving") this.#moving.add(transfer.id);
    else this.#moving.delete(transfer.id);
    this.look();
  }

  /** A browser takes the lock away from a page that is hidden and does not give it back by itself. */
  look() {
    const wanted = this.#moving.size > 0 && !document.hidden;
    if (wanted) this.#lock ??= keepAwake();
    else {
      void this.#lock?.then((lock) => lock?.release());
      this.#lock = undefined;
    }
  }
}

async function keepAwake(): Promise<WakeLockSentinel | undefined> {
  if (!("wakeLock" in navigator)) return undefined;
  try {
    return await navigator.wakeLock.request("screen");
  } catch {
    return undefined; // because a device that saves its battery may refuse, and the file moves all the same
  }
}
