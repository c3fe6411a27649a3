import type { Bytes, Seat } from "../brand.ts";
import { ascii, concat } from "../wire/binary.ts";

/** `H`, `HMAC`, `Ext` and `Exp` of spec/README.md over Web Crypto, and every label that is ever expanded. */

/** Role 0 is the initiator (I in formulas), role 1 the responder (R). In every room the seat decides. */
export type Role = Seat;

/** Which secret keys a handshake: 0 is the link secret, 1 the resume secret of a running session. */
export type PskKind = 0 | 1;

/** The length of every hash, extract and expand. */
export const KEY_BYTES = 32;

/** The list of labels is closed, so that no two uses can share one by accident. */
export type Label =
  | "nr2 admit"
  | "nr2 seal hs I"
  | "nr2 seal hs R"
  | "nr2 master"
  | "nr2 confirm I"
  | "nr2 confirm R"
  | "nr2 seal sig I"
  | "nr2 seal sig R"
  | "nr2 sas"
  | "nr2 record"
  | "nr2 chain"
  | "nr2 rekey key"
  | "nr2 resume";

export async function hash(...parts: readonly Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

export async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  const [tag] = await hmacs(key, [data]);
  return tag;
}

/** One tag for each of `data`, under one key. */
export async function hmacs<const Data extends readonly Bytes[]>(
  key: Bytes,
  data: Data,
): Promise<Tags<Data>> {
  const imported = await crypto.subtle.importKey("raw", key, HMAC_SHA_256, false, ["sign"]);
  const tags = data.map(async (each) => new Uint8Array(await crypto.subtle.sign("HMAC", imported, each)));
  return (await Promise.all(tags)) as Tags<Data>;
}

type Tags<Data extends readonly Bytes[]> = { [At in keyof Data]: Bytes };

/** `Ext(salt, ikm)`: HKDF-Extract. */
export function extract(salt: Bytes, ikm: Bytes): Promise<Bytes> {
  return hmac(salt, ikm);
}

/** `Exp(prk, label, ctx…)`: HKDF-Expand to one block of 32 bytes. */
export function expand(prk: Bytes, label: Label, ...context: readonly Uint8Array[]): Promise<Bytes> {
  return hmac(prk, concat(ascii(label), ...context, ONE));
}

/** The salt under which a PSK becomes P0, from which admission and the phase-0 keys come. */
export function extractPsk(psk: Bytes): Promise<Bytes> {
  return extract(ascii("nr2 psk"), psk);
}

const HMAC_SHA_256 = { name: "HMAC", hash: "SHA-256" };
const ONE = Uint8Array.of(1);
