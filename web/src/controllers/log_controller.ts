import type { MessageId } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { appendMessage } from "../views/log-chunks.ts";
import { markDelivery, messageView } from "../views/message.ts";
import { followEnd } from "../views/scroll.ts";

/** What is said, in the order in which it came. */
export default class LogController extends RoomPart {
  #lifetime = new AbortController();
  #goToEnd?: () => void;
  #unseen: MessageId[] = [];
  /** One's own texts of which there is still something to be told. */
  readonly #underWay = new Map<MessageId, HTMLElement>();

  override connect() {
    this.#lifetime = new AbortController();
    this.element.tabIndex = 0; // What scrolls must be reachable by keyboard.
    this.#goToEnd = followEnd(this.element, this.#lifetime.signal);
  }

  override disconnect() {
    this.#lifetime.abort();
    this.#underWay.clear();
  }

  /** The room waits again, as it may where links can be used twice: of the conversation nothing stays. */
  state({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase !== "waiting") return;
    this.disconnect();
    this.#unseen = [];
    this.element.replaceChildren();
    this.connect();
  }

  message({ detail }: SessionEventOf<"message">) {
    const view = messageView(detail);
    appendMessage(this.element, view);
    if (detail.from === "me") {
      this.#underWay.set(detail.id, view);
      this.#goToEnd?.();
      return;
    }
    this.#unseen.push(detail.id);
    this.seen();
  }

  /** A message stands on the screen once it is in the page and the page is looked at. */
  seen() {
    if (document.hidden) return;
    for (const id of this.#unseen.splice(0)) this.room.session?.shown(id);
  }

  delivery({ detail: { id, status } }: SessionEventOf<"delivery">) {
    const view = this.#underWay.get(id);
    if (view) markDelivery(view, status);
    if (status === "delivered" || status === "failed") this.#underWay.delete(id);
  }
}
