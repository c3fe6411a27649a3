import { Part, type Told } from "../place.ts";
import { rooms } from "../say/session.ts";

/** What the room has to say besides the conversation. */
export default class NoticeController extends Part {
  show({ detail }: Told<"notice">) {
    this.element.textContent = rooms[detail.notice];
  }
}
