import type { ChosenContent } from "../files/select/chosen-content.ts";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { upTo } from "../say/session.ts";

/** Files and folders by button, and how large they may be. */
export default class ChooseController extends RoomPart {
  static override targets = ["limit", "folder"];
  declare readonly limitTarget: HTMLElement;
  declare readonly folderTarget: HTMLElement;

  override connect() {
    // Where a browser picks no folders the input would pick files, one of them.
    this.folderTarget.hidden = !("webkitdirectory" in HTMLInputElement.prototype);
  }

  state({ detail: { state } }: SessionEventOf<"state">) {
    const { session } = this.room;
    if (session && state.phase === "secure") this.limitTarget.textContent = upTo(session.fileSizeLimit);
  }

  chosen({ target }: Event) {
    if (!(target instanceof HTMLInputElement)) return;
    const detail: ChosenContent = { type: "files", files: [...(target.files ?? [])] };
    target.value = ""; // So that the same file can be chosen again.
    this.dispatch("handed", { prefix: "page", target: window, detail });
  }
}
