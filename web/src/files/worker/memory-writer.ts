import type { Bytes } from "@nullroom/core/brand";
import { keptBlob } from "@nullroom/core/files/kept";
import type { FileDescription, FileWriter, KeptFile, Received } from "@nullroom/core/files/sink";
import { WriteBuffer } from "./write-buffer.ts";

/** Keeps a file as blobs, made as its bytes come: the browser's blob store knows best where to keep them. */
export class MemoryWriter implements FileWriter {
  readonly #file: FileDescription;
  readonly #buffer = new WriteBuffer();
  #pieces: Blob[] = [];
  #kept: KeptFile | undefined;

  constructor(file: FileDescription) {
    this.#file = file;
  }

  async write(chunk: Bytes): Promise<void> {
    const piece = this.#buffer.add(chunk);
    if (piece) this.#pieces.push(piece);
  }

  async close(): Promise<Received> {
    const { name, type } = this.#file;
    const pieces = [...this.#pieces.splice(0), this.#buffer.take()];
    this.#kept = keptBlob(new Blob(pieces, { type }), name);
    return { type: "kept", file: this.#kept };
  }

  async drop(): Promise<void> {
    this.#buffer.take();
    this.#pieces = [];
    await this.#kept?.discard();
  }
}
