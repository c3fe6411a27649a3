import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { rooms } from "../say/session.ts";
import { wordView } from "../views/word.ts";

/** Five words that both sides see. Which they are, and what the answer does, is the session's business. */
export default class WordsController extends RoomPart<HTMLDetailsElement> {
  static override targets = ["summary", "list", "question", "verdict"];
  declare readonly summaryTarget: HTMLElement;
  declare readonly listTarget: HTMLElement;
  declare readonly questionTarget: HTMLElement;
  declare readonly verdictTarget: HTMLElement;
  #shown = "";

  show({ detail: { state } }: SessionEventOf<"state">) {
    const known = "words" in state ? state.words : undefined;
    this.element.hidden = known === undefined;
    if (!known) return this.#forget();
    if (this.#shown !== known.words.join()) this.listTarget.replaceChildren(...known.words.map(wordView));
    this.#shown = known.words.join();
    // Compared: the answer stays in view, the words are a tap away, and the conversation has the room.
    if (known.mine !== this.questionTarget.hidden) this.element.open = !known.mine;
    this.questionTarget.hidden = known.mine;
    const verdict = known.theirs ? rooms.wordsMatchBoth : rooms.wordsMatch;
    this.verdictTarget.textContent = known.mine ? verdict : known.theirs ? rooms.wordsMatchTheirs : "";
  }

  #forget() {
    this.#shown = "";
    this.listTarget.replaceChildren();
    this.verdictTarget.textContent = "";
  }

  match() {
    this.room.session?.compareWords(true);
    this.summaryTarget.focus(); // The button that had the focus goes away.
  }

  differ() {
    this.room.session?.compareWords(false);
  }
}
