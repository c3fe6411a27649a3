import type { Bytes } from "../../../brand.ts";
import { BULK, type Chains, type Channel, CTL, wipeChains } from "../../../crypto/binding.ts";
import { wipe } from "../../../crypto/bytes.ts";
import type { Role } from "../../../crypto/keys.ts";
import { MAX_RECORD_BYTES } from "../../../crypto/record.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after, Serial } from "../../../lifetime.ts";
import { BufferedChannel } from "../../../peer/buffered-channel.ts";
import type { DataChannel } from "../../../platform.ts";
import { parseCtl } from "../../../wire/frame-readers.ts";
import { type FrameBytes, formatTalk, type HeardFrame, type TalkFrame } from "../../../wire/frames.ts";
import { type ChannelCounts, RecordChannel } from "./record-channel.ts";
import type { AttachRemoteChannel, RemoteChannel, RemoteChannelEvent } from "./remote-channel.ts";

export type SecureChannelsEvent =
  /** ctl is open; the keys may still be on their way. */
  | { type: "open" }
  /** The other side's first record has come for a listener that was put there by `listen`. */
  | { type: "confirmed" }
  | { type: "closed" }
  | { type: "failed"; error: NullroomError };

/** Who takes what arrives, one at a time and in order per channel: a returned promise is waited for. */
export type FrameListener = {
  onFrame: (frame: HeardFrame) => void | Promise<void>;
  /** The other side's EPOCH on bulk or on a lane. Whatever else comes there is the file engine's to take. */
  onMarker: (channel: Channel) => void | Promise<void>;
};

export type SecureChannelsOptions = {
  role: Role;
  ctl: DataChannel;
  attachBulk: AttachRemoteChannel;
  signal: AbortSignal;
  /** Who listens until somebody else does. */
  listener: FrameListener;
  onEvent: (event: SecureChannelsEvent) => void | Promise<void>;
};

/** What happens to a lane; its counts and markers are these channels' own. */
export type LaneListener = { onClosed: () => void; onFailed: (error: NullroomError) => void };

/** Records and their bytes on the wire since the channels opened: bulk stands for bulk and all lanes. */
export type RecordCounts = {
  ctlSent: number;
  bulkSent: number;
  ctlReceived: number;
  bulkReceived: number;
  bytesSent: number;
  bytesReceived: number;
};

type Remote = { readonly channel: RemoteChannel; counts: { sent: number; received: number } };

/** A connection whose bulk is closed and whose ctl is not can carry no files, and is given up after this. */
const BULK_ALONE_MS = 1_000;

/** Bounds what waits on ctl to be read, counted as memory: whoever heeds anything comes nowhere near it. */
const INBOX = {
  limit: 16 * 1024 * 1024,
  costOf: (bytes: number) => Math.max(bytes, 1024),
  refusal: () => new NullroomError("E_CHANNEL", "more than can be taken"),
};

/**
 * The channels of one transport under the record layer: ctl here, bulk and the lanes beside it where files are moved.
 * Frames go in and out, and an epoch begins on all of them together. spec/4-frames.md §4, §6.
 */
export class SecureChannels {
  readonly #options: SecureChannelsOptions;
  readonly #ctl: RecordChannel;
  readonly #remotes = new Map<Channel, Remote>();
  readonly #countListeners = new Set<() => void>();
  #listener: FrameListener;
  #awaitsConfirmation = false;
  /** Chains of an epoch that this side has not begun yet, by channel. */
  #following = new Map<Channel, Bytes>();
  #isBeginning = false;
  #isWiped = false;

  constructor(options: SecureChannelsOptions) {
    this.#options = options;
    this.#listener = options.listener;
    const { ctl, attachBulk, signal, onEvent } = options;
    this.#ctl = new RecordChannel({
      channel: new BufferedChannel(ctl),
      inbox: INBOX,
      onRecord: (record) => this.#hearRecord(record),
      onCounted: () => this.#tellCounts(),
      onClosed: () => onEvent({ type: "closed" }),
      onFailed: (error) => this.#fail(error),
    });
    this.#add(BULK, attachBulk, {
      // Usually both are closed, and ctl says so behind what came before it there: a BYE explains it.
      onClosed: () => after(BULK_ALONE_MS, signal, () => void onEvent({ type: "closed" })),
      onFailed: (error) => this.#fail(error),
    });
    this.#announceOpen();
    signal.addEventListener("abort", () => this.wipe(), { once: true });
  }

  get isOpen(): boolean {
    return this.#ctl.isOpen; // Bulk's state is known elsewhere; both stand on one transport.
  }

  /** Nothing is sealed or opened any more, not even a last word. */
  get isWiped(): boolean {
    return this.#isWiped;
  }

  /** The channels that there are: ctl, bulk, and then lanes. */
  get numbers(): readonly Channel[] {
    return [CTL, ...this.#remotes.keys()];
  }

  get counts(): RecordCounts {
    const ctl = this.#ctl.counts;
    const remotes = [...this.#remotes.values()].map(({ counts }) => counts);
    const sum = (which: "sent" | "received") => remotes.reduce((all, counts) => all + counts[which], 0);
    const [bulkSent, bulkReceived] = [sum("sent"), sum("received")];
    return {
      ctlSent: ctl.sent,
      bulkSent,
      ctlReceived: ctl.received,
      bulkReceived,
      bytesSent: ctl.bytesSent + bulkSent * MAX_RECORD_BYTES,
      bytesReceived: ctl.bytesReceived + bulkReceived * MAX_RECORD_BYTES,
    };
  }

  /** Whoever listens now takes everything from here on, instead of whoever did before. */
  listen(listener: FrameListener): void {
    this.#listener = listener;
    this.#awaitsConfirmation = true;
  }

  /** Call `onRisen` whenever `counts` have risen, until `signal` aborts. */
  watchCounts(onRisen: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#countListeners.add(onRisen);
    signal.addEventListener("abort", () => this.#countListeners.delete(onRisen), { once: true });
  }

  /** The chains of these channels exist, in this epoch. Takes them over. */
  setKeys(chains: Chains, epoch = 0): void {
    const { role } = this.#options;
    for (const [channel, chain] of chains) {
      const keyed = channel === CTL ? this.#ctl : this.#remotes.get(channel)?.channel;
      if (keyed) keyed.setKeys({ channel, epoch, role, ...chain });
      else wipe(chain.own, chain.peer); // The channel has ended while they were made.
    }
  }

  /** A lane beside bulk, which takes part in every epoch that begins from now on. */
  addLane(channel: Channel, attach: AttachRemoteChannel, listener: LaneListener): void {
    this.#add(channel, attach, listener);
  }

  removeLane(channel: Channel): void {
    this.#remotes.get(channel)?.channel.close();
    this.#remotes.delete(channel);
    wipe(this.#following.get(channel));
    this.#following.delete(channel);
  }

  /**
   * The next epoch's chains, which this takes over: the other side may begin it from now on, by its markers.
   * @throws "E_REKEY" while this side has not begun the last one; "E_CHANNEL"
   */
  async expectEpoch(chains: Chains): Promise<void> {
    const isEarly = this.#following.size > 0 || this.#isBeginning;
    if (isEarly || this.isWiped) {
      wipeChains(chains);
      throw isEarly ? new NullroomError("E_REKEY", "an epoch before the last has begun") : isClosed();
    }
    const expected = [...chains].map(([channel, { own, peer }]) => {
      if (channel === CTL) this.#ctl.expectEpoch(peer);
      const remote = this.#remotes.get(channel)?.channel;
      if (channel === CTL || remote) this.#following.set(channel, own);
      else wipe(own, peer); // The lane has ended while its chains were made.
      return remote?.expectEpoch(peer);
    });
    await Promise.all(expected);
  }

  /** Begin the expected epoch on each channel by its marker, behind what is already being sent there. @throws "E_CHANNEL" */
  async beginEpoch(marker: TalkFrame): Promise<void> {
    const following = this.#following;
    this.#following = new Map();
    const ctl = following.get(CTL);
    if (ctl === undefined) throw isClosed(); // The chains were wiped with the channels meanwhile.
    this.#isBeginning = true;
    const remotes = [...this.#remotes].map(([channel, { channel: remote }]) => {
      const own = following.get(channel);
      return own === undefined ? Promise.reject(isClosed()) : remote.beginEpoch(own);
    });
    const onCtl = this.#ctl.beginEpoch(formatTalk(marker), ctl).finally(() => {
      this.#isBeginning = false;
    });
    await Promise.all([onCtl, ...remotes]);
  }

  /** Resolves when the frame has been handed to ctl, in the order of the calls. @throws "E_CHANNEL" */
  send(frame: TalkFrame | FrameBytes): Promise<void> {
    if ("body" in frame) return this.#ctl.send(frame);
    if (frame.type !== "bye" && frame.type !== "bye_ack") return this.#ctl.send(formatTalk(frame));
    // They say how many records there were, themselves included, which is known only when they are sealed.
    return this.#ctl.send(({ sent }: ChannelCounts) =>
      formatTalk({ ...frame, ctlSent: sent + 1, bulkSent: this.counts.bulkSent }),
    );
  }

  /** Say a last word, wipe, and wait until it has left: the other side closes ctl, or somebody does. @throws "E_CHANNEL" */
  async leave(last: TalkFrame | undefined): Promise<void> {
    const { ctl, signal } = this.#options;
    if (last) await this.send(last);
    this.wipe();
    if (ctl.readyState === "closed" || signal.aborted) return;
    await new Promise((resolve) => {
      ctl.addEventListener("close", resolve, { once: true });
      signal.addEventListener("abort", resolve, { once: true });
    });
  }

  /** Nothing is sealed or opened any more; what has been handed over may still leave. Idempotent. */
  wipe(): void {
    this.#isWiped = true;
    this.#ctl.wipe();
    for (const { channel } of this.#remotes.values()) channel.close();
    this.#remotes.clear();
    this.#countListeners.clear();
    wipe(...this.#following.values());
    this.#following.clear();
  }

  #add(channel: Channel, attach: AttachRemoteChannel, { onClosed, onFailed }: LaneListener): void {
    const { signal } = this.#options;
    const inbox = new Serial(signal, (thrown) =>
      onFailed(asNullroomError(thrown, "E_CHANNEL", "a channel failed")),
    );
    const hearRemote = (event: RemoteChannelEvent): void | Promise<void> => {
      const remote = this.#remotes.get(channel);
      switch (event.type) {
        case "counts":
          if (remote) remote.counts = event;
          return this.#tellCounts();
        case "marker":
          this.#confirm();
          return this.#listener.onMarker(channel);
        case "closed":
          return onClosed();
        case "failed":
          return onFailed(new NullroomError(event.code, event.detail));
        default:
          event satisfies never;
      }
    };
    const remote = attach((event) => inbox.run(() => hearRemote(event)));
    if (this.#isWiped) remote.close();
    else this.#remotes.set(channel, { channel: remote, counts: { sent: 0, received: 0 } });
  }

  async #hearRecord(record: FrameBytes): Promise<void> {
    const frame = parseCtl(record);
    if (frame.type === "ignored") return;
    this.#confirm();
    await this.#listener.onFrame(frame);
  }

  #confirm(): void {
    if (!this.#awaitsConfirmation) return;
    this.#awaitsConfirmation = false;
    void this.#options.onEvent({ type: "confirmed" });
  }

  #tellCounts(): void {
    for (const onRisen of [...this.#countListeners]) onRisen();
  }

  #announceOpen(): void {
    const { ctl, signal, onEvent } = this.#options;
    const tell = () => {
      if (this.isOpen) void onEvent({ type: "open" });
    };
    ctl.addEventListener("open", tell, { signal, once: true });
    queueMicrotask(tell); // Some runtimes hand out channels that are open already.
  }

  #fail(error: NullroomError): void {
    if (this.#isWiped) return;
    this.wipe();
    void this.#options.onEvent({ type: "failed", error });
  }
}

function isClosed(): NullroomError {
  return new NullroomError("E_CHANNEL", "the channels are closed");
}
