import { at } from "../../lifetime.ts";

/** The one moment at which everything ends, by this side's own clock. It moves when more is known. */
export class Deadline {
  readonly #now: () => number;
  readonly #signal: AbortSignal;
  readonly #onReached: () => void;
  #at = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => undefined;

  constructor(now: () => number, signal: AbortSignal, onReached: () => void) {
    this.#now = now;
    this.#signal = signal;
    this.#onReached = onReached;
  }

  get at(): number {
    return this.#at;
  }

  get leftMs(): number {
    return this.#at - this.#now();
  }

  /** In `ms` from now, whatever it was before. */
  setIn(ms: number): void {
    this.set(this.#now() + ms);
  }

  set(deadline: number): void {
    this.#cancel();
    this.#at = deadline;
    this.#cancel = at(deadline, this.#now, this.#signal, this.#onReached);
  }
}
