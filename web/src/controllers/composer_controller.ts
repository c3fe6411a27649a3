import { asNullroomError } from "@nullroom/core/errors";
import { MESSAGE_BYTES } from "@nullroom/core/limits";
import type { ChosenContent } from "../files/select/chosen-content.ts";
import { pastedImages } from "../files/select/data-transfer.ts";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { errors } from "../say/errors.ts";
import { tooLong } from "../say/session.ts";

/** Writing. Enter sends, Shift+Enter breaks the line; what is too long says so while it is written. */
export default class ComposerController extends RoomPart {
  static override targets = ["message", "problem", "asFile"];
  declare readonly messageTarget: HTMLTextAreaElement;
  declare readonly problemTarget: HTMLElement;
  declare readonly asFileTarget: HTMLElement;
  #focused = false;

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

  check() {
    const over = new TextEncoder().encode(this.messageTarget.value).length - MESSAGE_BYTES;
    this.#say(over > 0 ? tooLong(over) : "");
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
      this.#say(`${title}. ${advice}`);
    }
    this.messageTarget.focus();
  }

  /** What is too long for a message is none for a file. */
  sendAsFile() {
    const text = this.messageTarget.value;
    const onOffered = () => {
      if (this.messageTarget.value === text) this.messageTarget.value = "";
      this.check();
    };
    this.#hand({ type: "text", text, onOffered });
    this.messageTarget.focus();
  }

  paste(event: ClipboardEvent) {
    const files = event.clipboardData ? pastedImages(event.clipboardData) : [];
    if (files.length === 0) return;
    event.preventDefault();
    this.#hand({ type: "files", files });
  }

  #hand(detail: ChosenContent) {
    this.dispatch("handed", { prefix: "page", target: window, detail });
  }

  problem({ detail }: CustomEvent<string>) {
    this.#say(detail);
  }

  /** The room waits again: a draft belonged to the conversation that is over. */
  #forget() {
    this.#focused = false;
    this.messageTarget.value = "";
    this.#say("");
  }

  #say(problem: string) {
    if (this.problemTarget.textContent !== problem) this.problemTarget.textContent = problem;
  }
}
