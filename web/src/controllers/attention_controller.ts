import type { Transfer, TransferId, TransferStatus } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { rooms } from "../say/session.ts";
import { showIcon } from "../views/page.ts";

/** Of a file that comes: somebody should answer, or it is over. */
const ASKS_FOR_EYES: readonly TransferStatus[] = ["offered", "delivered", "failed", "cancelled"];

/** The tab says that something arrived or moves, never what. */
export default class AttentionController extends RoomPart {
  #isNew = false;
  readonly #moving = new Set<TransferId>();

  override disconnect() {
    this.#isNew = false;
    this.#moving.clear();
    this.#mark();
  }

  arrived({ detail }: SessionEventOf<"message" | "transfer">) {
    if (detail.type === "message") this.#came(detail.from === "peer");
    else this.#changed(detail.transfer);
  }

  seen() {
    if (document.hidden) return;
    this.#isNew = false;
    this.#mark();
  }

  #changed({ id, direction, status }: Transfer) {
    if (status === "moving") this.#moving.add(id);
    else this.#moving.delete(id);
    this.#came(direction === "in" && ASKS_FOR_EYES.includes(status));
  }

  #came(isNew: boolean) {
    if (isNew && document.hidden) this.#isNew = true;
    this.#mark();
  }

  #mark() {
    const title = this.#isNew ? rooms.newTitle : this.#moving.size > 0 ? rooms.movingTitle : rooms.title;
    if (document.title === title) return; // Bytes come often.
    document.title = title;
    showIcon(this.#isNew ? "icon-new.svg" : "icon.svg", this.room.base);
  }
}
