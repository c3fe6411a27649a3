import type { Brand, Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { ByteReader, concat, u8, u16, u32, u64 } from "../wire/binary.ts";
import { type FrameBytes, type FrameParts, isMarker } from "../wire/frames.ts";
import { importAeadKey, openAead, sealAead, TAG_BYTES } from "./aead.ts";
import { type Channel, CTL } from "./binding.ts";
import { isZero, wipe } from "./bytes.ts";
import { hmacs, type Role } from "./keys.ts";

/** The record layer of spec/4-frames.md §4: one key per record, strict order, sizes that say little. */

/** What may be sent on a data channel. Only `RecordSealer` makes one. */
export type SealedRecord = Brand<Bytes, "SealedRecord">;

const VERSION = 2;
const HEADER_BYTES = 12;
const INNER_OVERHEAD = 5;
const BUCKETS = [64, 256, 1024, 4096, 16384, 65508] as const;
const BULK_BUCKET = 65508;

/** Header, largest bucket, tag. */
export const MAX_RECORD_BYTES = HEADER_BYTES + BULK_BUCKET + TAG_BYTES;

/** One step of a chain: the key of this record, and the chain key of the next. */
export async function ratchet(chainKey: Bytes): Promise<{ messageKey: Bytes; following: Bytes }> {
  const [messageKey, following] = await hmacs(chainKey, [MESSAGE, FOLLOWING]);
  return { messageKey, following };
}

/** A chain is one direction on one channel. It owns its chain key; at most one call at a time makes progress. */
class Chain {
  #key: Bytes | undefined;
  #wiped = false;

  constructor(key: Bytes) {
    this.#key = key;
  }

  /** This record's key, usable once; the chain has moved on before it is returned. */
  async next(usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
    const key = this.#key;
    if (key === undefined) throw new NullroomError("E_RECORD_AUTH", "the chain is wiped");
    this.#key = undefined;
    const { messageKey, following } = await ratchet(key);
    wipe(key);
    this.#key = following;
    if (this.#wiped) this.wipe(); // The chain was wiped meanwhile, and the next key must not outlive it.
    const imported = await importAeadKey(messageKey, usage);
    wipe(messageKey);
    return imported;
  }

  wipe(): void {
    this.#wiped = true;
    wipe(this.#key);
    this.#key = undefined;
  }
}

export type ChainSetup = {
  channel: Channel;
  role: Role;
  key: Bytes;
  /** The epoch in which the channel was opened, where that is not the first. */
  epoch?: number;
};

/** Seals what one side sends on one channel. Takes over `key`. */
export class RecordSealer {
  readonly #channel: Channel;
  readonly #role: Role;
  #chain: Chain;
  #epoch: number;
  #markerDue = false;
  #sent = 0;
  #queue: Promise<unknown> = Promise.resolve();
  /**
   * All zero between two records. Bulk uses one buffer for all of them: taking 64 KiB anew costs as much as sealing
   * them.
   */
  readonly #bulkInner: Bytes;

  constructor({ channel, role, key, epoch = 0 }: ChainSetup) {
    this.#channel = channel;
    this.#role = role;
    this.#epoch = epoch;
    this.#chain = new Chain(key);
    this.#bulkInner = new Uint8Array(channel === CTL ? 0 : BULK_BUCKET);
  }

  /** Records sealed so far on this PeerConnection: what BYE reports. */
  get sent(): number {
    return this.#sent;
  }

  /** Records come out in the order of the calls, however many are made at once. */
  seal(frame: FrameParts): Promise<SealedRecord> {
    const sealed = this.#queue.then(() => this.#seal(frame));
    this.#queue = sealed.catch(() => undefined); // because the caller has the failure; the queue only keeps order
    return sealed;
  }

  /** The next record must be this side's marker, under the first key of `key`'s chain. Takes over `key`. */
  beginEpoch(key: Bytes): void {
    this.#chain.wipe();
    this.#chain = new Chain(key);
    this.#epoch += 1;
    this.#markerDue = true;
  }

  wipe(): void {
    this.#chain.wipe();
  }

  async #seal({ type, body, rest }: FrameParts): Promise<SealedRecord> {
    if (isMarker(type, this.#channel, this.#role) !== this.#markerDue) {
      throw new NullroomError("E_RECORD_EPOCH", "a marker begins each epoch and stands nowhere else");
    }
    const length = body.length + (rest?.length ?? 0);
    const inner = this.#channel === CTL ? new Uint8Array(smallestBucket(length)) : this.#bulkInner;
    const header = concat(u8(VERSION), u8(this.#channel), u16(this.#epoch), u64(this.#sent));
    const key = await this.#chain.next("encrypt");
    inner.set(concat(u8(type), u32(length), body));
    if (rest) inner.set(rest, INNER_OVERHEAD + body.length);
    const sealed = await sealAead(key, { nonce: header, aad: header }, inner).finally(() => wipe(inner));
    this.#markerDue = false;
    this.#sent += 1;
    return concat(header, sealed) as SealedRecord;
  }
}

/** Opens what the other side sends on one channel. Takes over `key`. Any throw ends the session. */
export class RecordOpener {
  readonly #channel: Channel;
  readonly #role: Role;
  #chain: Chain;
  #next: Chain | undefined;
  #epoch: number;
  #received = 0;

  /** @param setup.role - the role of the sender, which is the other side */
  constructor({ channel, role, key, epoch = 0 }: ChainSetup) {
    this.#channel = channel;
    this.#role = role;
    this.#epoch = epoch;
    this.#chain = new Chain(key);
  }

  get received(): number {
    return this.#received;
  }

  /** The next epoch may begin from now on, by its marker. Takes over `key`. */
  expectEpoch(key: Bytes): void {
    this.#next?.wipe();
    this.#next = new Chain(key);
  }

  /**
   * Open one record, one at a time, in the order of arrival.
   * @throws "E_RECORD_PAD", "E_RECORD_AUTH", "E_RECORD_EPOCH", "E_RECORD_SEQ": spec/4-frames.md §4
   */
  async open(record: Bytes): Promise<FrameBytes> {
    const bucket = record.length - HEADER_BYTES - TAG_BYTES;
    const fits = this.#channel === CTL ? BUCKETS.some((size) => size === bucket) : bucket === BULK_BUCKET;
    if (!fits) throw new NullroomError("E_RECORD_PAD", "a size that is no bucket");
    const header = record.subarray(0, HEADER_BYTES);
    const begins = this.#readHeader(header);
    const chain = begins ? this.#next : this.#chain;
    if (chain === undefined) throw new NullroomError("E_RECORD_EPOCH", "no keys for this epoch");
    const key = await chain.next("decrypt");
    const envelope = { nonce: header, aad: header };
    const inner = await openAead(key, envelope, record.subarray(HEADER_BYTES), "E_RECORD_AUTH");
    const frame = this.#unpad(inner);
    if (isMarker(frame.type, this.#channel, this.#role) !== begins) {
      throw new NullroomError("E_RECORD_EPOCH", "a marker begins each epoch and stands nowhere else");
    }
    if (begins) this.#enterEpoch(chain);
    this.#received += 1;
    return frame;
  }

  wipe(): void {
    this.#chain.wipe();
    this.#next?.wipe();
  }

  /** Whether this record claims to begin the next epoch. */
  #readHeader(header: Bytes): boolean {
    const reader = new ByteReader(header, "E_RECORD_SEQ");
    if (reader.u8() !== VERSION || reader.u8() !== this.#channel) {
      throw new NullroomError("E_RECORD_AUTH", "another version or channel");
    }
    const epoch = reader.u16();
    const begins = epoch === this.#epoch + 1 && this.#next !== undefined;
    if (epoch !== this.#epoch && !begins) throw new NullroomError("E_RECORD_EPOCH", "another epoch");
    if (reader.u64() !== this.#received) throw new NullroomError("E_RECORD_SEQ", "not the next record");
    return begins;
  }

  #enterEpoch(chain: Chain): void {
    this.#chain.wipe();
    this.#chain = chain;
    this.#next = undefined;
    this.#epoch += 1;
  }

  #unpad(inner: Bytes): FrameBytes {
    const reader = new ByteReader(inner, "E_RECORD_PAD");
    const type = reader.u8();
    const body = reader.take(reader.u32());
    if (!isZero(reader.rest())) throw new NullroomError("E_RECORD_PAD", "padding is not zero");
    return { type, body };
  }
}

function smallestBucket(bodyBytes: number): number {
  const bucket = BUCKETS.find((size) => size >= bodyBytes + INNER_OVERHEAD);
  if (bucket === undefined) throw new NullroomError("E_RECORD_PAD", "body beyond the largest bucket");
  return bucket;
}

const MESSAGE = Uint8Array.of(1);
const FOLLOWING = Uint8Array.of(2);
