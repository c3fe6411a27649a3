import type { ErrorCode } from "../../../errors.ts";
import type { FileFrame } from "../../../wire/frames.ts";
import type { FileRefusal } from "../../../wire/reasons.ts";
import type { TransferStatus } from "../../session.ts";

/** What each reason of REJECT and CANCEL means to whoever offered. */
export const REFUSED: { readonly [R in FileRefusal]: readonly [TransferStatus, ErrorCode?] } = {
  0: ["declined"],
  1: ["declined", "E_FILE_LIMIT"],
  2: ["declined", "E_FILE_BUSY"],
  3: ["cancelled", "E_FILE_CANCELLED"],
  4: ["failed", "E_FILE_READ"],
  5: ["failed", "E_FILE_HASH"],
};

/** What the other side is told of a file that failed here; everything else is a matter of this side's disk. */
export const CODE_REASONS: Partial<Record<ErrorCode, FileRefusal>> = { E_FILE_HASH: 5, E_FILE_SIZE: 5 };

/** What is said of a file of theirs that is over. */
export type Verdict = Extract<FileFrame, { type: "reject" | "cancel" | "file_done" }>;

/** A CANCEL that is said once more could be read as one for a file of the same number the other way: REJECT cannot. */
export function unmistakable(verdict: Verdict): Verdict {
  return verdict.type === "cancel" ? { ...verdict, type: "reject" } : verdict;
}
