import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { clock } from "../say/session.ts";

/** How long a lost connection is still looked for. For the eye only: the connection line has said it to the ear. */
export default class RetryingController extends RoomPart {
  static override targets = ["left"];
  declare readonly leftTarget: HTMLElement;
  #giveUpAt = 0;
  #tick?: ReturnType<typeof setInterval> | undefined;

  override disconnect() {
    clearInterval(this.#tick);
  }

  show({ detail: { state } }: SessionEventOf<"state">) {
    clearInterval(this.#tick);
    if (state.phase !== "reconnecting") return;
    this.#giveUpAt = state.giveUpAt;
    this.#tick = setInterval(() => this.#update(), 1000);
    this.#update();
  }

  #update() {
    const seconds = Math.ceil((this.#giveUpAt - this.room.platform.now()) / 1000);
    this.leftTarget.textContent = clock(Math.max(0, seconds));
  }
}
