/** What is counted, each for itself. */
export type LimitedAction = "create" | "join" | "handshake" | "up";

export type Verdict = { admitted: true } | { admitted: false; retryAfterMs: number };

/**
 * How often one address prefix (/24, or /56 of IPv6) may do a thing. What is refused is not counted: whoever
 * waits for `retryAfterMs` is let in, however often they knocked meanwhile.
 */
export interface Limiter {
  /** @param address - as the socket or the nearest trusted proxy names it; whatever is no address counts as one. */
  admit(action: LimitedAction, address: string): Verdict;
  [Symbol.dispose](): void;
}

/** At most `count` in any stretch of `windowMs`. */
export type Rule = { count: number; windowMs: number };

const MINUTE_MS = 60_000;

/** A person makes a handful of rooms an hour; a prefix may be an office, so joins are freer than rooms. */
export const RULES: Record<LimitedAction, readonly Rule[]> = {
  create: [
    { count: 10, windowMs: MINUTE_MS },
    { count: 20, windowMs: 10 * MINUTE_MS },
  ],
  join: [{ count: 30, windowMs: MINUTE_MS }],
  handshake: [{ count: 10, windowMs: MINUTE_MS }],
  up: [{ count: 1, windowMs: 1_000 }],
};

/** NULLROOM_RATE_LIMITS=off. */
export const unlimited: Limiter = {
  admit: () => ({ admitted: true }),
  [Symbol.dispose]: () => undefined,
};
