import type { Session, SessionEvent, SessionState, Transfer } from "@nullroom/core/session";
import { takeInvite } from "../invite.ts";
import { watchNetwork } from "../network.ts";
import { RoomPart } from "../room-context.ts";
import type { ErrorText } from "../say/errors.ts";
import { cutOff, ended } from "../say/session.ts";
import { showEnded } from "../views/page.ts";

/** Follows the session and passes its events on to the other controllers, as `session:…` events on the window. */
export default class RoomController extends RoomPart {
  #lifetime?: AbortController;
  #wasSecure = false;
  /** A file was still on its way when the conversation ended. */
  #isCutOff = false;

  // Lifecycle

  override connect() {
    this.#lifetime = new AbortController(); // Stimulus may connect the same instance again, so each time needs its own.
    watchNetwork(() => this.room.session?.wake("network"), this.#lifetime.signal);
    const { session } = this.room;
    // The other controllers connect after this one, and would miss an event that is dispatched at once.
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

  /**
   * A whole link was pasted over this page's address. Its invite replaces the one that was opened; during a
   * conversation it is only taken off the window.
   */
  invited() {
    const invite = takeInvite(window);
    if (!this.room.session) this.room.invite = invite;
  }

  /** A page that is left must hold nothing any more, whatever the browser does with it next. */
  leave() {
    this.room.session?.wipe({ type: "page-gone" });
  }

  /** A page that was frozen looks after its connections at once: its timers stood still and they may have died. */
  wake() {
    this.room.session?.wake();
  }

  seen() {
    if (!document.hidden) this.wake();
  }

  /** A page that comes back from the browser's memory, where it should not have been kept, goes on to `/gone`. */
  returned({ persisted }: PageTransitionEvent) {
    if (persisted) this.#goAway();
  }

  // Private

  #follow(session: Session) {
    const signal = this.#lifetime?.signal;
    if (!signal) return;
    session.subscribe((event) => this.#forward(event), signal);
    this.#forward({ type: "state", state: session.state });
  }

  #forward(event: SessionEvent) {
    if (event.type === "state") this.#show(event.state);
    else if (event.type === "transfer") this.#isCutOff ||= isCutOff(event.transfer);
    this.dispatch(event.type, { prefix: "session", target: window, detail: event });
  }

  #show(state: SessionState) {
    const { dataset } = this.element;
    if (state.phase === "ended") {
      const reason = ended(state.reason);
      const isRefusal = state.reason.type === "failed" && !this.#wasSecure;
      this.#end(this.#isCutOff ? cutOff(reason) : reason, isRefusal);
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

  /** Every end of a room comes through here, and empties its page. */
  #end(reason: ErrorText, isRefusal: boolean) {
    this.#lifetime?.abort();
    this.room.session = undefined;
    this.room.invite = undefined;
    this.room.ending = { reason, isRefusal };
    showEnded();
  }

  #goAway() {
    location.replace(new URL("gone", this.room.base));
  }
}

/** A transfer is cut off by the end of the room. One that a person gives up before that is `cancelled`, not `failed`. */
function isCutOff({ status, code }: Transfer): boolean {
  return status === "failed" && code === "E_FILE_CANCELLED";
}
