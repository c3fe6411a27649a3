import type { Session, SessionEvent, SessionState, Transfer } from "@nullroom/core/session";
import { takeInvite } from "../invite.ts";
import { watchNetwork } from "../network.ts";
import { RoomPart } from "../room-context.ts";
import type { ErrorText } from "../say/errors.ts";
import { cutOff, ended } from "../say/session.ts";
import { showEnded } from "../views/page.ts";

/** Follows the session and tells the other controllers, as `session:…` events on the window. */
export default class RoomController extends RoomPart {
  #lifetime?: AbortController;
  #wasSecure = false;
  /** Files were on their way when it ended. */
  #isCutOff = false;

  // Lifecycle

  override connect() {
    this.#lifetime = new AbortController(); // A fresh one: Stimulus may connect the same instance again.
    watchNetwork(() => this.room.session?.wake("network"), this.#lifetime.signal);
    const { session } = this.room;
    // Later, when the other controllers are connected too and hear of it.
    if (session) queueMicrotask(() => this.#follow(session));
  }

  override disconnect() {
    this.#lifetime?.abort();
  }

  // Actions

  begin({ detail }: CustomEvent<Session>) {
    this.room.session = detail;
    this.#follow(detail);
  }

  refuse({ detail }: CustomEvent<ErrorText>) {
    this.#end(detail, true);
  }

  /** A whole link was pasted over this page's address. While a conversation is under way it is only taken away. */
  invited() {
    const invite = takeInvite(window);
    if (!this.room.session) this.room.invite = invite;
  }

  /** The page goes away. Whatever happens next, it must hold nothing. */
  leave() {
    this.room.session?.wipe({ type: "page-gone" });
  }

  /** The page was frozen: timers have stood still, and connections may have died. */
  wake() {
    this.room.session?.wake();
  }

  seen() {
    if (!document.hidden) this.wake();
  }

  /** The page is back from the browser's memory, where it should not have been. */
  returned({ persisted }: PageTransitionEvent) {
    if (persisted) this.#goAway();
  }

  // Private

  #follow(session: Session) {
    const signal = this.#lifetime?.signal;
    if (!signal) return;
    session.subscribe((event) => this.#dispatchEvent(event), signal);
    this.#dispatchEvent({ type: "state", state: session.state });
  }

  #dispatchEvent(event: SessionEvent) {
    if (event.type === "state") this.#show(event.state);
    // While the conversation goes on, a file that was given up is `cancelled`, not `failed`.
    else if (event.type === "transfer") this.#isCutOff ||= isCutOff(event.transfer);
    this.dispatch(event.type, { prefix: "session", target: window, detail: event });
  }

  #show(state: SessionState) {
    const { dataset } = this.element;
    if (state.phase === "ended") {
      const text = ended(state.reason);
      const refusal = state.reason.type === "failed" && !this.#wasSecure;
      this.#end(this.#isCutOff ? cutOff(text) : text, refusal);
      if (state.reason.type === "destroyed") this.#goAway();
      return;
    }
    if (state.phase === "secure") this.#wasSecure = true;
    if (state.phase === "waiting") this.#isCutOff = false;
    if ("path" in state) dataset.path = state.path.kind;
    else delete dataset.path;
    if (this.room.session) dataset.protocol = this.room.session.protocol;
    dataset.sessionState = state.phase;
  }

  /** The one way out of a room: its page is emptied, whatever the reason. */
  #end(text: ErrorText, refusal: boolean) {
    this.#lifetime?.abort();
    this.room.session = undefined;
    this.room.invite = undefined;
    this.room.ending = { text, refusal };
    showEnded();
  }

  #goAway() {
    location.replace(new URL("gone", this.room.base));
  }
}

function isCutOff({ status, code }: Transfer): boolean {
  return status === "failed" && code === "E_FILE_CANCELLED";
}
