import type { Bytes } from "@nullroom/core/brand";

const WRITE_BUFFER_BYTES = 2 * 1024 * 1024;

/** Joins chunks into larger pieces, because browsers are slow at many small writes and blobs. */
export class WriteBuffer {
  #chunks: Bytes[] = [];
  #length = 0;

  /** @returns everything so far, once it is worth a write */
  add(chunk: Bytes): Blob | undefined {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return this.#length >= WRITE_BUFFER_BYTES ? this.take() : undefined;
  }

  /** @returns everything since the last piece, which may be nothing */
  take(): Blob {
    const blob = new Blob(this.#chunks);
    this.#chunks = [];
    this.#length = 0;
    return blob;
  }
}

/** A file stream with a buffer: one piece is on its way to the disk while the next one fills. */
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
    // The next call awaits this promise and gets the failure.
    this.#writing.catch(() => undefined);
  }

  /** The browser replaces the file with what was written. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#stream.write(this.#buffer.take());
    await this.#stream.close();
  }

  /** The file stays as it was before. */
  async abort(): Promise<void> {
    this.#buffer.take();
    await this.#stream.abort();
  }
}
