import type { MessageId } from "@nullroom/core/session";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { appendMessage } from "../views/log-chunks.ts";
import { markDelivery, messageView } from "../views/message.ts";
import { followEnd } from "../views/scroll.ts";

/** The messages of the conversation, in the order in which they came. */
export default class LogController extends RoomPart {
  #lifetime = new AbortController();
  #goToEnd?: () => void;
  /** The other person's messages that nobody has looked at yet. */
  #unseen: MessageId[] = [];
  /** One's own messages whose delivery status can still change. */
  readonly #underWay = new Map<MessageId, HTMLElement>();

  // Lifecycle

  override connect() {
    this.#lifetime = new AbortController();
    this.element.tabIndex = 0; // The log scrolls, so it must be reachable by keyboard.
    this.#goToEnd = followEnd(this.element, this.#lifetime.signal);
  }

  override disconnect() {
    this.#lifetime.abort();
    this.#underWay.clear();
  }

  // Actions

  /** A room waits again where links can be used twice. It keeps nothing of the conversation that is over. */
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

  /** A message counts as shown once it is in the page and the page is visible. */
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
