import type { ChosenContent } from "../files/select/chosen-content.ts";
import { droppedEntries } from "../files/select/data-transfer.ts";
import { RoomPart } from "../room-context.ts";

/** Files by drop, anywhere on the page: a file that misses a small target would replace the room. */
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
    this.dispatch("handed", { prefix: "page", target: window, detail });
  }
}
