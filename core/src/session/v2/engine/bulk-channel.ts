import type { Bytes } from "../../../brand.ts";
import { wipe } from "../../../crypto/bytes.ts";
import { MAX_RECORD_BYTES, RecordOpener, RecordSealer } from "../../../crypto/record.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { Serial } from "../../../lifetime.ts";
import type { BufferedChannel, ChannelInput } from "../../../peer/buffered-channel.ts";
import type { DataChannel } from "../../../peer/channel-port.ts";
import { PacedSender } from "../../../peer/paced-sender.ts";
import { parseBulk } from "../../../wire/file-frame-readers.ts";
import { bulkParts } from "../../../wire/file-frames.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import type { BulkKeys } from "./messages.ts";

export type BulkChannelOptions = {
  channel: BufferedChannel;
  /** One at a time and in order: a returned promise is waited for. */
  onFrame: (frame: BulkFrame) => void | Promise<void>;
  onCounts: () => void;
  onClosed: () => void;
  onFailed: (error: NullroomError) => void;
};

/**
 * Records that may wait to be taken. Credit lets sixteen files of 4 MiB each be on their way at once, about a thousand
 * records; nobody who heeds it comes near this.
 */
export const WAITING_RECORDS = 2048;

/** A channel for files under the record layer: frames in, frames out. spec/4-frames.md §4. */
export class BulkChannel {
  readonly #options: BulkChannelOptions;
  readonly #lifetime = new AbortController();
  readonly #inbox: Serial;
  readonly #sender: PacedSender;
  #sealer: RecordSealer | undefined;
  #opener: RecordOpener | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** What is being sealed. */
  #underWay = 0;

  constructor(options: BulkChannelOptions) {
    this.#options = options;
    this.#inbox = new Serial(this.#lifetime.signal, (thrown) => this.#fail(thrown));
    this.#sender = new PacedSender(options.channel.channel);
  }

  get counts(): { sent: number; received: number } {
    return { sent: this.#sealer?.sent ?? 0, received: this.#opener?.received ?? 0 };
  }

  get isArmed(): boolean {
    return this.#opener !== undefined;
  }

  get isOpen(): boolean {
    return this.#options.channel.channel.readyState === "open";
  }

  /** Bytes that wait to be sent. */
  get load(): number {
    return this.#underWay * MAX_RECORD_BYTES + this.#options.channel.channel.bufferedAmount;
  }

  /** Takes over both chains. Nothing was opened or sent before. */
  arm({ channel, epoch, role, own, peer }: BulkKeys): void {
    this.#sealer = new RecordSealer({ channel, epoch, role, key: own });
    this.#opener = new RecordOpener({ channel, epoch, role: role === 0 ? 1 : 0, key: peer });
    this.#options.channel.take((heard) => this.#queue(heard));
  }

  /** Takes over the chain. */
  expectEpoch(peer: Bytes): void {
    if (this.#opener) this.#opener.expectEpoch(peer);
    else peer.fill(0);
  }

  /** Takes over the chain. Resolves when the marker has been handed over. @throws "E_CHANNEL" */
  async beginEpoch(own: Bytes): Promise<void> {
    try {
      await this.#inOrder({ type: "epoch" }, () => this.#sealer?.beginEpoch(own));
    } catch (thrown) {
      wipe(own); // The lane was closed while the marker waited: no sealer has it.
      throw thrown;
    }
  }

  /** No faster than the channel takes it, in the order of the calls. @throws "E_CHANNEL" */
  send(frame: BulkFrame): Promise<void> {
    return this.#inOrder(frame);
  }

  /** Resolves when no more than `bytes` wait to be sent. @throws "E_CHANNEL" */
  async lowered(bytes: number): Promise<void> {
    const { signal } = this.#lifetime;
    await this.#sender.lowered(bytes, signal).catch((thrown) => {
      throw asNullroomError(signal.aborted ? isClosed() : thrown, "E_CHANNEL", "the lane is closed");
    });
  }

  /** Idempotent. What is under way fails as on a closed channel. */
  close(): void {
    this.#lifetime.abort();
    this.#options.channel.release();
    this.#sealer?.wipe();
    this.#opener?.wipe();
    this.#sealer = undefined;
    this.#opener = undefined;
  }

  #inOrder(frame: BulkFrame, before?: () => void): Promise<void> {
    this.#underWay += 1;
    const sent = this.#tail
      .then(() => this.#send(frame, before))
      .finally(() => {
        this.#underWay -= 1;
      });
    this.#tail = sent.catch(() => undefined); // because the caller has it; the tail only keeps order
    return sent;
  }

  async #send(frame: BulkFrame, before?: () => void): Promise<void> {
    const { signal } = this.#lifetime;
    try {
      await opened(this.#options.channel.channel, signal);
      before?.();
      const record = await this.#sealer?.seal(bulkParts(frame));
      if (record === undefined) throw isClosed();
      await this.#sender.send(record, signal);
    } catch (thrown) {
      throw signal.aborted ? isClosed() : asNullroomError(thrown, "E_CHANNEL", "the lane is closed");
    }
    this.#options.onCounts();
  }

  /** What comes faster than it is taken would fill the memory: whoever sends it passes every credit. */
  #queue(heard: ChannelInput): void {
    if (this.#lifetime.signal.aborted) return;
    if (this.#waiting >= WAITING_RECORDS) {
      this.#fail(new NullroomError("E_FILE_CREDIT", "far more than was allowed"));
      return;
    }
    this.#waiting += 1;
    this.#inbox.run(async () => {
      this.#waiting -= 1;
      await this.#hear(heard);
    });
  }

  async #hear(heard: ChannelInput): Promise<void> {
    if (heard === "closed") return this.#options.onClosed();
    if (heard === "text") throw new NullroomError("E_CHANNEL", "a text message");
    const bytes = await this.#opener?.open(heard);
    if (bytes === undefined) return;
    const frame = parseBulk(bytes);
    this.#options.onCounts();
    if (frame.type !== "ignored") await this.#options.onFrame(frame);
  }

  #fail(thrown: unknown): void {
    this.close();
    this.#options.onFailed(asNullroomError(thrown, "E_CHANNEL", "the lane failed"));
  }
}

/** Both channels of a connection open together, or nearly. @throws the signal's reason */
function opened(channel: DataChannel, signal: AbortSignal): Promise<void> {
  if (channel.readyState !== "connecting") return Promise.resolve();
  return new Promise((resolve, reject) => {
    channel.addEventListener("open", () => resolve(), { once: true, signal });
    channel.addEventListener("close", () => reject(isClosed()), { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function isClosed(): NullroomError {
  return new NullroomError("E_CHANNEL", "the lane is closed");
}
