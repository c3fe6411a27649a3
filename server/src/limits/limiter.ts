/** The actions that are limited; each is counted by itself. */
export type LimitedAction = "create" | "join" | "handshake" | "up";

export type Verdict = { admitted: true } | { admitted: false; retryAfterMs: number };

/**
 * How often one address prefix (/24, or /56 of IPv6) may do an action. A refused attempt is not counted, so a caller
 * that has waited for `retryAfterMs` is admitted, however often it tried meanwhile.
 */
export interface Limiter {
  /**
   * @param address - as the socket or the nearest trusted proxy names it; all texts that are no address count as one.
   */
  admit(action: LimitedAction, address: string): Verdict;
  [Symbol.dispose](): void;
}

/** At most `count` in any stretch of time of `windowMs`. */
export type Rule = { count: number; windowMs: number };

const MINUTE_MS = 60_000;

/** A person makes a handful of rooms an hour. A prefix may be a whole office, so joins are limited less than rooms. */
export const RULES: Record<LimitedAction, readonly Rule[]> = {
  create: [
    { count: 10, windowMs: MINUTE_MS },
    { count: 20, windowMs: 10 * MINUTE_MS },
  ],
  join: [{ count: 30, windowMs: MINUTE_MS }],
  handshake: [{ count: 10, windowMs: MINUTE_MS }],
  up: [{ count: 1, windowMs: 1_000 }],
};

/** The limiter of NULLROOM_RATE_LIMITS=off. */
export const unlimited: Limiter = {
  admit: () => ({ admitted: true }),
  [Symbol.dispose]: () => undefined,
};
