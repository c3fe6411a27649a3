import { type Bytes, otherSeat } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { ascii, ByteReader, concat, decodeUtf8, encodeUtf8, u32, u64 } from "../wire/binary.ts";
import { importAeadKey, NONCE_BYTES, openAead, sealAead, TAG_BYTES } from "./aead.ts";
import { isZero, randomBytes, wipe } from "./bytes.ts";
import { expand, extractPsk, type Label, type PskKind, type Role } from "./keys.ts";

/** Sealed signaling, spec/4-frames.md §1, is all that the server ever relays. Each direction has a key of its own. */

/** Every phase-0 blob is this long, whichever message it holds. */
export const PHASE0_BLOB_BYTES = 1567;

const VERSION = 2;
const PHASE0_PADDED = 1536;
const PHASE1_PADDED = [1024, 4096, 16384] as const;
const HEADER_BYTES = 3;
const SEQ_BYTES = 8;

/** The phase that a blob claims, which is authenticated when the blob is opened. @throws "E_SEAL" */
export function blobPhase(blob: Bytes): 0 | 1 {
  const [version, phase] = blob;
  if (version === VERSION && (phase === 0 || phase === 1)) return phase;
  throw new NullroomError("E_SEAL", "no blob of this version");
}

export type Phase0Context = { psk: Bytes; kind: PskKind; room: Bytes; role: Role };

/** The two phase-0 keys of one PSK, as bytes: `HandshakeSeal` imports and wipes them. */
export async function derivePhase0Key(p0: Bytes, label: Label, context: Phase0Context): Promise<Bytes> {
  return expand(p0, label, Uint8Array.of(context.kind), context.room);
}

/** Phase 0 seals and opens handshake messages under one PSK. The keys are gone with this object. */
export class HandshakeSeal {
  readonly kind: PskKind;
  readonly #room: Bytes;
  readonly #role: Role;
  readonly #own: CryptoKey;
  readonly #peer: CryptoKey;

  /** `context.psk` stays the caller's; `role` is one's own. */
  static async create(context: Phase0Context): Promise<HandshakeSeal> {
    const p0 = await extractPsk(context.psk);
    const labels = byRole<Label>(context.role, "nr2 seal hs I", "nr2 seal hs R");
    const own = await derivePhase0Key(p0, labels.own, context);
    const peer = await derivePhase0Key(p0, labels.peer, context);
    const seal = new HandshakeSeal(
      context,
      await importAeadKey(own, "encrypt"),
      await importAeadKey(peer, "decrypt"),
    );
    wipe(p0, own, peer);
    return seal;
  }

  private constructor({ kind, room, role }: Phase0Context, own: CryptoKey, peer: CryptoKey) {
    this.kind = kind;
    this.#room = room;
    this.#role = role;
    this.#own = own;
    this.#peer = peer;
  }

  async seal(message: Bytes, nonce: Bytes = randomBytes(NONCE_BYTES)): Promise<Bytes> {
    const header = headerOf(0, this.#role);
    const padded = pad(message, PHASE0_PADDED);
    const sealed = await sealAead(this.#own, { nonce, aad: signalAad(this.#room, header) }, padded);
    wipe(padded);
    return concat(header, nonce, sealed);
  }

  /** @throws "E_SEAL", also for a blob of this side's own role */
  async open(blob: Bytes): Promise<Bytes> {
    const header = readHeader(blob, 0, otherSeat(this.#role));
    if (blob.length !== PHASE0_BLOB_BYTES) throw new NullroomError("E_SEAL", "wrong size");
    const nonce = blob.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
    const sealed = blob.subarray(HEADER_BYTES + NONCE_BYTES);
    const aad = signalAad(this.#room, header);
    return unpad(await openAead(this.#peer, { nonce, aad }, sealed, "E_SEAL"));
  }
}

export type Phase1Context = { sealI: Bytes; sealR: Bytes; room: Bytes; role: Role };

/** Phase 1 seals SDP and candidates under keys that only the two ends of one handshake have. */
export class SignalSeal {
  readonly #room: Bytes;
  readonly #role: Role;
  readonly #own: CryptoKey;
  readonly #peer: CryptoKey;
  #sent = 0;
  #expected = 0;
  #queue: Promise<unknown> = Promise.resolve();

  /** Wipes the two keys that it is given: from here on they exist only inside the runtime. */
  static async create(context: Phase1Context): Promise<SignalSeal> {
    const keys = byRole(context.role, context.sealI, context.sealR);
    const own = await importAeadKey(keys.own, "encrypt");
    const peer = await importAeadKey(keys.peer, "decrypt");
    wipe(context.sealI, context.sealR);
    return new SignalSeal(context, own, peer);
  }

  private constructor({ room, role }: Phase1Context, own: CryptoKey, peer: CryptoKey) {
    this.#room = room;
    this.#role = role;
    this.#own = own;
    this.#peer = peer;
  }

  /**
   * Blobs come out in the order of the calls, however many are made at once: a large one takes longer to seal.
   * @throws "E_SEAL" for a body above 16,380 bytes, which no honest one is
   */
  seal(json: string): Promise<Bytes> {
    const sealed = this.#queue.then(async () => {
      const blob = await this.#seal(json, this.#sent);
      this.#sent += 1;
      return blob;
    });
    this.#queue = sealed.catch(() => undefined); // because the caller has the failure; the queue only keeps order
    return sealed;
  }

  /**
   * Seal a goodbye ahead of time, under the number above all others, so that nothing can follow it. Once per handshake.
   */
  sealLast(json: string): Promise<Bytes> {
    return this.#seal(json, Number.MAX_SAFE_INTEGER);
  }

  /**
   * @param order - "strict" until the session is secure: every number, in order. "rising" from then on, since the
   *   relay loses what is sent while a socket is away.
   * @throws "E_SEAL" when it does not open, "E_SIGNAL_SEQ" when it opens and is not the next
   */
  async open(blob: Bytes, order: "strict" | "rising"): Promise<string> {
    const header = readHeader(blob, 1, otherSeat(this.#role));
    const overhead = HEADER_BYTES + SEQ_BYTES + TAG_BYTES;
    if (!PHASE1_PADDED.some((size) => blob.length === size + overhead)) {
      throw new NullroomError("E_SEAL", "wrong size");
    }
    const seqBytes = blob.subarray(HEADER_BYTES, HEADER_BYTES + SEQ_BYTES);
    const seq = new ByteReader(seqBytes, "E_SEAL").u64();
    const envelope = { nonce: concat(u32(0), seqBytes), aad: signalAad(this.#room, header, seqBytes) };
    const padded = await openAead(this.#peer, envelope, blob.subarray(HEADER_BYTES + SEQ_BYTES), "E_SEAL");
    const fits = order === "strict" ? seq === this.#expected : seq >= this.#expected;
    if (!fits) throw new NullroomError("E_SIGNAL_SEQ", "not the next signal");
    this.#expected = seq + 1;
    return decodeUtf8(unpad(padded), "E_SEAL");
  }

  async #seal(json: string, number: number): Promise<Bytes> {
    const body = encodeUtf8(json);
    const size = PHASE1_PADDED.find((bytes) => bytes >= body.length + 4);
    if (size === undefined) throw new NullroomError("E_SEAL", "body too large");
    const seq = u64(number);
    const header = headerOf(1, this.#role);
    const envelope = { nonce: concat(u32(0), seq), aad: signalAad(this.#room, header, seq) };
    return concat(header, seq, await sealAead(this.#own, envelope, pad(body, size)));
  }
}

function byRole<T>(role: Role, ofI: T, ofR: T): { own: T; peer: T } {
  return role === 0 ? { own: ofI, peer: ofR } : { own: ofR, peer: ofI };
}

function headerOf(phase: 0 | 1, role: Role): Bytes {
  return Uint8Array.of(VERSION, phase, role);
}

/** The role byte must be the sender's, so a reflected blob of this side's own is refused before any key is used. */
function readHeader(blob: Bytes, phase: 0 | 1, sender: Role): Bytes {
  if (blobPhase(blob) !== phase) throw new NullroomError("E_SEAL", "another phase");
  if (blob[2] !== sender) throw new NullroomError("E_SEAL", "not the other side's");
  return blob.subarray(0, HEADER_BYTES);
}

function signalAad(room: Bytes, header: Bytes, seq: Bytes = new Uint8Array()): Bytes {
  return concat(ascii("nr2 sig"), room, header, seq);
}

/** `pad(m, n)` of spec/README.md. */
function pad(message: Bytes, size: number): Bytes {
  const padded = new Uint8Array(size);
  padded.set(u32(message.length));
  padded.set(message, 4);
  return padded;
}

/** A view into `padded`. @throws "E_SEAL" */
function unpad(padded: Bytes): Bytes {
  const reader = new ByteReader(padded, "E_SEAL");
  const message = reader.take(reader.u32());
  if (!isZero(reader.rest())) throw new NullroomError("E_SEAL", "padding is not zero");
  return message;
}
