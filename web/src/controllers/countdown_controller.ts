import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { clock, timeLeft } from "../say/session.ts";

const MARKS = [5, 2, 1];

/** Time left, for the eye each second and for the ear at three marks. It only shows: the session ends itself. */
export default class CountdownController extends RoomPart {
  static override targets = ["left", "spoken"];
  declare readonly leftTarget: HTMLElement;
  declare readonly spokenTarget: HTMLElement;
  #deadline?: number;
  #seconds = Number.POSITIVE_INFINITY;
  #tick?: ReturnType<typeof setInterval>;

  override disconnect() {
    clearInterval(this.#tick);
  }

  show({ detail: { state } }: SessionEventOf<"state">) {
    if (!("deadline" in state)) return;
    if (state.deadline !== this.#deadline) this.#seconds = Number.POSITIVE_INFINITY;
    this.#deadline = state.deadline;
    this.#tick ??= setInterval(() => this.#update(), 1000);
    this.#update();
  }

  #update() {
    if (this.#deadline === undefined) return;
    const before = this.#seconds;
    this.#seconds = Math.max(0, Math.ceil((this.#deadline - this.room.platform.now()) / 1000));
    this.leftTarget.textContent = clock(this.#seconds);
    const passed = MARKS.some((minutes) => before > minutes * 60 && this.#seconds <= minutes * 60);
    // A clock that begins below a mark has not passed it; one that slept may have passed several.
    if (passed && Number.isFinite(before))
      this.spokenTarget.textContent = timeLeft(Math.ceil(this.#seconds / 60));
    this.element.toggleAttribute("data-short", this.#seconds <= 60);
  }
}
