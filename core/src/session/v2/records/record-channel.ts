import type { Bytes } from "../../../brand.ts";
import type { ChainPair, Channel } from "../../../crypto/binding.ts";
import { wipe } from "../../../crypto/bytes.ts";
import type { Role } from "../../../crypto/keys.ts";
import { MAX_RECORD_BYTES, RecordOpener, RecordSealer } from "../../../crypto/record.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { Serial } from "../../../lifetime.ts";
import type { BufferedChannel, ChannelInput } from "../../../peer/buffered-channel.ts";
import { PacedSender } from "../../../peer/paced-sender.ts";
import type { DataChannel } from "../../../platform.ts";
import type { FrameBytes, FrameParts } from "../../../wire/frames.ts";

/** What a channel's first epoch here is keyed with. The chains belong to the channel from then on. */
export type ChannelKeys = ChainPair & { channel: Channel; epoch: number; role: Role };

/** Records sealed and opened since the keys came, and the bytes of those that were handed over or opened. */
export type ChannelCounts = { sent: number; received: number; bytesSent: number; bytesReceived: number };

/** How much may wait to be read, in units of the channel's choice: who sends more fills the memory on purpose. */
export type InboxLimit = {
  readonly limit: number;
  readonly costOf: (bytes: number) => number;
  readonly refusal: () => NullroomError;
};

export type RecordChannelOptions = {
  /** Taken over: whatever it has kept, and then whatever comes. */
  channel: BufferedChannel;
  inbox: InboxLimit;
  /** The content of one record, one at a time and in order: a returned promise is waited for. */
  onRecord: (record: FrameBytes) => void | Promise<void>;
  /** The counts have risen. */
  onCounted: () => void;
  /** The channel has closed, in order behind the records that came before. */
  onClosed: () => void | Promise<void>;
  /** Once, and the last event: the channel is wiped by then. */
  onFailed: (error: NullroomError) => void;
};

/**
 * One data channel under the record layer of spec/4-frames.md §4, in both directions: ctl in the page, bulk and the lanes
 * where files are moved. What arrives before the keys waits for them, and so does what is to be sent. Whatever does not
 * open, or is not what `onRecord` expects, ends the channel.
 */
export class RecordChannel {
  readonly #options: RecordChannelOptions;
  readonly #channel: DataChannel;
  readonly #lifetime = new AbortController();
  readonly #inbox: Serial;
  readonly #sender: PacedSender;
  readonly #keyed: Promise<void>;
  #onKeyed: () => void = () => undefined;
  #sealer: RecordSealer | undefined;
  #opener: RecordOpener | undefined;
  #bytesSent = 0;
  #bytesReceived = 0;
  /** What waits to be read, as `inbox.costOf` counts it. */
  #waiting = 0;
  /** How many records are being sealed, or wait for the channel to take them. */
  #unsent = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: RecordChannelOptions) {
    this.#options = options;
    this.#channel = options.channel.channel;
    const { signal } = this.#lifetime;
    this.#inbox = new Serial(signal, (thrown) => this.#fail(thrown));
    this.#sender = new PacedSender(this.#channel);
    this.#keyed = new Promise((resolve, reject) => {
      this.#onKeyed = resolve;
      signal.addEventListener("abort", () => reject(isClosed()), { once: true });
    });
    this.#keyed.catch(() => undefined); // because whoever waits for the keys has the failure
    options.channel.take((input) => this.#receive(input));
  }

  get counts(): ChannelCounts {
    return {
      sent: this.#sealer?.sent ?? 0,
      received: this.#opener?.received ?? 0,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
    };
  }

  get isOpen(): boolean {
    return this.#channel.readyState === "open";
  }

  get hasKeys(): boolean {
    return this.#sealer !== undefined && !this.isWiped;
  }

  get isWiped(): boolean {
    return this.#lifetime.signal.aborted;
  }

  /** Bytes that wait to leave, sealed or not. */
  get load(): number {
    return this.#unsent * MAX_RECORD_BYTES + this.#channel.bufferedAmount;
  }

  /** Begin to seal and to open. Takes both chains over. */
  setKeys({ channel, epoch, role, own, peer }: ChannelKeys): void {
    if (this.isWiped) wipe(own, peer);
    if (this.isWiped) return;
    this.#sealer = new RecordSealer({ channel, epoch, role, key: own });
    this.#opener = new RecordOpener({ channel, epoch, role: role === 0 ? 1 : 0, key: peer });
    this.#onKeyed();
  }

  /** The other side may begin the next epoch from now on, by its marker. Takes its chain over. */
  expectEpoch(peer: Bytes): void {
    if (this.#opener) this.#opener.expectEpoch(peer);
    else wipe(peer);
  }

  /**
   * Begin the next epoch in this direction by `marker`, behind what is already being sent. Takes the chain over. Resolves
   * when the marker has been handed to the channel. @throws "E_CHANNEL"
   */
  async beginEpoch(marker: FrameParts, own: Bytes): Promise<void> {
    try {
      await this.#inOrder((sealer) => {
        sealer.beginEpoch(own);
        return marker;
      });
    } catch (thrown) {
      wipe(own); // No sealer has it if the channel was wiped while the marker waited.
      throw thrown;
    }
  }

  /**
   * Send one frame in the order of the calls, no faster than the channel takes them. Resolves when it has been handed over.
   * @param frame - or what makes it when its turn comes, from the counts of that moment
   * @throws "E_CHANNEL"
   */
  send(frame: FrameParts | ((counts: ChannelCounts) => FrameParts)): Promise<void> {
    return this.#inOrder(() => (typeof frame === "function" ? frame(this.counts) : frame));
  }

  /** Resolves when no more than `bytes` wait to leave. @throws "E_CHANNEL" */
  lowered(bytes: number): Promise<void> {
    return this.#sender.lowered(bytes, this.#lifetime.signal).catch((thrown) => this.#throwClosed(thrown));
  }

  /** Nothing is sealed or opened any more; what has been handed to the channel may still leave. Idempotent. */
  wipe(): void {
    this.#lifetime.abort();
    this.#options.channel.close();
    this.#sealer?.wipe();
    this.#opener?.wipe();
  }

  #inOrder(frameOf: (sealer: RecordSealer) => FrameParts): Promise<void> {
    this.#unsent += 1;
    const sent = this.#tail
      .then(() => this.#send(frameOf))
      .finally(() => {
        this.#unsent -= 1;
      });
    this.#tail = sent.catch(() => undefined); // because the caller has the failure; the tail only keeps the order
    return sent;
  }

  async #send(frameOf: (sealer: RecordSealer) => FrameParts): Promise<void> {
    const { signal } = this.#lifetime;
    try {
      await this.#keyed;
      await opened(this.#channel, signal);
      if (this.#sealer === undefined || signal.aborted) throw isClosed();
      const record = await this.#sealer.seal(frameOf(this.#sealer));
      await this.#sender.send(record, signal);
      this.#bytesSent += record.length;
    } catch (thrown) {
      this.#throwClosed(thrown);
    }
    this.#options.onCounted();
  }

  #receive(input: ChannelInput): void {
    if (this.isWiped) return;
    const { limit, costOf, refusal } = this.#options.inbox;
    const cost = costOf(input instanceof Uint8Array ? input.length : 0);
    this.#waiting += cost;
    if (this.#waiting > limit) this.#fail(refusal());
    this.#inbox.run(async () => {
      if (input !== "closed") await this.#keyed;
      this.#waiting -= cost;
      await this.#read(input);
    });
  }

  async #read(input: ChannelInput): Promise<void> {
    if (input === "closed") return this.#options.onClosed();
    if (input === "text") throw new NullroomError("E_CHANNEL", "a text message");
    const record = await this.#opener?.open(input);
    if (record === undefined) return;
    this.#bytesReceived += input.length;
    this.#options.onCounted();
    await this.#options.onRecord(record);
  }

  #fail(thrown: unknown): void {
    if (this.isWiped) return;
    this.wipe();
    this.#options.onFailed(asNullroomError(thrown, "E_CHANNEL", "the channel failed"));
  }

  /** Whatever fails on a channel that was wiped fails because of that. What is no closed channel ends it, and is reported. */
  #throwClosed(thrown: unknown): never {
    const error = this.isWiped ? isClosed() : asNullroomError(thrown, "E_CHANNEL", "the channel is closed");
    if (error.code !== "E_CHANNEL") this.#fail(error);
    throw error;
  }
}

/** The two channels of one transport open together, or nearly. @throws the signal's reason; "E_CHANNEL" */
function opened(channel: DataChannel, signal: AbortSignal): Promise<void> {
  if (channel.readyState !== "connecting") return Promise.resolve();
  return new Promise((resolve, reject) => {
    channel.addEventListener("open", () => resolve(), { once: true, signal });
    channel.addEventListener("close", () => reject(isClosed()), { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function isClosed(): NullroomError {
  return new NullroomError("E_CHANNEL", "the channel is closed");
}
