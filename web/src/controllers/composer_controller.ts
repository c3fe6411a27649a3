import { asNullroomError } from "@nullroom/core/errors";
import { MESSAGE_BYTES } from "@nullroom/core/limits";
import type { ChosenContent } from "../files/select/chosen-content.ts";
import { pastedImages } from "../files/select/data-transfer.ts";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { errors } from "../say/errors.ts";
import { tooLong } from "../say/session.ts";

/** The message box: Enter sends, Shift+Enter breaks the line, and a text too long for a message can go as a file. */
export default class ComposerController extends RoomPart {
  static override targets = ["message", "problem", "asFile"];
  declare readonly messageTarget: HTMLTextAreaElement;
  declare readonly problemTarget: HTMLElement;
  declare readonly asFileTarget: HTMLElement;
  #focused = false;

  // Actions

  state({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase === "waiting") this.#forget();
    if (state.phase !== "secure" || this.#focused) return;
    this.#focused = true;
    if (!document.querySelector("dialog[open]")) this.messageTarget.focus();
  }

  key(event: KeyboardEvent) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  }

  /** A text that is too long is reported while it is written, not only when it is sent. */
  check() {
    const over = new TextEncoder().encode(this.messageTarget.value).length - MESSAGE_BYTES;
    this.#showProblem(over > 0 ? tooLong(over) : "");
    this.asFileTarget.hidden = over <= 0;
    return over <= 0;
  }

  send() {
    const text = this.messageTarget.value;
    if (text.trim() === "" || !this.check()) return;
    try {
      this.room.session?.sendText(text);
      this.messageTarget.value = "";
    } catch (thrown) {
      const { title, text: advice } =
        errors[asNullroomError(thrown, "E_CHANNEL", "the message was not taken").code];
      this.#showProblem(`${title}. ${advice}`);
    }
    this.messageTarget.focus();
  }

  /** A text that is too long for a message is not too long for a file. */
  sendAsFile() {
    const text = this.messageTarget.value;
    const onOffered = () => {
      if (this.messageTarget.value === text) this.messageTarget.value = "";
      this.check();
    };
    this.#choose({ type: "text", text, onOffered });
    this.messageTarget.focus();
  }

  paste(event: ClipboardEvent) {
    const files = event.clipboardData ? pastedImages(event.clipboardData) : [];
    if (files.length === 0) return;
    event.preventDefault();
    this.#choose({ type: "files", files });
  }

  problem({ detail }: CustomEvent<string>) {
    this.#showProblem(detail);
  }

  // Private

  #choose(detail: ChosenContent) {
    this.dispatch("chosen", { prefix: "page", target: window, detail });
  }

  /** The draft goes when the room waits again: it belonged to the conversation that is over. */
  #forget() {
    this.#focused = false;
    this.messageTarget.value = "";
    this.#showProblem("");
  }

  #showProblem(problem: string) {
    if (this.problemTarget.textContent !== problem) this.problemTarget.textContent = problem;
  }
}
