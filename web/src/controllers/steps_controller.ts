import type { ConnectStep } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { errors } from "../say/errors.ts";
import { anotherAttempt, rooms, steps } from "../say/session.ts";

/** The steps of connecting, one line for each that has really begun, and what to do when an attempt failed. */
export default class StepsController extends RoomPart {
  static override targets = ["attempt", "list", "problem", "problemText", "choices"];
  declare readonly attemptTarget: HTMLElement;
  declare readonly listTarget: HTMLElement;
  declare readonly problemTarget: HTMLElement;
  declare readonly problemTextTarget: HTMLElement;
  declare readonly choicesTarget: HTMLElement;
  #attempt = 0;
  #last: ConnectStep | undefined;

  // Actions

  show({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase !== "connecting") return;
    if (state.attempt !== this.#attempt) this.#restart(state.attempt);
    if (state.step !== this.#last) this.#add(state.step);
    const { failed } = state;
    this.problemTarget.hidden = failed === undefined;
    if (!failed) return;
    const { title, text } = errors[failed.code];
    this.choicesTarget.hidden = !failed.mayStartAnother;
    this.problemTextTarget.textContent = `${title}. ${failed.mayStartAnother ? text : rooms.theyMayTryAgain}`;
  }

  retry() {
    this.room.session?.retry();
  }

  evict() {
    this.room.session?.evict();
  }

  // Private

  #restart(attempt: number) {
    this.#attempt = attempt;
    this.#last = undefined;
    this.listTarget.replaceChildren();
    this.attemptTarget.textContent = anotherAttempt(attempt);
    this.attemptTarget.hidden = attempt === 1;
  }

  #add(step: ConnectStep) {
    this.#last = step;
    const item = document.createElement("li");
    item.textContent = steps[step];
    this.listTarget.append(item);
  }
}
