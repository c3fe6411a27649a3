import { asNullroomError, NullroomError } from "../errors.ts";
import { type Offering, oneByOne } from "../files/offering.ts";
import type { FileSource } from "../files/source.ts";
import { sourceOf } from "../files/source-of.ts";
import { childOf, Serial } from "../lifetime.ts";
import { CLASSIC_CHUNK_BYTES } from "../limits.ts";
import { PacedSender } from "../peer/paced-sender.ts";
import type { Transfer, TransferId } from "../session/session.ts";
import { TransferTracker } from "../session/transfer-tracker.ts";
import type { FileBound } from "./classic-channels.ts";
import { sealFrame } from "./frames.ts";

export type OutgoingOptions = {
  channel: RTCDataChannel | undefined;
  key: CryptoKey;
  limit: number;
  signal: AbortSignal;
  report: (transfer: Transfer) => void;
  /** Monotonic milliseconds. */
  now: () => number;
  /** Tell the other side that this file will not come to its end. */
  giveUp: (wireId: string) => void;
};

type Sending = { tracker: TransferTracker; source: FileSource; wireId: string; lifetime: AbortController };

/**
 * Files to the other side, one after another: chunks carry no name, so two files must not be mixed. Classic has
 * no acknowledgement: the end of a file is "sent", once its last byte has left.
 */
export class OutgoingFiles {
  readonly #options: OutgoingOptions;
  readonly #queue: Serial;
  readonly #sending = new Map<TransferId, Sending>();
  #count = 0;

  constructor(options: OutgoingOptions) {
    this.#options = options;
    this.#queue = new Serial(options.signal, () => undefined); // Each file reports its own failure.
  }

  /** Classic knows no sets. @throws "E_FILE_LIMIT", "E_CHANNEL" */
  offer(offering: Offering): readonly TransferId[] {
    const { limit, channel } = this.#options;
    const files = oneByOne(offering);
    const isTooLarge = files.some(({ size }) => size > limit);
    if (isTooLarge) throw new NullroomError("E_FILE_LIMIT", "the file is above the limit");
    if (!channel) throw new NullroomError("E_CHANNEL", "the other side has no channel for files");
    return files.map((file) => this.#enqueue(file, channel));
  }

  #enqueue(offering: Offering, channel: RTCDataChannel): TransferId {
    const { blobs: _, ...file } = offering;
    this.#count += 1;
    const id: TransferId = `out-${this.#count}`;
    const first: Transfer = { ...file, id, direction: "out", moved: 0, status: "offered" };
    const tracker = new TransferTracker(first, this.#options);
    const lifetime = childOf(this.#options.signal);
    const sending = { tracker, source: sourceOf(offering), wireId: crypto.randomUUID(), lifetime };
    this.#sending.set(id, sending);
    tracker.update({});
    this.#queue.run(() => this.#send(sending, channel));
    return id;
  }

  cancel(id: TransferId): void {
    const sending = this.#sending.get(id);
    if (sending) this.#stop(sending, "cancelled");
  }

  /** The other side has given up a file of ours. */
  cancelledByPeer(wireId: string): void {
    for (const sending of this.#sending.values()) {
      if (sending.wireId === wireId) this.#stop(sending, "cancelled", "E_FILE_CANCELLED");
    }
  }

  async #send(sending: Sending, channel: RTCDataChannel): Promise<void> {
    const { signal } = sending.lifetime;
    if (signal.aborted) return;
    try {
      await opened(channel, signal);
      await this.#sendAll(sending, new PacedSender(channel));
      sending.tracker.update({ status: "sent" });
      this.#sending.delete(sending.tracker.transfer.id);
    } catch (thrown) {
      if (signal.aborted) return; // Whoever aborted the sending has reported it.
      this.#stop(sending, "failed", asNullroomError(thrown, "E_FILE_READ", "the file cannot be read").code);
    } finally {
      sending.lifetime.abort();
    }
  }

  async #sendAll(sending: Sending, sender: PacedSender): Promise<void> {
    const { tracker, source, wireId, lifetime } = sending;
    const { name, type, size } = tracker.transfer;
    const totalChunks = Math.ceil(size / CLASSIC_CHUNK_BYTES);
    const say = (message: FileBound) => sender.send(JSON.stringify(message), lifetime.signal);

    await say({ type: "file-start", transferId: wireId, name, size, totalChunks, mimeType: type });
    sending.tracker.update({ status: "moving" });
    for (let offset = 0; offset < size; offset += CLASSIC_CHUNK_BYTES) {
      const chunk = await source.read(offset, Math.min(CLASSIC_CHUNK_BYTES, size - offset));
      const frame = await sealFrame(this.#options.key, chunk);
      await sender.send(frame, lifetime.signal);
      sending.tracker.update({ moved: offset + chunk.length });
      chunk.fill(0);
    }
    await say({ type: "file-end", transferId: wireId });
    await sender.lowered(0, lifetime.signal);
  }

  #stop(sending: Sending, status: "cancelled" | "failed", code?: NullroomError["code"]): void {
    this.#sending.delete(sending.tracker.transfer.id);
    sending.lifetime.abort();
    // A `file-end` is not sent: an existing client would show what it has as if it were whole.
    if (sending.tracker.transfer.status === "moving" && code !== "E_FILE_CANCELLED")
      this.#options.giveUp(sending.wireId);
    sending.tracker.update(code ? { status, code } : { status });
  }
}

/** The channel of files may open a moment after the one of texts. @throws "E_CHANNEL" where it closes instead */
function opened(channel: RTCDataChannel, signal: AbortSignal): Promise<void> {
  if (channel.readyState !== "connecting") return Promise.resolve();
  const waiting = childOf(signal);
  return new Promise<void>((resolve, reject) => {
    const options = { signal: waiting.signal };
    channel.addEventListener("open", () => resolve(), options);
    channel.addEventListener(
      "close",
      () => reject(new NullroomError("E_CHANNEL", "no channel for files")),
      options,
    );
    signal.addEventListener("abort", () => reject(signal.reason), options);
  }).finally(() => waiting.abort());
}
