import { takeInvite } from "../invite.ts";
import { RoomPart } from "../room-context.ts";
import { showRoom } from "../views/page.ts";

/** What is left on the page after the end: why, and what to do next. */
export default class EndedController extends RoomPart {
  static override targets = ["stage", "title", "text", "dialog", "reason"];
  declare readonly stageTarget: HTMLElement;
  declare readonly titleTarget: HTMLElement;
  declare readonly textTarget: HTMLElement;
  declare readonly dialogTarget: HTMLDialogElement;
  declare readonly reasonTarget: HTMLElement;

  override connect() {
    const { ending } = this.room;
    if (!ending) return;
    const { title, text } = ending.words;
    this.titleTarget.textContent = title;
    this.textTarget.textContent = text;
    this.reasonTarget.textContent = `${title}. ${text}`;
    this.stageTarget.hidden = !ending.refusal;
    if (ending.refusal) this.titleTarget.focus();
    else this.dialogTarget.showModal();
  }

  close() {
    this.dialogTarget.close();
  }

  closed() {
    this.stageTarget.hidden = false;
    this.titleTarget.focus();
  }

  /** A fresh document: nothing of this one goes along. */
  startOver() {
    location.replace(this.room.base);
  }

  /** The whole link was pasted over the broken one. */
  invited() {
    this.room.invite = takeInvite(window);
    showRoom();
  }

  returned({ persisted }: PageTransitionEvent) {
    if (persisted) location.replace(new URL("gone", this.room.base));
  }
}
