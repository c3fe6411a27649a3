import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";

/**
 * Classic's bytes, written a second time from spec/classic.md alone. Nothing here may come from core, or the two would
 * agree on a mistake.
 */
const IV = 12;
const TAG = 16;
export const CHUNK = 65_536;

export function seal(key: Uint8Array, plaintext: Uint8Array): Buffer {
  const iv = randomBytes(IV);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @throws where the frame is not what was sealed */
export function open(key: Uint8Array, frame: Uint8Array): Buffer {
  const bytes = Buffer.from(frame);
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  return Buffer.concat([decipher.update(bytes.subarray(IV, bytes.length - TAG)), decipher.final()]);
}

export function makeFragment(key: Uint8Array): string {
  const k = Buffer.from(key).toString("base64url");
  const jwk = { alg: "A256GCM", ext: true, k, key_ops: ["encrypt", "decrypt"], kty: "oct" };
  return Buffer.from(JSON.stringify(jwk)).toString("base64");
}

export function readFragment(fragment: string): Buffer {
  const jwk = JSON.parse(Buffer.from(fragment, "base64").toString());
  if (jwk.kty !== "oct" || jwk.alg !== "A256GCM") throw new Error("not a classic key");
  const key = Buffer.from(jwk.k, "base64url");
  if (key.length !== 32) throw new Error("not a key of 32 bytes");
  return key;
}

const RESPONDER = "nullroom-pq-confirm-responder";
const INITIATOR = "nullroom-pq-confirm-initiator";

function mac(secret: Uint8Array, label: string): Buffer {
  return createHmac("sha256", secret).update(label).digest();
}

function check(secret: Uint8Array, label: string, given: string): void {
  const mine = mac(secret, label);
  const theirs = Buffer.from(given, "base64");
  if (theirs.length !== mine.length || !timingSafeEqual(theirs, mine)) throw new Error("not confirmed");
}

function mix(linkKey: Uint8Array, secret: Uint8Array): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, linkKey, "nullroom-hybrid-v1", 32));
}

type Say = (message: object) => void;

/** The initiator's half of the key upgrade. It sends at once, and again when the answer has come. */
export function upgradeAsInitiator(linkKey: Uint8Array, say: Say) {
  const { publicKey, secretKey } = ml_kem768.keygen();
  say({ type: "pq-pubkey", data: Buffer.from(publicKey).toString("base64") });
  return (message: { type: string; data: string; confirm?: string }): Buffer | undefined => {
    if (message.type !== "pq-encap") throw new Error(`did not expect ${message.type}`);
    const secret = ml_kem768.decapsulate(new Uint8Array(Buffer.from(message.data, "base64")), secretKey);
    check(secret, RESPONDER, message.confirm ?? "");
    say({ type: "pq-confirm", data: mac(secret, INITIATOR).toString("base64") });
    return mix(linkKey, secret);
  };
}

/** The responder's half. The confirmation in the second message is checked before the key is used. */
export function upgradeAsResponder(linkKey: Uint8Array, say: Say) {
  let secret: Uint8Array | undefined;
  return (message: { type: string; data: string }): Buffer | undefined => {
    if (message.type === "pq-pubkey" && !secret) {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(
        new Uint8Array(Buffer.from(message.data, "base64")),
      );
      secret = sharedSecret;
      const data = Buffer.from(cipherText).toString("base64");
      say({ type: "pq-encap", data, confirm: mac(secret, RESPONDER).toString("base64") });
      return undefined;
    }
    if (message.type !== "pq-confirm" || !secret) throw new Error(`did not expect ${message.type}`);
    check(secret, INITIATOR, message.data);
    return mix(linkKey, secret);
  };
}
