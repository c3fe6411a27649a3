import type { Bytes } from "../brand.ts";
import { asNullroomError, type ErrorCode, NullroomError } from "../errors.ts";
import { keptBlob } from "../files/kept.ts";
import { after } from "../lifetime.ts";
import { CLASSIC_CHUNK_BYTES } from "../limits.ts";
import { safeFileName, safeMimeType } from "../session/file-name.ts";
import type { Transfer, TransferId } from "../session/session.ts";
import { TransferTracker } from "../session/transfer-tracker.ts";
import type { FileBound, Via } from "./classic-channels.ts";
import { FRAME_OVERHEAD_BYTES, openFrame } from "./frames.ts";
import type { FileStart } from "./messages.ts";

export type IncomingOptions = {
  key: CryptoKey;
  limit: number;
  signal: AbortSignal;
  report: (transfer: Transfer) => void;
  /** Monotonic milliseconds. */
  now: () => number;
  giveUp: (wireId: string) => void;
};

/** Chunks that may overtake a `file-start` on the other channel: 4 MiB, far more than travel in one round trip. */
const EARLY_CHUNKS = 64;
/** How long the rest of a file may take to come in after a `file-end` that overtook it on the other channel. */
const STRAGGLER_MS = 10_000;

type Receiving = { tracker: TransferTracker; start: FileStart; chunks: Bytes[]; endHeard: boolean };

/**
 * Files from the other side. Classic names a file only at its start and its end, and lets both come on either
 * channel; a missing, surplus or unreadable chunk fails the whole file.
 */
export class IncomingFiles {
  readonly #options: IncomingOptions;
  #receiving: Receiving | undefined;
  /** Chunks still to come of a file that is no longer wanted. */
  #unwanted = 0;
  #early: Bytes[] = [];
  #count = 0;
  #cancelStraggling: () => void = () => undefined;

  constructor(options: IncomingOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#forget(), { once: true });
  }

  async bound(message: FileBound, via: Via): Promise<void> {
    if (message.type === "file-end") return this.#end(message.transferId, via);
    this.#drop("failed", "E_FILE_SIZE"); // A file that another one interrupts has no end.
    // On the channel of chunks everything before a start belongs to another file.
    if (via === "files") this.#clearChannel();
    this.#start(message);
    for (const frame of this.#early.splice(0)) await this.chunk(frame);
  }

  async chunk(frame: Bytes): Promise<void> {
    if (this.#unwanted > 0) {
      this.#unwanted -= 1;
      return;
    }
    const { chunks, start } = this.#receiving ?? {};
    if (!chunks || !start) {
      if (this.#early.length < EARLY_CHUNKS) this.#early.push(frame);
      return;
    }
    try {
      checkLength(frame, start, chunks.length);
      this.#add(await openFrame(this.#options.key, frame), chunks);
    } catch (thrown) {
      // The file may have been given up while the chunk was being opened.
      if (this.#receiving?.chunks === chunks)
        this.#drop("failed", asNullroomError(thrown, "E_FILE_READ", "").code);
    }
  }

  cancel(id: TransferId): void {
    if (this.#receiving?.tracker.transfer.id === id) this.#drop("cancelled");
  }

  cancelledByPeer(wireId: string): void {
    if (this.#receiving?.start.transferId === wireId) this.#drop("cancelled", "E_FILE_CANCELLED");
  }

  #start(start: FileStart): void {
    this.#count += 1;
    const tracker = new TransferTracker(
      {
        ...{ id: `in-${this.#count}`, direction: "in", size: start.size, moved: 0, status: "moving" },
        ...{ name: safeFileName(start.name), type: safeMimeType(start.mimeType) },
      },
      this.#options,
    );
    this.#receiving = { tracker, start, chunks: [], endHeard: false };
    if (start.size > this.#options.limit) this.#drop("declined", "E_FILE_LIMIT");
    else if (start.totalChunks !== Math.ceil(start.size / CLASSIC_CHUNK_BYTES))
      this.#drop("failed", "E_FILE_SIZE");
    else tracker.update({});
  }

  #add(chunk: Bytes, chunks: Bytes[]): void {
    const receiving = this.#receiving;
    if (!receiving || receiving.chunks !== chunks) {
      chunk.fill(0); // The file was given up while the chunk was being opened.
      return;
    }
    chunks.push(chunk);
    const { tracker } = receiving;
    tracker.update({ moved: tracker.transfer.moved + chunk.length });
    if (receiving.endHeard && chunks.length === receiving.start.totalChunks) this.#complete();
  }

  #end(transferId: string, via: Via): void {
    const receiving = this.#receiving;
    if (receiving?.start.transferId !== transferId) return;
    if (receiving.chunks.length === receiving.start.totalChunks) {
      this.#complete();
    } else if (via === "files") {
      this.#drop("failed", "E_FILE_SIZE");
    } else {
      receiving.endHeard = true;
      const giveUp = () => this.#drop("failed", "E_FILE_SIZE");
      this.#cancelStraggling = after(STRAGGLER_MS, this.#options.signal, giveUp);
    }
  }

  #complete(): void {
    const { chunks, tracker } = this.#receiving ?? {};
    if (!chunks || !tracker) return;
    this.#cancelStraggling();
    const { name, type } = tracker.transfer;
    const file = keptBlob(new Blob(chunks, { type }), name);
    tracker.update({ status: "delivered", received: { type: "kept", file } });
    zero(chunks); // The Blob has its own copy.
    this.#receiving = undefined;
  }

  #drop(status: "declined" | "cancelled" | "failed", code?: ErrorCode): void {
    const receiving = this.#receiving;
    if (!receiving) return;
    this.#cancelStraggling();
    this.#unwanted = receiving.start.totalChunks - receiving.chunks.length;
    if (code !== "E_FILE_CANCELLED") this.#options.giveUp(receiving.start.transferId);
    receiving.tracker.update(code ? { status, code } : { status });
    zero(receiving.chunks);
    this.#receiving = undefined;
  }

  #clearChannel(): void {
    zero(this.#early);
    this.#early = [];
    this.#unwanted = 0;
  }

  #forget(): void {
    this.#clearChannel();
    zero(this.#receiving?.chunks ?? []);
    this.#receiving = undefined;
  }
}

/** @throws "E_FILE_SIZE" for a surplus chunk and for one of the wrong length */
function checkLength(frame: Bytes, { size, totalChunks }: FileStart, index: number): void {
  if (index >= totalChunks) throw new NullroomError("E_FILE_SIZE", "a surplus chunk");
  const expected = Math.min(CLASSIC_CHUNK_BYTES, size - index * CLASSIC_CHUNK_BYTES);
  if (frame.length !== expected + FRAME_OVERHEAD_BYTES) {
    throw new NullroomError("E_FILE_SIZE", "a chunk of the wrong length");
  }
}

function zero(chunks: readonly Bytes[]): void {
  for (const chunk of chunks) chunk.fill(0);
}
