import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";

/**
 * Readers for unknown JSON. Each returns what its type says or throws "E_MALFORMED", whose detail names the key and
 * never the value.
 */
export type JsonObject = { readonly [key: string]: unknown };

export function parseJson(text: string, at: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NullroomError("E_MALFORMED", `${at} is not JSON`, { cause });
  }
}

export function readObject(value: unknown, at: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new NullroomError("E_MALFORMED", `${at} is not an object`);
}

export function readString(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value === "string") return value;
  throw new NullroomError("E_MALFORMED", `${key} is not a string`);
}

export function readBoolean(object: JsonObject, key: string): boolean {
  const value = object[key];
  if (typeof value === "boolean") return value;
  throw new NullroomError("E_MALFORMED", `${key} is not a boolean`);
}

/** A whole number within [min, max]; max defaults to 2^53 − 1. */
export function readInteger(
  object: JsonObject,
  key: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): number {
  const value = object[key];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new NullroomError("E_MALFORMED", `${key} is not a whole number within its bounds`);
}

/** Refuse keys beyond `allowed`: for bodies where a surplus key would be a second meaning. */
export function readExactKeys(object: JsonObject, allowed: readonly string[]): void {
  for (const key of Object.keys(object)) {
    if (!allowed.includes(key)) throw new NullroomError("E_MALFORMED", "unknown key");
  }
}

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** base64url without padding, straight from bytes: no intermediate string of the bytes themselves. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const left = bytes.length - i;
    text += BASE64URL.charAt(a >> 2) + BASE64URL.charAt(((a & 3) << 4) | (b >> 4));
    if (left > 1) text += BASE64URL.charAt(((b & 15) << 2) | (c >> 6));
    if (left > 2) text += BASE64URL.charAt(c & 63);
  }
  return text;
}

const DIGIT = new Int8Array(128).fill(-1);
for (let i = 0; i < BASE64URL.length; i++) DIGIT[BASE64URL.charCodeAt(i)] = i;

/** Canonical base64url only: no padding, no other alphabet, no stray bits. @throws "E_MALFORMED" */
export function fromBase64Url(text: string): Bytes {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  if (text.length % 4 === 1) throw new NullroomError("E_MALFORMED", "base64url of impossible length");
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = DIGIT[text.charCodeAt(i)] ?? -1;
    if (digit < 0) throw new NullroomError("E_MALFORMED", "not base64url");
    held = (held << 6) | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  if (held !== 0) throw new NullroomError("E_MALFORMED", "base64url is not canonical");
  return bytes;
}

/** A base64url field of exactly `length` bytes. @throws "E_MALFORMED" */
export function readBytes(object: JsonObject, key: string, length: number): Bytes {
  const bytes = fromBase64Url(readString(object, key));
  if (bytes.length !== length) throw new NullroomError("E_MALFORMED", `${key} is not ${length} bytes`);
  return bytes;
}
