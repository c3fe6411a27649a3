import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { rooms } from "../say/session.ts";
import { wordView } from "../views/word.ts";

/** The five safety words that both sides see. Which words they are, and what the answer does, the session decides. */
export default class WordsController extends RoomPart<HTMLDetailsElement> {
  static override targets = ["summary", "list", "question", "verdict"];
  declare readonly summaryTarget: HTMLElement;
  declare readonly listTarget: HTMLElement;
  declare readonly questionTarget: HTMLElement;
  declare readonly verdictTarget: HTMLElement;
  #shown = "";

  // Actions

  show({ detail: { state } }: SessionEventOf<"state">) {
    const known = "words" in state ? state.words : undefined;
    this.element.hidden = known === undefined;
    if (!known) return this.#forget();
    if (this.#shown !== known.words.join()) this.listTarget.replaceChildren(...known.words.map(wordView));
    this.#shown = known.words.join();
    // Words that were compared fold away, so that the conversation has the space. The verdict stays in view.
    if (known.mine !== this.questionTarget.hidden) this.element.open = !known.mine;
    this.questionTarget.hidden = known.mine;
    const verdict = known.theirs ? rooms.wordsMatchBoth : rooms.wordsMatch;
    this.verdictTarget.textContent = known.mine ? verdict : known.theirs ? rooms.wordsMatchTheirs : "";
  }

  match() {
    this.room.session?.compareWords(true);
    this.summaryTarget.focus(); // The button that had the focus is hidden now.
  }

  differ() {
    this.room.session?.compareWords(false);
  }

  // Private

  #forget() {
    this.#shown = "";
    this.listTarget.replaceChildren();
    this.verdictTarget.textContent = "";
  }
}
