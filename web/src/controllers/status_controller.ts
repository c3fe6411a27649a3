import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { status } from "../say/session.ts";

/** The connection line. It is written only when it changes, since each writing is read out. */
export default class StatusController extends RoomPart {
  show({ detail: { state } }: SessionEventOf<"state">) {
    const line = status(state, this.room.platform.now());
    if (this.element.textContent !== line) this.element.textContent = line;
  }
}
