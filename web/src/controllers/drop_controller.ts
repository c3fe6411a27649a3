import { droppedEntries } from "../files/taken.ts";
import type { Handed } from "../handed.ts";
import { Part } from "../place.ts";

/** Files by drop, anywhere on the page: a file that misses a small target would replace the room. */
export default class DropController extends Part {
  over(event: DragEvent) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = this.place.session ? "copy" : "none";
    this.element.toggleAttribute("data-dropping", true);
  }

  out({ relatedTarget }: DragEvent) {
    if (relatedTarget === null) this.element.removeAttribute("data-dropping");
  }

  drop(event: DragEvent) {
    event.preventDefault();
    this.element.removeAttribute("data-dropping");
    const data = event.dataTransfer;
    if (this.place.session?.state.phase !== "secure" || !data?.types.includes("Files")) return;
    const detail: Handed = { type: "dropped", entries: droppedEntries(data) };
    this.dispatch("handed", { prefix: "page", target: window, detail });
  }
}
