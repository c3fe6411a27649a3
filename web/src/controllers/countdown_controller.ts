import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { clock, timeLeft } from "../say/session.ts";

/** Minutes left at which the time is read out. */
const SPOKEN_MINUTES = [5, 2, 1];
/** Seconds left from which on the clock looks urgent. */
const SHORT_SECONDS = 60;

/**
 * The time left is shown each second and read out at three marks. This controller only shows it: the session ends
 * itself.
 */
export default class CountdownController extends RoomPart {
  static override targets = ["left", "spoken"];
  declare readonly leftTarget: HTMLElement;
  declare readonly spokenTarget: HTMLElement;
  #deadline?: number;
  #seconds = Number.POSITIVE_INFINITY;
  #tick?: ReturnType<typeof setInterval>;

  // Lifecycle

  override disconnect() {
    clearInterval(this.#tick);
  }

  // Actions

  show({ detail: { state } }: SessionEventOf<"state">) {
    if (!("deadline" in state)) return;
    if (state.deadline !== this.#deadline) this.#seconds = Number.POSITIVE_INFINITY;
    this.#deadline = state.deadline;
    this.#tick ??= setInterval(() => this.#update(), 1000);
    this.#update();
  }

  // Private

  #update() {
    if (this.#deadline === undefined) return;
    const before = this.#seconds;
    this.#seconds = Math.max(0, Math.ceil((this.#deadline - this.room.platform.now()) / 1000));
    this.leftTarget.textContent = clock(this.#seconds);
    const passed = SPOKEN_MINUTES.some((minutes) => before > minutes * 60 && this.#seconds <= minutes * 60);
    // A clock that begins below a mark has not passed it. A machine that slept may have passed several at once.
    if (passed && Number.isFinite(before))
      this.spokenTarget.textContent = timeLeft(Math.ceil(this.#seconds / 60));
    this.element.toggleAttribute("data-short", this.#seconds <= SHORT_SECONDS);
  }
}
