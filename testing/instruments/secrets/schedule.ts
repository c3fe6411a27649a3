/**
 * The key schedule of spec/3-session.md and spec/4-frames.md, written a second time on node:crypto and without a line
 * of core: code that judges core must not share its mistakes.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from "node:crypto";

export type RoleByte = 0 | 1;
/** What the PSK is: 0 for the link's secret, 1 for a session's resume secret. */
export type PskKind = 0 | 1;
export type Data = Uint8Array | string;

export function sha256(...parts: Data[]): Buffer {
  return parts
    .reduce<ReturnType<typeof createHash>>((hash, part) => hash.update(part), createHash("sha256"))
    .digest();
}

export function hmac(key: Data, ...parts: Data[]): Buffer {
  return parts
    .reduce<ReturnType<typeof createHmac>>((mac, part) => mac.update(part), createHmac("sha256", key))
    .digest();
}

/** HKDF-Extract. */
export function extract(salt: Data, ikm: Uint8Array): Buffer {
  return hmac(salt, ikm);
}

/** HKDF-Expand to 32 bytes, which is one block. */
export function expand(prk: Uint8Array, label: string, ...context: Uint8Array[]): Buffer {
  return hmac(prk, label, ...context, Uint8Array.of(1));
}

/** The key of phase-0 blobs that `role` sends. */
export function handshakeKey(psk: Uint8Array, role: RoleByte, kind: PskKind, room: Uint8Array): Buffer {
  const label = role === 0 ? "nr2 seal hs I" : "nr2 seal hs R";
  return expand(extract("nr2 psk", psk), label, Uint8Array.of(kind), room);
}

export function admission(link: Uint8Array): Buffer {
  return expand(extract("nr2 psk", link), "nr2 admit");
}

const TAG = 32;
const HSID = 16;

/** The transcript hashes th[0] … th[6], as far as there are messages. */
export function transcript(room: Uint8Array, kind: PskKind, messages: readonly Uint8Array[]): Buffer[] {
  const [hs1, hs2, hs3, hs4, hs5] = messages;
  const th = [sha256("nr2 transcript", Uint8Array.of(1), Uint8Array.of(kind), room)];
  const step = (part: Uint8Array | undefined) => {
    const last = th.at(-1);
    if (part === undefined || last === undefined) return;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    th.push(sha256(last, length, part));
  };
  for (const part of [hs1, hs2, hs3, hs4?.subarray(0, -TAG), hs4?.subarray(-TAG), hs5?.subarray(-TAG)])
    step(part);
  return th;
}

/** The fields of HS2, HS3 and HS4, as far as there are messages. */
export function publicParts(messages: readonly Uint8Array[]) {
  const at = (index: number, from: number, length: number) =>
    messages[index]?.subarray(1 + HSID + from, 1 + HSID + from + length);
  return {
    pkR: at(1, 0, 32),
    pkI: at(2, 0, 32),
    ekI: at(2, 32, 1_184),
    ct: at(3, 0, 1_088),
    tagR: at(3, 1_088, TAG),
  };
}

export function masterOf(k1: Uint8Array, th4: Uint8Array): Buffer {
  return expand(k1, "nr2 master", th4);
}

export function tagOfR(master: Uint8Array, th4: Uint8Array): Buffer {
  return hmac(expand(master, "nr2 confirm R"), th4);
}

export function tagOfI(master: Uint8Array, th5: Uint8Array): Buffer {
  return hmac(expand(master, "nr2 confirm I"), th5);
}

/** The keys of phase-1 blobs. */
export function signalKeys(master: Uint8Array, th6: Uint8Array): readonly [Buffer, Buffer] {
  return [expand(master, "nr2 seal sig I", th6), expand(master, "nr2 seal sig R", th6)];
}

export function rootOf(rec: Uint8Array, fpI: Uint8Array, fpR: Uint8Array): Buffer {
  return extract(sha256("nr2 bind", fpI, fpR), rec);
}

export function chainOf(root: Uint8Array, role: RoleByte, channel: 0 | 1): Buffer {
  return expand(root, "nr2 chain", Uint8Array.of(role), Uint8Array.of(channel));
}

export const messageKeyOf = (chain: Uint8Array): Buffer => hmac(chain, Uint8Array.of(1));
export const nextChain = (chain: Uint8Array): Buffer => hmac(chain, Uint8Array.of(2));

/** The secrets of the next epoch, from the old epoch's `rk` and two new shared secrets. */
export function rekeyed(
  rk: Uint8Array,
  secrets: Uint8Array,
  epoch: number,
  body1: Uint8Array,
  body2: Uint8Array,
) {
  const number = Buffer.alloc(2);
  number.writeUInt16BE(epoch);
  const thk = sha256("nr2 rekey", number, sha256(body1), sha256(body2));
  const mix = extract(rk, secrets);
  return {
    thk,
    rec: expand(mix, "nr2 record", thk),
    rk: expand(mix, "nr2 rekey key", thk),
    resume: expand(mix, "nr2 resume", thk),
  };
}

const AEAD = "aes-256-gcm";
const AEAD_TAG = 16;

export type Sealed = { nonce: Uint8Array; aad: Uint8Array; body: Uint8Array };

export function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, text: Uint8Array): Buffer {
  const cipher = createCipheriv(AEAD, key, nonce).setAAD(aad);
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext, or undefined where this is not the key. */
export function unseal(key: Uint8Array, { nonce, aad, body }: Sealed): Buffer | undefined {
  const cipher = createDecipheriv(AEAD, key, nonce).setAAD(aad).setAuthTag(body.subarray(-AEAD_TAG));
  const text = cipher.update(body.subarray(0, -AEAD_TAG));
  try {
    cipher.final();
    return text;
  } catch {
    // because a key that does not fit is the expected answer, thousands of times.
    return undefined;
  }
}

const X25519_PRIVATE = Buffer.from("302e020100300506032b656e04220420", "hex");
const X25519_PUBLIC = Buffer.from("302a300506032b656e032100", "hex");

function privateKey(scalar: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([X25519_PRIVATE, scalar]), format: "der", type: "pkcs8" });
}

export function publicOf(scalar: Uint8Array): Buffer {
  return createPublicKey(privateKey(scalar)).export({ format: "der", type: "spki" }).subarray(-32);
}

export function sharedSecret(scalar: Uint8Array, otherPublic: Uint8Array): Buffer {
  const key = Buffer.concat([X25519_PUBLIC, otherPublic]);
  const publicKey = createPublicKey({ key, format: "der", type: "spki" });
  return diffieHellman({ privateKey: privateKey(scalar), publicKey });
}
