import type { TransferId } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";

/** The screen stays on while a file moves, and no longer: a device that falls asleep stops the file half-way. */
export default class AwakeController extends RoomPart {
  readonly #moving = new Set<TransferId>();
  #lock: Promise<WakeLockSentinel | undefined> | undefined;

  // Lifecycle

  override disconnect() {
    this.#moving.clear();
    this.update();
  }

  // Actions

  /** A room that waits again has no conversation, so no file of it moves any more. */
  state({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase === "waiting") this.disconnect();
  }

  transfer({ detail: { transfer } }: SessionEventOf<"transfer">) {
    if (transfer.status === "moving") this.#moving.add(transfer.id);
    else this.#moving.delete(transfer.id);
    this.update();
  }

  /** The browser releases the lock of a page that is hidden, so it is requested anew once the page is visible. */
  update() {
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
    return undefined; // A device that saves its battery may refuse, and the file moves all the same.
  }
}
