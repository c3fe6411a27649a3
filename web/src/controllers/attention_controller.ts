import type { Transfer, TransferId, TransferStatus } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { rooms } from "../say/session.ts";
import { showIcon } from "../views/page.ts";

/** An incoming file in one of these statuses should be seen: it waits for an answer, or it is over. */
const STATUSES_TO_SEE: readonly TransferStatus[] = ["offered", "delivered", "failed", "cancelled"];

/** The tab's title and icon say that something arrived or moves, and never what. */
export default class AttentionController extends RoomPart {
  #isNew = false;
  readonly #moving = new Set<TransferId>();

  // Lifecycle

  override disconnect() {
    this.#isNew = false;
    this.#moving.clear();
    this.#showInTab();
  }

  // Actions

  arrived({ detail }: SessionEventOf<"message" | "transfer">) {
    if (detail.type === "message") this.#announce(detail.from === "peer");
    else this.#follow(detail.transfer);
  }

  seen() {
    if (document.hidden) return;
    this.#isNew = false;
    this.#showInTab();
  }

  // Private

  #follow({ id, direction, status }: Transfer) {
    if (status === "moving") this.#moving.add(id);
    else this.#moving.delete(id);
    this.#announce(direction === "in" && STATUSES_TO_SEE.includes(status));
  }

  #announce(isNew: boolean) {
    if (isNew && document.hidden) this.#isNew = true;
    this.#showInTab();
  }

  #showInTab() {
    const title = this.#isNew ? rooms.newTitle : this.#moving.size > 0 ? rooms.movingTitle : rooms.title;
    // A moving file brings many events a second, and few of them change the title.
    if (document.title === title) return;
    document.title = title;
    showIcon(this.#isNew ? "icon-new.svg" : "icon.svg", this.room.base);
  }
}
