import { randomBytes } from "node:crypto";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import type { Exhibit, WireRecord } from "./exhibit.ts";
import {
  admission,
  chainOf,
  expand,
  extract,
  handshakeKey,
  masterOf,
  messageKeyOf,
  nextChain,
  type PskKind,
  publicOf,
  type RoleByte,
  rootOf,
  seal,
  sha256,
  sharedSecret,
  signalKeys,
  tagOfI,
  tagOfR,
  transcript,
} from "./schedule.ts";

/** Everything that two clients draw at random. */
export type Draws = {
  room: Uint8Array;
  S: Uint8Array;
  hsid: Uint8Array;
  skI: Uint8Array;
  skR: Uint8Array;
  kemSeed: Uint8Array;
  kemM: Uint8Array;
  nI: Uint8Array;
  nR: Uint8Array;
  fpI: Uint8Array;
  fpR: Uint8Array;
  phase0Nonce: Uint8Array;
};

const SIZES: Record<keyof Draws, number> = {
  room: 16,
  S: 32,
  hsid: 16,
  skI: 32,
  skR: 32,
  kemSeed: 64,
  kemM: 32,
  nI: 32,
  nR: 32,
  fpI: 32,
  fpR: 32,
  phase0Nonce: 12,
};

export function draw(): Draws {
  const drawn = Object.entries(SIZES).map(([name, size]) => [name, new Uint8Array(randomBytes(size))]);
  return Object.fromEntries(drawn) as Draws;
}

const PHASE0_PLAINTEXT = 1_536;
const SIGNAL_PLAINTEXT = 1_024;

/**
 * A whole session by both sides at once, from its draws: all messages, all secrets, and the recording that a relay
 * and a wire would keep of it. `psk` and `kind` are the link's unless it is a handshake after a lost connection.
 */
export function simulate(draws: Draws, kind: PskKind = 0) {
  const { room, S, fpI, fpR } = draws;
  const { messages, secrets, th } = shakeHands(draws, kind);
  const [th6 = Buffer.alloc(0)] = th.slice(6);
  const [sI, sR] = signalKeys(secrets.master, th6);
  const rec = expand(secrets.master, "nr2 record", th6);
  const root = rootOf(rec, fpI, fpR);
  const kept = {
    ...secrets,
    sI,
    sR,
    rec,
    root,
    rk: expand(secrets.master, "nr2 rekey key", th6),
    resume: expand(secrets.master, "nr2 resume", th6),
  };
  const chains = ([0, 1] as const).map((role) =>
    ([0, 1] as const).map((channel) => chainOf(root, role, channel)),
  );
  const records = ([0, 1] as const).flatMap((role) =>
    ([0, 1] as const).flatMap((channel) => recordsOf(role, channel, chainOf(root, role, channel))),
  );
  const blobs = [
    ...messages.map((message, index) => sealHandshake(draws, kind, index % 2 === 0 ? 0 : 1, message)),
    ...[0, 1, 2].map((seq) => sealSignal(room, 0, seq, sI, '{"t":"end"}')),
    ...[0, 1].map((seq) => sealSignal(room, 1, seq, sR, '{"t":"end"}')),
  ];
  const exhibit: Exhibit = { room, link: S, blobs, records, fingerprints: [{ I: fpI, R: fpR }] };
  return { messages, th, kept, chains, exhibit, admit: admission(S) };
}

function shakeHands({ room, S, hsid, skI, skR, kemSeed, kemM, nI, nR }: Draws, kind: PskKind) {
  const [pkI, pkR] = [publicOf(skI), publicOf(skR)];
  const { publicKey: ekI, secretKey: dkI } = ml_kem768.keygen(kemSeed);
  const { cipherText: ct, sharedSecret: ss } = ml_kem768.encapsulate(ekI, kemM);
  const dh = sharedSecret(skI, pkR);
  const commit = sha256("nr2 commit", room, hsid, pkI, ekI, nI);
  const hs1 = Buffer.concat([Uint8Array.of(1, 1, kind), hsid, commit]);
  const hs2 = Buffer.concat([Uint8Array.of(2), hsid, pkR, nR]);
  const hs3 = Buffer.concat([Uint8Array.of(3), hsid, pkI, ekI, nI]);
  const untagged = Buffer.concat([Uint8Array.of(4), hsid, ct]);
  const [th0 = S, , , , th4 = S] = transcript(room, kind, [
    hs1,
    hs2,
    hs3,
    Buffer.concat([untagged, Buffer.alloc(32)]),
  ]);
  const k0 = extract(th0, S);
  const k1 = extract(k0, Buffer.concat([dh, ss]));
  const master = masterOf(k1, th4);
  const tagR = tagOfR(master, th4);
  const hs4 = Buffer.concat([untagged, tagR]);
  const [th5 = S] = transcript(room, kind, [hs1, hs2, hs3, hs4]).slice(5);
  const hs5 = Buffer.concat([Uint8Array.of(5), hsid, tagOfI(master, th5)]);
  const messages = [hs1, hs2, hs3, hs4, hs5];
  return {
    messages,
    th: transcript(room, kind, messages),
    secrets: { dkI: new Uint8Array(dkI), dh, ss: new Uint8Array(ss), k0, k1, master },
  };
}

function padded(message: Uint8Array, size: number): Buffer {
  const buffer = Buffer.alloc(size);
  buffer.writeUInt32BE(message.length);
  buffer.set(message, 4);
  return buffer;
}

export function sealHandshake(
  { room, S, phase0Nonce }: Draws,
  kind: PskKind,
  role: RoleByte,
  message: Uint8Array,
): Buffer {
  const header = Uint8Array.of(2, 0, role);
  const key = handshakeKey(S, role, kind, room);
  const aad = Buffer.concat([Buffer.from("nr2 sig"), room, header]);
  return Buffer.concat([header, phase0Nonce, seal(key, phase0Nonce, aad, padded(message, PHASE0_PLAINTEXT))]);
}

export function sealSignal(
  room: Uint8Array,
  role: RoleByte,
  seq: number,
  key: Uint8Array,
  json: string,
): Buffer {
  const header = Uint8Array.of(2, 1, role);
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(seq));
  const aad = Buffer.concat([Buffer.from("nr2 sig"), room, header, number]);
  const nonce = Buffer.concat([Buffer.alloc(4), number]);
  return Buffer.concat([header, number, seal(key, nonce, aad, padded(Buffer.from(json), SIGNAL_PLAINTEXT))]);
}

/** The first three of one direction on one channel. */
function recordsOf(from: RoleByte, channel: 0 | 1, first: Uint8Array): WireRecord[] {
  const chain = [first, nextChain(first), nextChain(nextChain(first))];
  return chain.map((key, seq) => ({
    from,
    bytes: sealRecord({ channel, seq }, messageKeyOf(key), 0x10, Buffer.from("hello")),
  }));
}

export function sealRecord(
  { channel, seq, epoch = 0 }: { channel: 0 | 1; seq: number; epoch?: number },
  key: Uint8Array,
  type: number,
  body: Uint8Array = new Uint8Array(),
): Buffer {
  const header = Buffer.alloc(12);
  header.set([2, channel]);
  header.writeUInt16BE(epoch, 2);
  header.writeBigUInt64BE(BigInt(seq), 4);
  const inner = Buffer.alloc(64);
  inner.writeUInt8(type);
  inner.writeUInt32BE(body.length, 1);
  inner.set(body, 5);
  return Buffer.concat([header, seal(key, header, header, inner)]);
}
