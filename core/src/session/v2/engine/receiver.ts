import type { Bytes } from "../../../brand.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { type FileHasher, type Hashing, hasherOf } from "../../../files/hasher.ts";
import { sameHash } from "../../../files/same-hash.ts";
import type { FileDescription, FileSink, KeptFile, Received, SinkFactory } from "../../../files/sink.ts";
import type { EngineEvent, ReceiveWindow, Stored } from "./messages.ts";
import { type Chunk, type FileEnd, type Origin, Reassembly } from "./reassembly.ts";

/** How far a sender may be ahead of what the sink has taken. */
export const CREDIT_BYTES = 4 * 1024 * 1024;

type OpenOptions = { fileId: number; file: FileDescription; factory: SinkFactory; hashing: Hashing };

type Incoming = {
  readonly fileId: number;
  readonly size: number;
  readonly sink: FileSink;
  readonly hasher: FileHasher;
  readonly lifetime: AbortController;
  creditEnd: number;
  isPaused: boolean;
  hasBegun: boolean;
  reassembly: Reassembly;
  /** What is being written, hashed or finished, one after the other. Never rejects. */
  work: Promise<void>;
};

/** Files on their way in: written as they come, believed only when size and hash agree. spec/5-files.md §3, §4. */
export class FileReceiver {
  readonly #tell: (event: EngineEvent) => void;
  readonly #files = new Map<number, Incoming>();
  readonly #kept = new Map<number, { file: KeptFile; lifetime: AbortController }>();
  /** Bytes of these that still come after their end are dropped; bytes of any other file are fatal. */
  readonly #accepted = new Set<number>();
  #isClosed = false;

  constructor(tell: (event: EngineEvent) => void) {
    this.#tell = tell;
  }

  /** @throws "E_FILE_LIMIT", "E_FILE_READ" when the destination takes no such file */
  async open({ fileId, file, factory, hashing }: OpenOptions): Promise<ReceiveWindow> {
    const lifetime = new AbortController();
    const sink = await factory.open(file, lifetime.signal);
    if (this.#isClosed) {
      lifetime.abort();
      throw new NullroomError("E_FILE_CANCELLED", "the session is over");
    }
    const { size } = file;
    const work = Promise.resolve();
    const state = {
      creditEnd: CREDIT_BYTES,
      isPaused: false,
      hasBegun: false,
      reassembly: new Reassembly(0),
      work,
    };
    this.#files.set(fileId, { fileId, size, sink, hasher: hasherOf(hashing), lifetime, ...state });
    this.#accepted.add(fileId);
    return { offset: 0, creditEnd: CREDIT_BYTES };
  }

  /** From where a new connection goes on. @throws "E_FILE_CANCELLED" when the file is over */
  async resume(fileId: number): Promise<ReceiveWindow> {
    await this.#files.get(fileId)?.work;
    const incoming = this.#files.get(fileId);
    if (incoming === undefined) throw new NullroomError("E_FILE_CANCELLED", "the file is over");
    const offset = incoming.sink.received;
    incoming.creditEnd = offset + CREDIT_BYTES;
    incoming.reassembly = new Reassembly(offset);
    return { offset, creditEnd: incoming.creditEnd };
  }

  /** Resolves when the sink has taken it, or it has to wait for other chunks. @throws the codes that end a session */
  hearFrame(frame: Chunk | FileEnd, from: Origin): Promise<void> {
    const incoming = this.#files.get(frame.fileId);
    if (incoming === undefined) {
      if (this.#accepted.has(frame.fileId)) return Promise.resolve();
      throw new NullroomError("E_RECORD_TYPE", "bytes of a file that nobody accepted");
    }
    this.#begin(incoming);
    const end = frame.type === "chunk" ? this.#fit(incoming, frame, from) : conclude(incoming, frame, from);
    if (end) this.#next(incoming, () => this.#end(incoming, end));
    return incoming.work;
  }

  /** Hands on what is in order now. Returns the end of the file, where that has been waiting for this chunk. */
  #fit(incoming: Incoming, chunk: Chunk, from: Origin): FileEnd | undefined {
    const { reassembly } = incoming;
    const taken = reassembly.add(chunk, from);
    checkChunk(incoming, chunk);
    for (const data of taken) this.#next(incoming, () => this.#take(incoming, data));
    return reassembly.concluded;
  }

  #next(incoming: Incoming, task: () => Promise<void>): void {
    incoming.work = incoming.work.then(task);
  }

  /** No credit is renewed while a file is paused. */
  pause(fileId: number, isPaused: boolean): void {
    const incoming = this.#files.get(fileId);
    if (incoming === undefined) return;
    incoming.isPaused = isPaused;
    this.#renewCredit(incoming);
  }

  /** Whatever of the file has not been saved is removed. */
  stop(fileId: number): void {
    const { lifetime } = this.#files.get(fileId) ?? this.#kept.get(fileId) ?? {};
    this.#files.delete(fileId);
    this.#kept.delete(fileId);
    lifetime?.abort();
  }

  /** @throws "E_FILE_CANCELLED", "E_FILE_READ" */
  blob(fileId: number): Promise<Blob> {
    const kept = this.#kept.get(fileId);
    if (kept) return kept.file.blob();
    return Promise.reject(new NullroomError("E_FILE_CANCELLED", "the file was given up"));
  }

  /** Resolves when nothing is left of what was not saved. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const [files, kept] = [[...this.#files.values()], [...this.#kept.values()]];
    for (const fileId of [...this.#files.keys(), ...this.#kept.keys()]) this.stop(fileId);
    // What cannot be removed now is swept at the next start.
    await Promise.allSettled([
      ...files.map(({ sink }) => sink.abort()),
      ...kept.map(({ file }) => file.discard()),
    ]);
  }

  #begin(incoming: Incoming): void {
    if (incoming.hasBegun) return;
    incoming.hasBegun = true;
    this.#tell({ type: "began", direction: "in", fileId: incoming.fileId });
  }

  async #take(incoming: Incoming, data: Bytes): Promise<void> {
    const { fileId, sink, hasher } = incoming;
    const isStored = await this.#stored(incoming, async () => {
      await Promise.all([hasher.update(data), sink.write(outOfRecord(data))]); // The sink takes the memory over.
    });
    if (!isStored) return;
    this.#tell({ type: "moved", direction: "in", fileId, moved: sink.received });
    this.#renewCredit(incoming);
  }

  #renewCredit(incoming: Incoming): void {
    const { fileId, sink, isPaused, creditEnd, size } = incoming;
    const offset = sink.received;
    if (isPaused || creditEnd >= size || creditEnd - offset > CREDIT_BYTES / 2) return;
    incoming.creditEnd = offset + CREDIT_BYTES;
    this.#tell({ type: "credit", fileId, offset, creditEnd: incoming.creditEnd });
  }

  async #end(incoming: Incoming, { size, sha256 }: FileEnd): Promise<void> {
    const { fileId, sink, hasher, lifetime } = incoming;
    await this.#stored(incoming, async () => {
      if (size !== incoming.size || sink.received !== size) {
        throw new NullroomError("E_FILE_SIZE", "another size than was offered");
      }
      if (!sameHash(await hasher.digest(), sha256)) {
        throw new NullroomError("E_FILE_HASH", "another hash than the sender's");
      }
      const received = await sink.finish();
      this.#files.delete(fileId);
      if (received.type === "kept") this.#kept.set(fileId, { file: received.file, lifetime });
      this.#tell({ type: "whole", fileId, size, sha256: sha256.slice(), stored: storedOf(received) });
    });
  }

  /** False where the task failed, and the file with it, and where the file was over meanwhile. */
  async #stored(incoming: Incoming, task: () => Promise<void>): Promise<boolean> {
    const { fileId } = incoming;
    const isLive = () => this.#files.get(fileId) === incoming;
    if (!isLive()) return false;
    try {
      await task();
    } catch (thrown) {
      if (!isLive()) return false; // Whoever gave it up meanwhile knows already.
      const { code } = asNullroomError(thrown, "E_FILE_READ", "the file cannot be written");
      this.stop(fileId);
      this.#tell({ type: "broken", direction: "in", fileId, code });
    }
    return isLive();
  }
}

/** The end, where nothing before it is missing or can come any more. @throws "E_FILE_OFFSET" */
function conclude({ reassembly, size }: Incoming, end: FileEnd, from: Origin): FileEnd | undefined {
  return reassembly.conclude(end, from) || end.size !== size ? end : undefined;
}

/** No honest peer is the cause of what this refuses. @throws "E_FILE_SIZE", "E_FILE_CREDIT" */
function checkChunk({ size, creditEnd }: Incoming, { offset, data }: Chunk): void {
  const end = offset + data.length;
  if (end > size) throw new NullroomError("E_FILE_SIZE", "more than was offered");
  if (end > creditEnd) throw new NullroomError("E_FILE_CREDIT", "more than was allowed");
}

/** A copy of a chunk that is much shorter than its record: short chunks must not keep 64 KiB each in memory. */
function outOfRecord(data: Bytes): Bytes {
  return data.length * 2 > data.buffer.byteLength ? data : data.slice();
}

function storedOf(received: Received): Stored {
  if (received.type === "saved") return received;
  const { name, type, size } = received.file;
  return { type: "kept", name, mime: type, size };
}
