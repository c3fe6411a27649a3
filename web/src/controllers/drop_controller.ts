import type { ChosenContent } from "../files/select/chosen-content.ts";
import { droppedEntries } from "../files/select/data-transfer.ts";
import { RoomPart } from "../room-context.ts";

/**
 * The whole page takes dropped files. Were the target smaller, a file that missed it would be opened by the browser
 * in the room's tab, which ends the room.
 */
export default class DropController extends RoomPart {
  over(event: DragEvent) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = this.room.session ? "copy" : "none";
    this.element.toggleAttribute("data-dropping", true);
  }

  out({ relatedTarget }: DragEvent) {
    if (relatedTarget === null) this.element.removeAttribute("data-dropping");
  }

  drop(event: DragEvent) {
    event.preventDefault();
    this.element.removeAttribute("data-dropping");
    const data = event.dataTransfer;
    if (this.room.session?.state.phase !== "secure" || !data?.types.includes("Files")) return;
    const detail: ChosenContent = { type: "dropped", entries: droppedEntries(data) };
    this.dispatch("chosen", { prefix: "page", target: window, detail });
  }
}
