import type { Bytes } from "../brand.ts";
import type { FileSet } from "./file-set.ts";

/**
 * Where a received file goes, as the session sees it. The order is always: look at `capacity`, `open` when the
 * person has accepted, `write` what comes, and `finish()` once size and hash are what the sender says.
 * Anything else ends in `abort()`, which leaves nothing.
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

/** A place that would take a file. Nothing exists of it before `open`. */
export interface SinkPlace {
  readonly kind: SinkKind;
  /** Bytes it holds, as honestly as that can be known beforehand; a person is told before accepting. */
  readonly capacity: number;
  /**
   * @param signal - the lifetime of the file: when it aborts, whatever has not been saved is removed.
   * @throws NullroomError "E_FILE_LIMIT" above `capacity`, or when the room is not given; "E_FILE_READ" when the
   *   place has gone
   */
  open(file: FileDescription, signal: AbortSignal): Promise<FileSink>;
  /**
   * Instead of `open`, when the file will be moved in a worker: whatever can be posted there to open the same place.
   * What it takes of this page's own means is free again when `lifetime` aborts. @throws NullroomError "E_FILE_LIMIT"
   */
  pass?(file: FileDescription, lifetime: AbortSignal): unknown;
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
