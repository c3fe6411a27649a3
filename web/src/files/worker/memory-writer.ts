import type { Bytes } from "@nullroom/core/brand";
import { keptBlob } from "@nullroom/core/files/kept";
import type { FileDescription, FileWriter, KeptFile, Received } from "@nullroom/core/files/sink";
import { WriteBuffer } from "./write-buffer.ts";

/** Pieces are handed to the browser's blob store as they come: it knows better than a page where to keep them. */
export class MemoryWriter implements FileWriter {
  readonly #file: FileDescription;
  readonly #gathered = new WriteBuffer();
  #pieces: Blob[] = [];
  #kept: KeptFile | undefined;

  constructor(file: FileDescription) {
    this.#file = file;
  }

  async write(chunk: Bytes): Promise<void> {
    const piece = this.#gathered.add(chunk);
    if (piece) this.#pieces.push(piece);
  }

  async close(): Promise<Received> {
    const { name, type } = this.#file;
    const pieces = [...this.#pieces.splice(0), this.#gathered.take()];
    this.#kept = keptBlob(new Blob(pieces, { type }), name);
    return { type: "kept", file: this.#kept };
  }

  async drop(): Promise<void> {
    this.#gathered.take();
    this.#pieces = [];
    await this.#kept?.discard();
  }
}
