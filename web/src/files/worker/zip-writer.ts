import type { Bytes } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import type { FileSet, SetEntry } from "@nullroom/core/files/file-set";
import type { FileDescription, FileWriter, Received } from "@nullroom/core/files/sink";
import type { SetWriter } from "@nullroom/core/files/split-writer";
import { makeZip, predictLength } from "client-zip";

/**
 * The archive that a set becomes where only one file can be stored. Nothing in it is compressed, so that its size is
 * known beforehand.
 */
export function archiveOf(set: FileSet): FileDescription {
  const size = Number(predictLength(set.entries.map(({ path, size }) => ({ name: path, size }))));
  return { name: `${set.name}.zip`, type: "application/zip", size };
}

/** A file as it is stored where only one file can be: a set as its archive, any other file as itself. */
export function storedAs(file: FileDescription): FileDescription {
  return file.set ? archiveOf(file.set) : file;
}

type ZipEntry = { name: string; size: number; lastModified: Date; input: ReadableStream<Uint8Array> };

/**
 * Writes the files of a set into one archive, chunk by chunk. Files are pushed in, and the archive is pulled out as
 * fast as `inner` takes it. A pair of streams in between makes the one wait for the other.
 */
export class ZipWriter implements SetWriter {
  readonly #inner: FileWriter;
  readonly #entries: WritableStreamDefaultWriter<ZipEntry>;
  readonly #pumped: Promise<void>;
  /** The date of every file is when it was received. When it was made or changed is not sent. */
  readonly #received = new Date();
  #file: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #dropped = false;

  constructor(inner: FileWriter) {
    this.#inner = inner;
    const entries = new TransformStream<ZipEntry, ZipEntry>();
    this.#entries = entries.writable.getWriter();
    this.#pumped = this.#pump(makeZip(iterate(entries.readable)));
    // Whichever call comes next throws the failure.
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
    // Awaiting would hang: a stream ends only when its write under way does, and nobody takes those bytes any more.
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

  /** Wait for a push, or throw why the pump stopped: nothing takes the bytes then, and the push would hang for ever. */
  #orFailure(pushed: Promise<void> | undefined): Promise<void> {
    return Promise.race([pushed ?? Promise.resolve(), this.#pumped]);
  }
}

/** Iterate a stream by its reader, because streams are iterable themselves only in newer browsers. */
async function* iterate<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
