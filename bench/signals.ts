/** As long as a browser's own: what is in them is nobody's business on the way. */
export const DESCRIPTION = "o".repeat(1_400);
export const CANDIDATE = "c".repeat(160);

/** What a server lets one seat say in ten seconds, less a margin; so there have to be many seats. */
export const SIGNALS_PER_SEAT = 50;
