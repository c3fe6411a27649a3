import type { Bytes } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import { keptBlob } from "@nullroom/core/files/kept";
import type { FileDescription, FileWriter, KeptFile, Received, SinkPlace } from "@nullroom/core/files/sink";
import { Gathered } from "./gathered.ts";
import { placeOf } from "./place-of.ts";

/** A phone ends a page that holds about 200 MB, without a word and in the middle; this stays well below. */
export const MEMORY_BYTES = 128 * 1024 * 1024;

/** What all files of a page hold in memory together. */
export class MemoryBudget {
  #left: number;

  constructor(bytes = MEMORY_BYTES) {
    this.#left = bytes;
  }

  get left(): number {
    return this.#left;
  }

  place(): SinkPlace {
    const open = async (file: FileDescription) => new MemoryWriter(file, this.#take(file.size));
    return placeOf("memory", this.#left, open, ({ size }, lifetime) => {
      const giveBack = this.#take(size);
      if (lifetime.aborted) giveBack();
      lifetime.addEventListener("abort", giveBack, { once: true });
      return { kind: "memory" };
    });
  }

  /** @returns what gives it back, once. @throws NullroomError "E_FILE_LIMIT" */
  #take(bytes: number): () => void {
    if (bytes > this.#left) throw new NullroomError("E_FILE_LIMIT", "other files hold the memory");
    this.#left -= bytes;
    let held = bytes;
    return () => {
      this.#left += held;
      held = 0;
    };
  }
}

/** Pieces are handed to the browser's blob store as they come: it knows better than a page where to keep them. */
export class MemoryWriter implements FileWriter {
  readonly #file: FileDescription;
  readonly #giveBack: () => void;
  readonly #gathered = new Gathered();
  #pieces: Blob[] = [];
  #kept: KeptFile | undefined;

  constructor(file: FileDescription, giveBack: () => void = () => undefined) {
    this.#file = file;
    this.#giveBack = giveBack;
  }

  async write(chunk: Bytes): Promise<void> {
    const piece = this.#gathered.add(chunk);
    if (piece) this.#pieces.push(piece);
  }

  async close(): Promise<Received> {
    const { name, type } = this.#file;
    const pieces = [...this.#pieces.splice(0), this.#gathered.take()];
    this.#kept = keptBlob(new Blob(pieces, { type }), name, this.#giveBack);
    return { type: "kept", file: this.#kept };
  }

  async drop(): Promise<void> {
    this.#gathered.take();
    this.#pieces = [];
    await this.#kept?.discard();
    this.#giveBack();
  }
}
