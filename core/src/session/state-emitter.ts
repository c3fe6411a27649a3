import type { SessionEvent, SessionState } from "./session.ts";
import { type StateEvent, transition } from "./state.ts";

/**
 * A state emitter holds the state of one session and tells its listeners. Events come one at a time and in order, also
 * those that a listener causes; nothing follows the state `ended`.
 */
export class StateEmitter {
  #state: SessionState;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #queue: SessionEvent[] = [];
  #telling = false;

  constructor(first: SessionState) {
    this.#state = first;
  }

  get state(): SessionState {
    return this.#state;
  }

  subscribe(listener: (event: SessionEvent) => void, signal: AbortSignal): void {
    if (signal.aborted || this.#state.phase === "ended") return;
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  /** Returns the state that came of it, which may be `ended` where the table does not know the event. */
  apply(event: StateEvent): SessionState {
    const before = this.#state;
    this.#state = transition(before, event);
    if (this.#state !== before) this.#tell({ type: "state", state: this.#state });
    return this.#state;
  }

  emit(event: Exclude<SessionEvent, { type: "state" }>): void {
    if (this.#state.phase !== "ended") this.#tell(event);
  }

  #tell(event: SessionEvent): void {
    this.#queue.push(event);
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#tellOne(next);
    } finally {
      this.#telling = false;
    }
  }

  #tellOne(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
    // Nothing follows the end, and a listener that stays must not keep the conversation in memory.
    if (event.type === "state" && event.state.phase === "ended") this.#listeners.clear();
  }
}
