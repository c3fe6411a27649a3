/** Signals as long as a browser's own. Their contents do not matter to a server. */
export const DESCRIPTION = "o".repeat(1_400);
export const CANDIDATE = "c".repeat(160);

/** What our server lets one seat send in ten seconds, less a margin. Measurements therefore need many seats. */
export const SIGNALS_PER_SEAT = 50;
