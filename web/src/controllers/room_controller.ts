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

  override connect() {
    this.#lifetime = new AbortController(); // A fresh one: Stimulus may connect the same instance again.
    watchNetwork(() => this.room.session?.wake("network"), this.#lifetime.signal);
    const { session } = this.room;
    // Once the other controllers are connected too: what is told before that, nobody hears.
    if (session) queueMicrotask(() => this.#follow(session));
  }

  override disconnect() {
    this.#lifetime?.abort();
  }

  begin({ detail }: CustomEvent<Session>) {
    this.room.session = detail;
    this.#follow(detail);
  }

  refuse({ detail }: CustomEvent<ErrorText>) {
    this.#end(detail, true);
  }

  /** A whole link was pasted over this page's address. With a conversation under way it is only taken away. */
  invited() {
    const invite = takeInvite(window);
    if (!this.room.session) this.room.invite = invite;
  }

  /** The page goes away: whatever happens next, it must hold nothing. */
  leave() {
    this.room.session?.wipe({ type: "page-gone" });
  }

  /** Thawed: timers have slept, connections may have died. */
  wake() {
    this.room.session?.wake();
  }

  seen() {
    if (!document.hidden) this.wake();
  }

  /** Back from the browser's memory, where it should not have been. */
  returned({ persisted }: PageTransitionEvent) {
    if (persisted) this.#goAway();
  }

  #follow(session: Session) {
    const signal = this.#lifetime?.signal;
    if (!signal) return;
    session.subscribe((event) => this.#tell(event), signal);
    this.#tell({ type: "state", state: session.state });
  }

  #tell(event: SessionEvent) {
    if (event.type === "state") this.#show(event.state);
    // Of a conversation that goes on, what was given up is `cancelled`.
    else if (event.type === "transfer") this.#isCutOff ||= isCutOff(event.transfer);
    this.dispatch(event.type, { prefix: "session", target: window, detail: event });
  }

  #show(state: SessionState) {
    const { dataset } = this.element;
    if (state.phase === "ended") {
      const words = ended(state.reason);
      const refusal = state.reason.type === "failed" && !this.#wasSecure;
      this.#end(this.#isCutOff ? cutOff(words) : words, refusal);
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
  #end(words: ErrorText, refusal: boolean) {
    this.#lifetime?.abort();
    this.room.session = undefined;
    this.room.invite = undefined;
    this.room.ending = { words, refusal };
    showEnded();
  }

  #goAway() {
    location.replace(new URL("gone", this.room.base));
  }
}

function isCutOff({ status, code }: Transfer): boolean {
  return status === "failed" && code === "E_FILE_CANCELLED";
}
