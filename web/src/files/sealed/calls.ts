import type { Bytes } from "@nullroom/core/brand";
import type { ErrorCode } from "@nullroom/core/errors";

/** What the page asks of the worker for one file, on a port of that file's own, and what it is answered. */
export type Calls = {
  /** The argument is the size that the file will have: what is certain not to fit is refused at once. */
  open: { argument: number; answer: undefined };
  write: { argument: Bytes; answer: undefined };
  close: { argument: undefined; answer: undefined };
  /** The argument is the type that the browser saves it under. */
  blob: { argument: string; answer: Blob };
  /** Ends whatever is under way at once; the answer comes when nothing is left. */
  discard: { argument: undefined; answer: undefined };
};

export type Call = { [Name in keyof Calls]: { name: Name; argument: Calls[Name]["argument"] } }[keyof Calls];

/** Answers come in the order of the calls, so they need no number. */
export type Answer =
  | { readonly type: "done"; readonly answer: Calls[keyof Calls]["answer"] }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly detail: string };
