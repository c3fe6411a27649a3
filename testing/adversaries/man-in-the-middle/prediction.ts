import { createHash, createHmac, randomFillSync } from "node:crypto";
import type { Bytes } from "../../../core/src/brand.ts";
import { concat, u8, u32 } from "../../../core/src/wire/binary.ts";

/**
 * The length of the safety words. This file computes them from spec/3-session.md §3 and §5, synchronously and without the
 * code under test, as an attacker who tries many does. If it were wrong, the planted attacks would not succeed.
 */
export const SAS_BITS = 30;

export type Messages = { hs1: Bytes; hs2: Bytes; hs3: Bytes };

/** The first `bits` of the 30. */
export function predict(room: Bytes, { hs1, hs2, hs3 }: Messages, bits: number): number {
  const th0 = sha256(LABEL, u8(1), u8(0), room);
  const th3 = [hs1, hs2, hs3].reduce((th, said) => sha256(th, u32(said.length), said), th0);
  return createHmac("sha256", th3).update("nr2 sas\u0001").digest().readUInt32BE(0) >>> (32 - bits);
}

/** An HS1 that commits to `share`. */
export function hs1For(room: Bytes, hsid: Bytes, share: Bytes): Bytes {
  return concat(u8(1), u8(1), u8(0), hsid, sha256(COMMIT, room, hsid, share));
}

export function hs2For(hsid: Bytes, share: Bytes): Bytes {
  return concat(u8(2), hsid, share);
}

export function hs3For(hsid: Bytes, share: Bytes): Bytes {
  return concat(u8(3), hsid, share);
}

/** What follows type and attempt in HS2 and HS3. */
export function shareIn(message: Bytes): Bytes {
  return message.slice(17);
}

/** A nonce that fits, or the last one after sixteen times as many tries as are needed on average. */
export function grind(bits: number, fits: (nonce: Bytes) => boolean): Bytes {
  const nonce = new Uint8Array(32);
  for (let tries = 16 * 2 ** bits; tries > 0; tries--) {
    randomFillSync(nonce);
    if (fits(nonce)) break;
  }
  return nonce;
}

function sha256(...parts: readonly Uint8Array[]): Bytes {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

const LABEL = new TextEncoder().encode("nr2 transcript");
const COMMIT = new TextEncoder().encode("nr2 commit");
