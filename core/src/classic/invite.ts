import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { fromBase64Url, parseJson, readObject, readString, toBase64Url } from "../wire/read.ts";
import { fromBase64, toBase64 } from "./base64.ts";

/** Classic's fragment: standard base64 of a JSON Web Key. See spec/classic.md, "Invite". */
export const LINK_KEY_BYTES = 32;

export function makeLinkKey(): Bytes {
  return crypto.getRandomValues(new Uint8Array(LINK_KEY_BYTES));
}

export function formatFragment(key: Bytes): string {
  // The order and the two optional fields are those of `exportKey("jwk")`, byte for byte what browsers wrote.
  const jwk = { alg: "A256GCM", ext: true, k: toBase64Url(key), key_ops: ["encrypt", "decrypt"], kty: "oct" };
  return toBase64(new TextEncoder().encode(JSON.stringify(jwk)));
}

/** @throws "E_LINK_FORMAT", and nothing else */
export function parseFragment(fragment: string): Bytes {
  try {
    return readKey(fragment);
  } catch (cause) {
    throw new NullroomError("E_LINK_FORMAT", "not a classic fragment", { cause });
  }
}

function readKey(fragment: string): Bytes {
  // Some programs that pass links on write `=` as an escape, or cut it off; both still name one key.
  const text = fragment.replaceAll(/%3D/gi, "").replaceAll("=", "");
  const padded = text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  const json = new TextDecoder("utf-8", { fatal: true }).decode(fromBase64(padded));
  const jwk = readObject(parseJson(json, "link key"), "link key");
  if (readString(jwk, "kty") !== "oct" || readString(jwk, "alg") !== "A256GCM") {
    throw new NullroomError("E_LINK_FORMAT", "not a key for AES-256-GCM");
  }
  const key = fromBase64Url(readString(jwk, "k"));
  if (key.length !== LINK_KEY_BYTES) throw new NullroomError("E_LINK_FORMAT", "the key is not 32 bytes");
  return key;
}
