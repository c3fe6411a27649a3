import type { Bytes } from "../brand.ts";
import type { SetEntry } from "../files/file-set.ts";
import { GuardedSink } from "../files/guarded-sink.ts";
import type { ChosenDestination, FileSink, SinkFactory } from "../files/sink.ts";
import { type SetWriter, SplitWriter } from "../files/split-writer.ts";
import { concat } from "../wire/binary.ts";

/** A destination in memory that keeps the files of a set apart, and nothing of a set that was given up. */
export class SetDestination implements SinkFactory, ChosenDestination, SetWriter {
  /** Bytes of each file, by its path, in the order in which they came. */
  readonly files = new Map<string, Bytes>();
  isWhole = false;
  #path = "";

  pass(): this {
    return this;
  }

  async open({ set, size }: Parameters<SinkFactory["open"]>[0], signal: AbortSignal): Promise<FileSink> {
    if (!set) throw new Error("one file alone is not a set");
    return new GuardedSink(new SplitWriter(set, this), size, signal);
  }

  async begin({ path }: SetEntry): Promise<void> {
    if (this.files.has(path)) throw new Error("one file would replace another");
    this.#path = path;
    this.files.set(path, new Uint8Array());
  }

  async write(chunk: Bytes): Promise<void> {
    this.files.set(this.#path, concat(this.files.get(this.#path) ?? new Uint8Array(), chunk));
  }

  async end(): Promise<void> {
    this.#path = "";
  }

  async close() {
    this.isWhole = true;
    return { type: "saved" } as const;
  }

  async drop(): Promise<void> {
    this.files.clear();
  }
}
