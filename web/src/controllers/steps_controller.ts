import type { ConnectStep } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { errors } from "../say/errors.ts";
import { anotherAttempt, rooms, steps } from "../say/session.ts";

/** One line per step that really began. */
export default class StepsController extends RoomPart {
  static override targets = ["attempt", "list", "problem", "words", "choices"];
  declare readonly attemptTarget: HTMLElement;
  declare readonly listTarget: HTMLElement;
  declare readonly problemTarget: HTMLElement;
  declare readonly wordsTarget: HTMLElement;
  declare readonly choicesTarget: HTMLElement;
  #attempt = 0;
  #last: ConnectStep | undefined;

  show({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase !== "connecting") return;
    if (state.attempt !== this.#attempt) this.#restart(state.attempt);
    if (state.step !== this.#last) this.#add(state.step);
    const { failed } = state;
    this.problemTarget.hidden = failed === undefined;
    if (!failed) return;
    const { title, text } = errors[failed.code];
    this.choicesTarget.hidden = !failed.mayStartAnother;
    this.wordsTarget.textContent = `${title}. ${failed.mayStartAnother ? text : rooms.theyMayTryAgain}`;
  }

  retry() {
    this.room.session?.retry();
  }

  sendOut() {
    this.room.session?.evict();
  }

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
