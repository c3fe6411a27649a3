import type { Bytes } from "../brand.ts";
import type { FileSet, SetEntry } from "./file-set.ts";
import type { FileWriter, Received } from "./sink.ts";

/**
 * A set writer takes the files of a set one after another, as a folder or an archive does. Calls come one at a time,
 * except `drop`.
 */
export interface SetWriter {
  begin(entry: SetEntry): Promise<void>;
  write(chunk: Bytes): Promise<void>;
  /** The file that was begun is whole. */
  end(): Promise<void>;
  /** All files are whole. */
  close(): Promise<Received>;
  drop(): Promise<void>;
}

/** A split writer cuts the one run of bytes of a set where its files end. */
export class SplitWriter implements FileWriter {
  readonly #set: FileSet;
  readonly #files: SetWriter;
  #at = 0;
  /** Bytes that the current file still lacks; undefined between files. */
  #missing: number | undefined;

  constructor(set: FileSet, files: SetWriter) {
    this.#set = set;
    this.#files = files;
  }

  async write(chunk: Bytes): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      const missing = this.#missing ?? (await this.#begin());
      const part = rest.length > missing ? rest.slice(0, missing) : rest;
      const { length } = part; // Writing may take its memory away.
      rest = rest.length > missing ? rest.subarray(missing) : rest.subarray(rest.length);
      if (length > 0) await this.#files.write(part);
      this.#missing = missing - length;
      if (this.#missing === 0) await this.#end();
    }
  }

  /** Empty files at the end are begun here, since no byte begins them. */
  async close(): Promise<Received> {
    while (this.#at < this.#set.entries.length) {
      await this.#begin();
      await this.#end();
    }
    return this.#files.close();
  }

  drop(): Promise<void> {
    return this.#files.drop();
  }

  async #begin(): Promise<number> {
    const entry = this.#set.entries[this.#at];
    if (!entry) throw new RangeError("the set has ended"); // GuardedSink counts bytes: only a mistake leads here.
    await this.#files.begin(entry);
    this.#missing = entry.size;
    return entry.size;
  }

  async #end(): Promise<void> {
    await this.#files.end();
    this.#missing = undefined;
    this.#at += 1;
  }
}
