import type { Bytes } from "@nullroom/core/brand";

/** Chunks put together: browsers are slow at many small writes and blobs. */
export const WRITE_BUFFER_BYTES = 2 * 1024 * 1024;

export class WriteBuffer {
  #chunks: Bytes[] = [];
  #length = 0;

  /** @returns everything so far, once it is worth a write */
  add(chunk: Bytes): Blob | undefined {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return this.#length >= WRITE_BUFFER_BYTES ? this.take() : undefined;
  }

  take(): Blob {
    const blob = new Blob(this.#chunks);
    this.#chunks = [];
    this.#length = 0;
    return blob;
  }
}

/** A file being written: one gathered piece is on its way to the disk while the next one is gathered. */
export class BufferedStream {
  readonly #stream: FileSystemWritableFileStream;
  readonly #gathered = new WriteBuffer();
  #writing: Promise<void> = Promise.resolve();

  constructor(stream: FileSystemWritableFileStream) {
    this.#stream = stream;
  }

  async write(chunk: Bytes): Promise<void> {
    const piece = this.#gathered.add(chunk);
    if (!piece) return;
    await this.#writing;
    this.#writing = this.#stream.write(piece);
    // The next write, or the end, tells of it.
    this.#writing.catch(() => undefined);
  }

  /** Puts the file in its place. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#stream.write(this.#gathered.take());
    await this.#stream.close();
  }

  /** Leaves what was there before. */
  async abort(): Promise<void> {
    this.#gathered.take();
    await this.#stream.abort();
  }
}
