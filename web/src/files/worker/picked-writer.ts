import type { Bytes } from "@nullroom/core/brand";
import type { FileWriter, Received } from "@nullroom/core/files/sink";
import { BufferedStream } from "./write-buffer.ts";

declare global {
  interface FileSystemFileHandle {
    /** Chromium only. */
    remove?(): Promise<void>;
  }
}

/** The browser writes to a copy beside the file and puts it in its place on `close`: until then nothing has changed. */
export class PickedWriter implements FileWriter {
  readonly #handle: FileSystemFileHandle;
  readonly #stream: BufferedStream;
  readonly #wasEmpty: boolean;
  #state: "open" | "saved" | "dropped" = "open";
  #closing: Promise<void> | undefined;

  private constructor(handle: FileSystemFileHandle, stream: BufferedStream, wasEmpty: boolean) {
    this.#handle = handle;
    this.#stream = stream;
    this.#wasEmpty = wasEmpty;
  }

  static async open(handle: FileSystemFileHandle): Promise<PickedWriter> {
    const { size } = await handle.getFile();
    return new PickedWriter(handle, new BufferedStream(await handle.createWritable()), size === 0);
  }

  write(chunk: Bytes): Promise<void> {
    return this.#stream.write(chunk);
  }

  async close(): Promise<Received> {
    this.#closing = this.#stream.close();
    await this.#closing;
    if (this.#state === "open") this.#state = "saved";
    return { type: "saved" };
  }

  async drop(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "dropped";
    // Given up in the last moment it cannot be stopped any more, only removed.
    await Promise.allSettled([this.#closing ?? this.#stream.abort()]);
    // The picker has made an empty file; one that the person chose to replace stays as it was.
    if (this.#closing || this.#wasEmpty) await this.#handle.remove?.();
  }
}
