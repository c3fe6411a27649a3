/** Reasons travel as numbers, which are spec/'s. Code says them by these names. */

/** Why one side ends the conversation: BYE and BYE_ACK, spec/3-session.md §7. */
export const ByeReason = {
  left: 0,
  destroyed: 1,
  timeUp: 2,
  wordsDiffer: 3,
  error: 4,
} as const;
export type ByeReason = (typeof ByeReason)[keyof typeof ByeReason];

/** Why a file will not come to its end: REJECT and CANCEL, spec/5-files.md §2. */
export const FileRefusal = {
  declined: 0,
  tooLarge: 1,
  tooMany: 2,
  cancelled: 3,
  cannotReadOrWrite: 4,
  wrongHash: 5,
} as const;
export type FileRefusal = (typeof FileRefusal)[keyof typeof FileRefusal];
