import type { Bytes } from "@nullroom/core/brand";

/** Bytes that are written at once: browsers are slow at many small writes and blobs. */
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

/** A file that is being written: one piece is on its way to the disk while the next one is put together. */
export class BufferedStream {
  readonly #stream: FileSystemWritableFileStream;
  readonly #buffer = new WriteBuffer();
  #writing: Promise<void> = Promise.resolve();

  constructor(stream: FileSystemWritableFileStream) {
    this.#stream = stream;
  }

  async write(chunk: Bytes): Promise<void> {
    const piece = this.#buffer.add(chunk);
    if (!piece) return;
    await this.#writing;
    this.#writing = this.#stream.write(piece);
    // The next write, or the end, reports the failure.
    this.#writing.catch(() => undefined);
  }

  /** The file becomes what was written. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#stream.write(this.#buffer.take());
    await this.#stream.close();
  }

  /** The file stays what it was before. */
  async abort(): Promise<void> {
    this.#buffer.take();
    await this.#stream.abort();
  }
}
