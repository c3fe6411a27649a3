import type { Bytes } from "../brand.ts";
import type { FileSet } from "./file-set.ts";

/**
 * Where a received file goes. The order is always: `pass` when the person has accepted, `open` where the bytes move,
 * `write` what comes, and `finish()` once size and hash are what the sender says. Anything else ends in `abort()`,
 * which leaves nothing.
 */

/** What is handed over. Name, type and paths are already safe (`safeFileName`, `safeMimeType`, `fileSet`). */
export type FileDescription = {
  readonly name: string;
  readonly type: string;
  /** Bytes; of a set, those of all its files together. */
  readonly size: number;
  /** Several files in one transfer: their bytes follow one another in this order. */
  readonly set?: FileSet;
};

/** `picked`: straight to a place of the person's choice. The others keep the file until the person saves it. */
export type SinkKind = "picked" | "sealed" | "memory";

/** A place that the person has taken for a file, as the session is given it; it is opened where the bytes move. */
export interface ChosenDestination {
  /**
   * Whatever can be posted there to open it. What it takes of this page's own means is free again when `lifetime`
   * aborts. @throws NullroomError "E_FILE_LIMIT"
   */
  pass(file: FileDescription, lifetime: AbortSignal): unknown;
}

/** The same place where the bytes move. Nothing exists of it before `open`. */
export interface SinkFactory {
  /**
   * @param signal - the lifetime of the file: when it aborts, whatever has not been saved is removed.
   * @throws NullroomError "E_FILE_LIMIT" when the file does not fit, or the room is not given; "E_FILE_READ" when the
   *   place has gone
   */
  open(file: FileDescription, signal: AbortSignal): Promise<FileSink>;
}

/** One file on its way in. The first failure ends it and removes what was there; all later calls repeat it. */
export interface FileSink {
  /** Bytes taken, in order: the `offset` of ACCEPT and CREDIT, also after a reconnect. */
  readonly received: number;
  /**
   * The next bytes. The sink takes over `chunk`: its memory may be gone at once. Awaiting it is the back-pressure.
   * @throws NullroomError "E_FILE_SIZE" beyond the announced size; "E_FILE_READ" for a full or vanished disk
   */
  write(chunk: Bytes): Promise<void>;
  /** Make it the person's. Only after size and hash were found right. @throws NullroomError as `write` */
  finish(): Promise<Received>;
  /** Remove everything; after `finish`, whatever has not been saved. Idempotent, at any time. */
  abort(): Promise<void>;
}

export type Received =
  /** It already lies where the person wanted it. */
  { readonly type: "saved" } | { readonly type: "kept"; readonly file: KeptFile };

/** A whole, verified file that the person can still save, as often as they like. */
export interface KeptFile {
  /** A set that became an archive has another name, type and size than what was offered. */
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** Plain, for the browser's own saving. Made at each call: ask for it on the click, drop it afterwards. */
  blob(): Promise<Blob>;
  discard(): Promise<void>;
}

/** What differs between places; `GuardedSink` makes a `FileSink` of it. Calls come one at a time, but `drop` any time. */
export interface FileWriter {
  write(chunk: Bytes): Promise<void>;
  close(): Promise<Received>;
  /** Remove what is not the person's yet. Called once. */
  drop(): Promise<void>;
}
