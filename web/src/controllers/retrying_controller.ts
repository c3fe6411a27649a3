import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { clock } from "../say/session.ts";

/**
 * How much longer the session tries to bring back a lost connection. It is for the eye only: the connection line has
 * already been read out.
 */
export default class RetryingController extends RoomPart {
  static override targets = ["left"];
  declare readonly leftTarget: HTMLElement;
  #giveUpAt = 0;
  #tick?: ReturnType<typeof setInterval> | undefined;

  // Lifecycle

  override disconnect() {
    clearInterval(this.#tick);
  }

  // Actions

  show({ detail: { state } }: SessionEventOf<"state">) {
    clearInterval(this.#tick);
    if (state.phase !== "reconnecting") return;
    this.#giveUpAt = state.giveUpAt;
    this.#tick = setInterval(() => this.#update(), 1000);
    this.#update();
  }

  // Private

  #update() {
    const seconds = Math.ceil((this.#giveUpAt - this.room.platform.now()) / 1000);
    this.leftTarget.textContent = clock(Math.max(0, seconds));
  }
}
