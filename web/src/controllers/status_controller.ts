import { Part, type Told } from "../place.ts";
import { status } from "../say/session.ts";

/** The connection line. Written only when it changes, since each writing is read out. */
export default class StatusController extends Part {
  show({ detail: { state } }: Told<"state">) {
    const line = status(state, this.place.platform.now());
    if (this.element.textContent !== line) this.element.textContent = line;
  }
}
