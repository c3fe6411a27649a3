import type { SessionState } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { rooms, timeOfDay } from "../say/session.ts";

/** The room's link, shown for as long as it can be used. */
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

  // Lifecycle

  override connect() {
    this.sheetTarget.hidden = typeof navigator.share !== "function";
  }

  // Actions

  show({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase === "secure") this.#hasTalked = true;
    if (state.phase === "waiting") this.#wait(state);
    const { session, base } = this.room;
    const link = session?.fragment ? `${new URL(`rooms/${session.roomId}`, base)}#${session.fragment}` : "";
    if (this.linkTarget.value !== link) this.linkTarget.value = link;
  }

  async open() {
    try {
      await navigator.share({ title: rooms.title, text: rooms.shareText, url: this.linkTarget.value });
    } catch {
      // Closing the sheet without choosing rejects too, and the link can still be copied.
    }
  }

  // Private

  /**
   * Some operators let a link be used again. The page then says until when, and whoever stays after a conversation
   * reads that it is over and that the room still waits.
   */
  #wait({ linkLasts = false, deadline }: Extract<SessionState, { phase: "waiting" }>) {
    this.onceTarget.hidden = linkLasts;
    this.againTarget.hidden = !linkLasts;
    if (linkLasts) this.untilTarget.textContent = timeOfDay(deadline - this.room.platform.now());
    if (!this.#hasTalked) return;
    this.#hasTalked = false;
    this.overTarget.hidden = false;
    this.titleTarget.focus();
  }
}
