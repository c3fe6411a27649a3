/** Durations of protocol 2, spec/3-session.md §4, §7 and 4-frames.md §5. */

/** From HS1 to authenticated. */
export const HANDSHAKE_TIMEOUT_MS = 15_000;

/** From authenticated to the other side's HELLO. */
export const HELLO_TIMEOUT_MS = 30_000;

/** How long a goodbye waits for its answer. */
export const BYE_TIMEOUT_MS = 250;

/** How long records that a BYE counts may still be on their way. */
export const BYE_STRAGGLER_MS = 2_000;

/** The time between two PINGs is random within these, so that an observer learns no rhythm. */
export const PING_MIN_MS = 10_000;
export const PING_SPREAD_MS = 10_000;

/** The other side is silent when no PING was answered for so long by the clock: three in a row. */
export const SILENCE_MS = 45_000;

/** A timer that is later than this says nothing about the other side: this side has stood still. */
export const TIMER_SLACK_MS = 5_000;
