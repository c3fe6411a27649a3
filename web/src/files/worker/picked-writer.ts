import type { Bytes } from "@nullroom/core/brand";
import type { FileWriter, Received } from "@nullroom/core/files/sink";
import { BufferedStream } from "./write-buffer.ts";

declare global {
  interface FileSystemFileHandle {
    /** Only Chromium has it. */
    remove?(): Promise<void>;
  }
}

/** Writes to the file that the person picked. The browser fills a copy, which replaces the file only on `close`. */
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
    // A file that is closing already cannot be stopped any more, only removed.
    await Promise.allSettled([this.#closing ?? this.#stream.abort()]);
    // The picker created an empty file, which goes. A file that the person chose to replace stays as it was.
    if (this.#closing || this.#wasEmpty) await this.#handle.remove?.();
  }
}
