import type { Bytes } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import type { FileSet, SetEntry } from "@nullroom/core/files/file-set";
import type { FileDescription, FileWriter, Received } from "@nullroom/core/files/sink";
import type { SetWriter } from "@nullroom/core/files/split-writer";
import { makeZip, predictLength } from "client-zip";

/** The archive that a set becomes where its files cannot be kept apart. Nothing is compressed: its size is known. */
export function archiveOf(set: FileSet): FileDescription {
  const size = Number(predictLength(set.entries.map(({ path, size }) => ({ name: path, size }))));
  return { name: `${set.name}.zip`, type: "application/zip", size };
}

/** What a file is where one file at a time is stored. */
export function storedAs(file: FileDescription): FileDescription {
  return file.set ? archiveOf(file.set) : file;
}

type ZipEntry = { name: string; size: number; lastModified: Date; input: ReadableStream<Uint8Array> };

/**
 * Files in, one archive out, chunk by chunk. The archive is pulled into `inner` as fast as that takes it, and
 * the files are pushed: a pair of streams in between makes the one wait for the other.
 */
export class ZipWriter implements SetWriter {
  readonly #inner: FileWriter;
  readonly #entries: WritableStreamDefaultWriter<ZipEntry>;
  readonly #pumped: Promise<void>;
  /** When it was received: when it was made or changed elsewhere is not sent. */
  readonly #received = new Date();
  #file: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #dropped = false;

  constructor(inner: FileWriter) {
    this.#inner = inner;
    const entries = new TransformStream<ZipEntry, ZipEntry>();
    this.#entries = entries.writable.getWriter();
    this.#pumped = this.#pump(makeZip(iterate(entries.readable)));
    // The failure is told by whichever call comes next.
    this.#pumped.catch(() => undefined);
  }

  async begin({ path, size }: SetEntry): Promise<void> {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.#file = writable.getWriter();
    await this.#orFailure(
      this.#entries.write({ name: path, size, lastModified: this.#received, input: readable }),
    );
  }

  async write(chunk: Bytes): Promise<void> {
    await this.#orFailure(this.#file?.write(chunk));
  }

  async end(): Promise<void> {
    await this.#orFailure(this.#file?.close());
  }

  async close(): Promise<Received> {
    await this.#orFailure(this.#entries.close());
    await this.#pumped;
    return this.#inner.close();
  }

  async drop(): Promise<void> {
    this.#dropped = true;
    // Not awaited: a stream ends only when its write under way does, and nobody is left to take that.
    for (const aborted of [this.#file?.abort(), this.#entries.abort()]) aborted?.catch(() => undefined);
    await this.#inner.drop();
  }

  async #pump(archive: ReadableStream<Uint8Array>): Promise<void> {
    const reader = archive.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#dropped) throw new NullroomError("E_FILE_CANCELLED", "the files were given up");
      if (done) return;
      await this.#inner.write(new Uint8Array(value));
    }
  }

  /** Once the pump has stopped nobody takes what is pushed: without it this would wait for ever. */
  #orFailure(pushed: Promise<void> | undefined): Promise<void> {
    return Promise.race([pushed ?? Promise.resolve(), this.#pumped]);
  }
}

/** Streams are iterable themselves only in newer browsers. */
async function* iterate<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
