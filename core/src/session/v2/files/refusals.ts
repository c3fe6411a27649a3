import type { ErrorCode } from "../../../errors.ts";
import type { FileFrame } from "../../../wire/frames.ts";
import { FileRefusal } from "../../../wire/reasons.ts";
import type { TransferStatus } from "../../session.ts";

/** What each reason of REJECT and CANCEL means to whoever offered. */
export const REFUSED: { readonly [R in FileRefusal]: readonly [TransferStatus, ErrorCode?] } = {
  [FileRefusal.declined]: ["declined"],
  [FileRefusal.tooLarge]: ["declined", "E_FILE_LIMIT"],
  [FileRefusal.tooMany]: ["declined", "E_FILE_BUSY"],
  [FileRefusal.cancelled]: ["cancelled", "E_FILE_CANCELLED"],
  [FileRefusal.cannotReadOrWrite]: ["failed", "E_FILE_READ"],
  [FileRefusal.wrongHash]: ["failed", "E_FILE_HASH"],
};

/** What the other side is told of a file that failed here: anything but a wrong file is a matter of this side's disk. */
export function refusalOf(code: ErrorCode): FileRefusal {
  return code === "E_FILE_HASH" || code === "E_FILE_SIZE"
    ? FileRefusal.wrongHash
    : FileRefusal.cannotReadOrWrite;
}

/** What is said of a file of theirs that is over. */
export type Verdict = Extract<FileFrame, { type: "reject" | "cancel" | "file_done" }>;

/** A CANCEL that is said once more could be read as one for a file of the same number the other way: REJECT cannot. */
export function unmistakable(verdict: Verdict): Verdict {
  return verdict.type === "cancel" ? { ...verdict, type: "reject" } : verdict;
}
