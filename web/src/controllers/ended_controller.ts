import { takeInvite } from "../invite.ts";
import { RoomPart } from "../room-context.ts";
import { showRoom } from "../views/page.ts";

/** What the page shows after the end: why the room is over, and what to do next. */
export default class EndedController extends RoomPart {
  static override targets = ["stage", "title", "text", "dialog", "reason"];
  declare readonly stageTarget: HTMLElement;
  declare readonly titleTarget: HTMLElement;
  declare readonly textTarget: HTMLElement;
  declare readonly dialogTarget: HTMLDialogElement;
  declare readonly reasonTarget: HTMLElement;

  // Lifecycle

  override connect() {
    const { ending } = this.room;
    if (!ending) return;
    const { title, text } = ending.reason;
    this.titleTarget.textContent = title;
    this.textTarget.textContent = text;
    this.reasonTarget.textContent = `${title}. ${text}`;
    this.stageTarget.hidden = !ending.isRefusal;
    if (ending.isRefusal) this.titleTarget.focus();
    else this.dialogTarget.showModal();
  }

  // Actions

  close() {
    this.dialogTarget.close();
  }

  closed() {
    this.stageTarget.hidden = false;
    this.titleTarget.focus();
  }

  /** Starting over loads a fresh document, so that nothing of this one goes along. */
  startOver() {
    location.replace(this.room.base);
  }

  /** A whole link that was pasted over a broken one is an invitation like any other. */
  invited() {
    this.room.invite = takeInvite(window);
    showRoom();
  }

  /** A page that comes back from the browser's memory shows nothing of a room: it goes on to `/gone`. */
  returned({ persisted }: PageTransitionEvent) {
    if (persisted) location.replace(new URL("gone", this.room.base));
  }
}
