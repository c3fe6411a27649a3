import type { Bytes } from "../../../brand.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { type FileHasher, hasherOf } from "../../../files/hasher.ts";
import type { FileSource } from "../../../files/source.ts";
import { sourceOf } from "../../../files/source-of.ts";
import { type BulkFrame, CHUNK_BYTES } from "../../../wire/frames.ts";
import type { EngineCalls, EngineEvent } from "./messages.ts";
import { ReadAhead } from "./read-ahead.ts";

type Outgoing = {
  readonly fileId: number;
  readonly source: FileSource;
  readonly reader: ReadAhead;
  /** Each byte is hashed once, in order, however often it is sent. */
  readonly hasher: FileHasher;
  hashed: number;
  digest: Promise<Bytes> | undefined;
  moved: number;
  creditEnd: number;
  isPaused: boolean;
  /** Which sending of the file is the current one: a new connection begins another. */
  run: number;
  /** Makes the sending look again: there is more credit, no pause any more, or it is over. */
  wake: () => void;
};

export type FileSenderOptions = {
  /** Over the connection that there is now. @throws "E_CHANNEL" */
  send: (frame: BulkFrame) => Promise<void>;
  tell: (event: EngineEvent) => void;
};

/** Sends files one after another: each is read, hashed and sent chunk by chunk within its credit. spec/5-files.md §3 */
export class FileSender {
  readonly #options: FileSenderOptions;
  readonly #files = new Map<number, Outgoing>();
  readonly #queue: { outgoing: Outgoing; run: number }[] = [];
  #isPumping = false;

  constructor(options: FileSenderOptions) {
    this.#options = options;
  }

  /** @throws "E_RECORD_TYPE" for an offset that was never reached */
  start({ fileId, offering, hashing, offset, creditEnd }: EngineCalls["send"]["argument"]): void {
    const known = this.#files.get(fileId);
    const outgoing = known ?? (offering && outgoingOf(fileId, sourceOf(offering), hasherOf(hashing)));
    if (outgoing === undefined) return; // The file is over since.
    if (offset > outgoing.hashed) throw new NullroomError("E_RECORD_TYPE", "an ACCEPT beyond what was sent");
    this.#files.set(fileId, outgoing);
    outgoing.run += 1;
    outgoing.moved = offset;
    outgoing.creditEnd = creditEnd;
    outgoing.wake();
    this.#queue.push({ outgoing, run: outgoing.run });
    void this.#pump();
  }

  credit({ fileId, creditEnd }: EngineCalls["credit"]["argument"]): void {
    const outgoing = this.#files.get(fileId);
    if (outgoing === undefined) return;
    outgoing.creditEnd = creditEnd;
    outgoing.wake();
  }

  pause(fileId: number, isPaused: boolean): void {
    const outgoing = this.#files.get(fileId);
    if (outgoing === undefined) return;
    outgoing.isPaused = isPaused;
    outgoing.wake();
  }

  stop(fileId: number): void {
    const outgoing = this.#files.get(fileId);
    this.#files.delete(fileId);
    outgoing?.wake();
  }

  close(): void {
    for (const fileId of [...this.#files.keys()]) this.stop(fileId);
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      await this.#move(next.outgoing, next.run);
    }
    this.#isPumping = false;
  }

  /** Never rejects: a connection that ends leaves the file waiting, and anything else ends the file. */
  async #move(outgoing: Outgoing, run: number): Promise<void> {
    const { fileId, source } = outgoing;
    if (!this.#isCurrent(outgoing, run)) return;
    this.#options.tell({ type: "began", direction: "out", fileId });
    try {
      while (outgoing.moved < source.size) {
        if (!(await this.#sendSlice(outgoing, run))) return;
      }
      outgoing.digest ??= outgoing.hasher.digest();
      const sha256 = await outgoing.digest;
      if (!this.#isCurrent(outgoing, run)) return;
      await this.#options.send({ type: "file_end", fileId, size: source.size, sha256 });
      if (this.#isCurrent(outgoing, run)) this.#options.tell({ type: "sent", fileId, sha256 });
    } catch (thrown) {
      const { code } = asNullroomError(thrown, "E_FILE_READ", "the file cannot be read");
      if (code === "E_CHANNEL" || !this.#isCurrent(outgoing, run)) return;
      this.#files.delete(fileId);
      this.#options.tell({ type: "broken", direction: "out", fileId, code });
    }
  }

  /** False when this sending of the file is over. */
  async #sendSlice(outgoing: Outgoing, run: number): Promise<boolean> {
    while (outgoing.isPaused || outgoing.creditEnd <= outgoing.moved) {
      await new Promise<void>((resolve) => {
        outgoing.wake = resolve;
      });
      if (!this.#isCurrent(outgoing, run)) return false;
    }
    const { fileId, moved: offset, creditEnd } = outgoing;
    const data = await outgoing.reader.take(offset, Math.min(CHUNK_BYTES, creditEnd - offset));
    if (!this.#isCurrent(outgoing, run)) return false;
    await Promise.all([
      hash(outgoing, offset, data),
      this.#options.send({ type: "chunk", fileId, offset, data }),
    ]);
    if (!this.#isCurrent(outgoing, run)) return false;
    outgoing.moved = offset + data.length;
    this.#options.tell({ type: "moved", direction: "out", fileId, moved: outgoing.moved });
    return true;
  }

  #isCurrent(outgoing: Outgoing, run: number): boolean {
    return this.#files.get(outgoing.fileId) === outgoing && outgoing.run === run;
  }
}

async function hash(outgoing: Outgoing, offset: number, data: Bytes): Promise<void> {
  const end = offset + data.length;
  if (end <= outgoing.hashed) return;
  const fresh = data.subarray(outgoing.hashed - offset);
  outgoing.hashed = end;
  await outgoing.hasher.update(fresh);
}

function outgoingOf(fileId: number, source: FileSource, hasher: FileHasher): Outgoing {
  return {
    ...{ fileId, source, reader: new ReadAhead(source), hasher, hashed: 0, digest: undefined },
    ...{ moved: 0, creditEnd: 0, isPaused: false, run: 0, wake: () => undefined },
  };
}
