import type { ChosenContent } from "../files/select/chosen-content.ts";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { upTo } from "../say/session.ts";

/** Files and folders are chosen by button here; beside it stands how large they may be. */
export default class ChooseController extends RoomPart {
  static override targets = ["limit", "folder"];
  declare readonly limitTarget: HTMLElement;
  declare readonly folderTarget: HTMLElement;

  // Lifecycle

  override connect() {
    // A browser that cannot pick folders would let this input pick a single file instead.
    this.folderTarget.hidden = !("webkitdirectory" in HTMLInputElement.prototype);
  }

  // Actions

  state({ detail: { state } }: SessionEventOf<"state">) {
    const { session } = this.room;
    if (session && state.phase === "secure") this.limitTarget.textContent = upTo(session.fileSizeLimit);
  }

  chosen({ target }: Event) {
    if (!(target instanceof HTMLInputElement)) return;
    const detail: ChosenContent = { type: "files", files: [...(target.files ?? [])] };
    target.value = ""; // An emptied input lets the same file be chosen again.
    this.dispatch("chosen", { prefix: "page", target: window, detail });
  }
}
