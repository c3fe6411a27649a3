import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { rooms } from "../say/session.ts";

/** What the room has to say besides the conversation. */
export default class NoticeController extends RoomPart {
  show({ detail }: SessionEventOf<"notice">) {
    this.element.textContent = rooms[detail.notice];
  }
}
