import type { SeatInit } from "../../wire/room-messages.ts";
import { Deadline } from "./deadline.ts";

/** The room's time while somebody waits in it, the session's while two talk, both by this side's own clock. */
export class SessionTime {
  readonly #now: () => number;
  readonly #deadline: Deadline;
  #sessionMs = 0;
  #roomEnds = 0;
  #isSession = false;

  /** @param waitsUntil - known to whoever made the room; on the clock of `now` */
  constructor(
    now: () => number,
    waitsUntil: number | undefined,
    options: { signal: AbortSignal; onUp: () => void },
  ) {
    this.#now = now;
    this.#deadline = new Deadline(now, options.signal, options.onUp);
    if (waitsUntil !== undefined) this.#deadline.set(waitsUntil);
  }

  get deadline(): number {
    return this.#deadline.at;
  }

  get leftMs(): number {
    return this.#deadline.leftMs;
  }

  /** What HELLO says: how long this side lets the session last from now, or go on. */
  get ttlSeconds(): number {
    return Math.floor((this.#isSession ? Math.max(0, this.leftMs) : this.#sessionMs) / 1000);
  }

  seated({ ttlMs, sessionMs }: SeatInit): void {
    this.#sessionMs = sessionMs;
    this.#deadline.setIn(ttlMs);
  }

  /** HELLOs are exchanged, for the first time or again: the session lasts the shorter of what the two allow. */
  secured(theirTtlSeconds: number): void {
    this.#deadline.setIn(Math.min(this.ttlSeconds, theirTtlSeconds) * 1000);
    if (!this.#isSession) this.#roomEnds = this.#now() + this.#sessionMs; // The server counts from `established`.
    this.#isSession = true;
  }

  /** The session is over, and the room is not. */
  startOver(): void {
    this.#isSession = false;
    this.#deadline.set(this.#roomEnds);
  }
}
