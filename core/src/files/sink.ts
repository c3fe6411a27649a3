import type { Bytes } from "../brand.ts";
import type { FileSet } from "./file-set.ts";

/**
 * Where a received file goes. The order is always: `pass` when the person has accepted, `open` where the bytes move,
 * `write` what comes, and `finish()` once size and hash are what the sender says. Anything else ends in `abort()`,
 * which leaves nothing.
 */

/**
 * A file, or a set, as it is offered. Name, type and paths are already safe (`safeFileName`, `safeMimeType`,
 * `fileSet`).
 */
export type FileDescription = {
  readonly name: string;
  readonly type: string;
  /** Bytes; of a set, those of all its files together. */
  readonly size: number;
  /** The files of a set, whose bytes follow one another in this order. */
  readonly set?: FileSet;
};

/** A `picked` file goes straight to where the person chose. The other kinds keep the file until the person saves it. */
export type SinkKind = "picked" | "sealed" | "memory";

/** A destination that the person has chosen for a file, as the session gets it. It is opened where the bytes move. */
export interface ChosenDestination {
  /**
   * What is posted to where the bytes move, to open the destination there. Memory of this page that it reserves is free
   * again when `lifetime` aborts. @throws NullroomError "E_FILE_LIMIT"
   */
  pass(file: FileDescription, lifetime: AbortSignal): unknown;
}

/** A sink factory is a destination where the bytes move. Nothing exists of it before `open`. */
export interface SinkFactory {
  /**
   * @param signal - the lifetime of the file: when it aborts, whatever has not been saved is removed.
   * @throws NullroomError "E_FILE_LIMIT" when the file does not fit, or the browser gives too little storage;
   *   "E_FILE_READ" when the destination is gone
   */
  open(file: FileDescription, signal: AbortSignal): Promise<FileSink>;
}

/** A file sink takes one file on its way in. The first failure removes what was there, and all later calls repeat it. */
export interface FileSink {
  /** Bytes taken so far, which is the `offset` of ACCEPT and CREDIT, also after a reconnect. */
  readonly received: number;
  /**
   * The next bytes. The sink takes over `chunk`: its memory may be gone at once. Awaiting it is the back-pressure.
   * @throws NullroomError "E_FILE_SIZE" beyond the announced size; "E_FILE_READ" for a full or vanished disk
   */
  write(chunk: Bytes): Promise<void>;
  /** Give the file to the person. Call it only after size and hash were found right. @throws NullroomError as `write` */
  finish(): Promise<Received>;
  /** Remove everything that is not saved. Idempotent, at any time, after `finish` too. */
  abort(): Promise<void>;
}

export type Received =
  /** "saved" already lies where the person wanted it. */
  { readonly type: "saved" } | { readonly type: "kept"; readonly file: KeptFile };

/** A whole, verified file that the person can still save, as often as they like. */
export interface KeptFile {
  /** A set that became an archive has another name, type and size than what was offered. */
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /**
   * The plain bytes, for the browser to save. They are made at each call: ask for them on the click, drop them
   * afterwards.
   */
  blob(): Promise<Blob>;
  discard(): Promise<void>;
}

/**
 * A file writer is what differs between destinations. `GuardedSink` makes a `FileSink` of it. Calls come one at a time,
 * except `drop`.
 */
export interface FileWriter {
  write(chunk: Bytes): Promise<void>;
  close(): Promise<Received>;
  /** Remove what is not given to the person yet. Called once, at any time. */
  drop(): Promise<void>;
}
