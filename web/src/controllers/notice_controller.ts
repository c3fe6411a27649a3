import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { rooms } from "../say/session.ts";

/** The latest `notice` event of the session, as a line above the conversation. */
export default class NoticeController extends RoomPart {
  show({ detail }: SessionEventOf<"notice">) {
    this.element.textContent = rooms[detail.notice];
  }
}
