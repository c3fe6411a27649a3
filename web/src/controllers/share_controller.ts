import type { SessionState } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { rooms, timeOfDay } from "../say/session.ts";

/** The link, for as long as it can be used. */
export default class ShareController extends RoomPart {
  static override targets = ["title", "link", "sheet", "once", "again", "until", "over"];
  declare readonly titleTarget: HTMLElement;
  declare readonly linkTarget: HTMLInputElement;
  declare readonly sheetTarget: HTMLButtonElement;
  declare readonly onceTarget: HTMLElement;
  declare readonly againTarget: HTMLElement;
  declare readonly untilTarget: HTMLElement;
  declare readonly overTarget: HTMLElement;
  #hasTalked = false;

  override connect() {
    this.sheetTarget.hidden = typeof navigator.share !== "function";
  }

  show({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase === "secure") this.#hasTalked = true;
    if (state.phase === "waiting") this.#wait(state);
    const { session, base } = this.room;
    const link = session?.fragment ? `${new URL(`rooms/${session.roomId}`, base)}#${session.fragment}` : "";
    if (this.linkTarget.value !== link) this.linkTarget.value = link;
  }

  /** Where the operator lets links be used again, who stays after a conversation is told that the room does, too. */
  #wait({ linkLasts = false, deadline }: Extract<SessionState, { phase: "waiting" }>) {
    this.onceTarget.hidden = linkLasts;
    this.againTarget.hidden = !linkLasts;
    if (linkLasts) this.untilTarget.textContent = timeOfDay(deadline - this.room.platform.now());
    if (!this.#hasTalked) return;
    this.#hasTalked = false;
    this.overTarget.hidden = false;
    this.titleTarget.focus();
  }

  async open() {
    try {
      await navigator.share({ title: rooms.title, text: rooms.shareText, url: this.linkTarget.value });
    } catch {
      // because closing the sheet without choosing rejects too, and the link still stands there to be copied.
    }
  }
}
