import type { Bytes } from "../../../brand.ts";
import { BULK, type Chains, type ChannelChains, CTL, eachOf } from "../../../crypto/binding.ts";
import { wipe } from "../../../crypto/bytes.ts";
import type { Role } from "../../../crypto/keys.ts";
import { MAX_RECORD_BYTES, RecordOpener, RecordSealer } from "../../../crypto/record.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after, Serial } from "../../../lifetime.ts";
import { PacedSender } from "../../../peer/paced-sender.ts";
import { parseCtl } from "../../../wire/frame-readers.ts";
import { type FrameBytes, formatTalk, type TalkFrame } from "../../../wire/frames.ts";

import type { BulkChannelEvent, BulkChannelHandle } from "../engine/bulk-channel-handle.ts";
import type { Lanes, RecordCounts, SecureChannelsOptions } from "./secure-channels-options.ts";

/** A line whose bulk is closed and whose ctl is not carries no files: it is given up after this. */
const BULK_ALONE_MS = 1_000;

/** What may wait on ctl to be taken, counted as memory: nobody who heeds anything comes near this. */
const WAITING_BYTES = 16 * 1024 * 1024;
/** What waiting costs, however short the record. */
const LEAST_WAITING_BYTES = 1024;

type Keys = { ctl: RecordSealer; fromCtl: RecordOpener };

/**
 * The two negotiated channels under the record layer: frames in, frames out, spec/4-frames.md §4. What arrives
 * before the keys exist waits for them. Whatever does not open or fit ends the line.
 */
export class SecureChannels {
  /** Those that there are take part in whatever epoch begins. */
  lanes: Lanes | undefined;
  readonly #options: SecureChannelsOptions;
  readonly #armed: Promise<Keys>;
  #arm: (keys: Keys) => void = () => undefined;
  #keys: Keys | undefined;
  #failed = false;
  readonly #sender: PacedSender;
  readonly #lane: BulkChannelHandle;
  #tail: Promise<unknown> = Promise.resolve();
  readonly #ctlBytes = { sent: 0, received: 0 };
  #bulkCounts = { sent: 0, received: 0 };
  /** This side's chains of an epoch that it has not begun yet, each until its channel's marker. */
  #following: Partial<ChannelChains> = {};
  /** Somebody is told whenever `counts` have risen: one listener. */
  onCounted: () => void = () => undefined;

  constructor(options: SecureChannelsOptions) {
    this.#options = options;
    const { ctl, bulk, engine, signal } = options;
    this.#sender = new PacedSender(ctl);
    const inbox = new Serial(signal, (thrown) => this.#fail(thrown));
    this.#lane = engine.attach(bulk, { hear: (event) => inbox.run(() => this.#hearLane(event)) });
    this.#armed = new Promise((resolve, reject) => {
      this.#arm = resolve;
      signal.addEventListener("abort", () => reject(isClosed()), { once: true });
    });
    this.#armed.catch(() => undefined); // because whoever waits for the keys hears of it too
    this.#receive(async (record, { fromCtl }) => {
      const frame = parseCtl(await fromCtl.open(record));
      this.#ctlBytes.received += record.length;
      this.onCounted();
      if (frame.type !== "ignored") await options.onEvent({ type: "ctl", frame });
    });
    this.#announceOpen();
    signal.addEventListener("abort", () => this.#forget(), { once: true });
  }

  get isOpen(): boolean {
    return this.#options.ctl.readyState === "open"; // Bulk's state is elsewhere; both stand on one association.
  }

  /** It has failed or was retired: nothing more will be sealed. */
  get isOver(): boolean {
    return this.#failed;
  }

  /** Resolves when the other side, or anybody, has closed it. */
  get closed(): Promise<void> {
    const { ctl, signal } = this.#options;
    return new Promise((resolve) => {
      if (ctl.readyState === "closed" || signal.aborted) resolve();
      ctl.addEventListener("close", () => resolve(), { once: true });
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** What BYE reports and checks, and what makes a re-key due. */
  get counts(): RecordCounts {
    const { ctl, fromCtl } = this.#keys ?? {};
    const { sent, received } = this.#ctlBytes;
    const lanes = this.lanes?.counts;
    const bulkSent = this.#bulkCounts.sent + (lanes?.sent ?? 0);
    const bulkReceived = this.#bulkCounts.received + (lanes?.received ?? 0);
    return {
      ctlSent: ctl?.sent ?? 0,
      bulkSent,
      ctlReceived: fromCtl?.received ?? 0,
      bulkReceived,
      bytesSent: sent + bulkSent * MAX_RECORD_BYTES,
      bytesReceived: received + bulkReceived * MAX_RECORD_BYTES,
    };
  }

  /** The four chains exist. Takes them over. */
  arm({ own, peer }: Chains, role: Role): void {
    this.#lane.arm({ channel: BULK, epoch: 0, role, own: own.bulk, peer: peer.bulk });
    this.#keys = {
      ctl: new RecordSealer({ channel: CTL, role, key: own.ctl }),
      fromCtl: new RecordOpener({ channel: CTL, role: role === 0 ? 1 : 0, key: peer.ctl }),
    };
    if (this.#options.signal.aborted) this.#forget();
    else this.#arm(this.#keys);
  }

  /**
   * The next epoch's chains, which it takes over: the other side may begin it from now on, by its markers.
   * @throws "E_REKEY" while this side has not begun the last one
   */
  async expectEpoch(chains: Chains): Promise<void> {
    const { fromCtl } = await this.#armed;
    const isEarly = this.#following.ctl !== undefined || this.#following.bulk !== undefined;
    if (isEarly || this.#keys === undefined) {
      wipe(...eachOf(chains));
      throw isEarly ? new NullroomError("E_REKEY", "an epoch before the last has begun") : isClosed();
    }
    const { own, peer } = chains;
    this.#following = { ...own };
    fromCtl.expectEpoch(peer.ctl);
    await Promise.all([this.#lane.expectEpoch(peer.bulk), this.lanes?.expectEpoch(own.lanes, peer.lanes)]);
  }

  /** Begin the expected epoch on each channel by its marker, behind what is already being sent there. */
  async beginEpoch(marker: TalkFrame): Promise<void> {
    const { bulk } = this.#following;
    if (bulk === undefined) throw isClosed(); // Forgotten since, with the line.
    delete this.#following.bulk;
    const files = [this.#lane.beginEpoch(bulk), this.lanes?.beginEpoch()];
    await Promise.all([this.#inOrder(marker, () => this.#enter()), ...files]);
  }

  /** Resolves when the frame has been handed to the channel, in the order of the calls. @throws "E_CHANNEL" */
  send(frame: TalkFrame | FrameBytes): Promise<void> {
    return this.#inOrder(frame);
  }

  #inOrder(frame: TalkFrame | FrameBytes, before?: () => void): Promise<void> {
    const sent = this.#tail.then(async () => {
      const { ctl } = await this.#armed;
      before?.();
      const record = await ctl.seal("body" in frame ? frame : formatTalk(this.#counted(frame)));
      await this.#sender.send(record, this.#options.signal).catch((thrown) => {
        throw asNullroomError(thrown, "E_CHANNEL", "the line is closed");
      });
      this.#ctlBytes.sent += record.length;
      this.onCounted();
    });
    this.#tail = sent.catch(() => undefined); // because the caller has it; the tail only keeps order
    return sent;
  }

  /** What this side seals on ctl from here on belongs to the expected epoch. */
  #enter(): void {
    const chain = this.#following.ctl;
    if (chain === undefined) throw isClosed(); // Forgotten since, with the line.
    delete this.#following.ctl;
    this.#keys?.ctl.beginEpoch(chain);
  }

  #hearLane(event: BulkChannelEvent): void | Promise<void> {
    switch (event.type) {
      case "counts":
        this.#bulkCounts = event;
        return this.onCounted();
      case "marker":
        return this.#options.onEvent({ type: "marker" });
      case "closed":
        return this.#laneClosed();
      case "failed":
        throw new NullroomError(event.code, event.detail);
      default:
        event satisfies never;
    }
  }

  /** Usually both are closed, and ctl says so behind what came before it there: a BYE explains it. */
  #laneClosed(): void {
    const { signal, onEvent } = this.#options;
    after(BULK_ALONE_MS, signal, () => void onEvent({ type: "closed" }));
  }

  /** Nothing is sealed or opened any more; what has been handed over may still leave. */
  retire(): void {
    this.#failed = true;
    this.#forget();
  }

  /** BYE and BYE_ACK say how many records there were, themselves included; known only when they are sealed. */
  #counted(frame: TalkFrame): TalkFrame {
    if (frame.type !== "bye" && frame.type !== "bye_ack") return frame;
    const { ctlSent, bulkSent } = this.counts;
    return { ...frame, ctlSent: ctlSent + 1, bulkSent };
  }

  #receive(open: (record: Bytes, keys: Keys) => Promise<void>): void {
    const { ctl, signal, onEvent } = this.#options;
    const inbox = new Serial(signal, (thrown) => this.#fail(thrown));
    let waiting = 0;
    const onMessage = ({ data }: MessageEvent) => {
      const bytes = Math.max(data.byteLength ?? data.length, LEAST_WAITING_BYTES);
      waiting += bytes;
      if (waiting > WAITING_BYTES) this.#fail(new NullroomError("E_CHANNEL", "more than can be taken"));
      inbox.run(async () => {
        waiting -= bytes;
        if (!(data instanceof ArrayBuffer)) throw new NullroomError("E_CHANNEL", "a text message");
        await open(new Uint8Array(data), await this.#armed);
      });
    };
    ctl.addEventListener("message", onMessage, { signal });
    // In order behind what has already arrived: a BYE explains the close that follows it.
    ctl.addEventListener("close", () => inbox.run(() => onEvent({ type: "closed" })), { signal });
  }

  #announceOpen(): void {
    const { ctl, signal, onEvent } = this.#options;
    const tell = () => {
      if (this.isOpen) void onEvent({ type: "open" });
    };
    ctl.addEventListener("open", tell, { signal, once: true });
    queueMicrotask(tell); // Some runtimes hand out channels that are open already.
  }

  #fail(thrown: unknown): void {
    if (this.#failed) return;
    this.retire();
    const error = asNullroomError(thrown, "E_CHANNEL", "the line failed");
    void this.#options.onEvent({ type: "failed", error });
  }

  #forget(): void {
    this.#keys?.ctl.wipe();
    this.#keys?.fromCtl.wipe();
    this.#lane.detach();
    this.lanes?.forget();
    wipe(this.#following.ctl, this.#following.bulk);
    this.#following = {};
    this.#keys = undefined;
  }
}

function isClosed(): NullroomError {
  return new NullroomError("E_CHANNEL", "the line is closed");
}
