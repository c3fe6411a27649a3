import type { Bytes } from "../../../brand.ts";
import { NullroomError } from "../../../errors.ts";
import type { BufferedChannel } from "../../../peer/buffered-channel.ts";
import { parseBulk } from "../../../wire/file-frame-readers.ts";
import { bulkParts } from "../../../wire/file-frames.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import { type ChannelCounts, type ChannelKeys, RecordChannel } from "../records/record-channel.ts";

export type BulkChannelOptions = {
  channel: BufferedChannel;
  /** One at a time and in order: a returned promise is waited for. */
  onFrame: (frame: BulkFrame) => void | Promise<void>;
  onCounted: () => void;
  onClosed: () => void;
  onFailed: (error: NullroomError) => void;
};

/**
 * Records that may wait to be taken. Credit lets sixteen files of 4 MiB each be on their way at once, about a thousand
 * records; nobody who heeds it comes near this.
 */
export const WAITING_RECORDS = 2048;

const INBOX = {
  limit: WAITING_RECORDS,
  costOf: () => 1,
  refusal: () => new NullroomError("E_FILE_CREDIT", "far more than was allowed"),
};

/** Bulk, or a lane, where files are moved: frames about the bytes of files, each in one record. */
export class BulkChannel {
  readonly #records: RecordChannel;

  constructor({ channel, onFrame, ...listeners }: BulkChannelOptions) {
    this.#records = new RecordChannel({
      channel,
      inbox: INBOX,
      onRecord: (record) => {
        const frame = parseBulk(record);
        if (frame.type !== "ignored") return onFrame(frame);
      },
      ...listeners,
    });
  }

  get counts(): ChannelCounts {
    return this.#records.counts;
  }

  get hasKeys(): boolean {
    return this.#records.hasKeys;
  }

  get isOpen(): boolean {
    return this.#records.isOpen;
  }

  /** Bytes that wait to leave. */
  get load(): number {
    return this.#records.load;
  }

  /** Takes both chains over. */
  setKeys(keys: ChannelKeys): void {
    this.#records.setKeys(keys);
  }

  /** Takes the chain over. */
  expectEpoch(peer: Bytes): void {
    this.#records.expectEpoch(peer);
  }

  /** Takes the chain over. Resolves when EPOCH has been handed to the channel. @throws "E_CHANNEL" */
  beginEpoch(own: Bytes): Promise<void> {
    return this.#records.beginEpoch(bulkParts({ type: "epoch" }), own);
  }

  /** No faster than the channel takes it, in the order of the calls. @throws "E_CHANNEL" */
  send(frame: BulkFrame): Promise<void> {
    return this.#records.send(bulkParts(frame));
  }

  /** Resolves when no more than `bytes` wait to leave. @throws "E_CHANNEL" */
  lowered(bytes: number): Promise<void> {
    return this.#records.lowered(bytes);
  }

  /** Nothing is sealed or opened any more, and what is under way fails as on a closed channel. Idempotent. */
  close(): void {
    this.#records.wipe();
  }
}
