import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";

/** Classic's frames: iv (12 bytes) ‖ AES-256-GCM ciphertext ‖ tag (16 bytes), nothing bound. See spec/classic.md. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
export const FRAME_OVERHEAD_BYTES = IV_BYTES + TAG_BYTES;

export async function sealFrame(key: CryptoKey, plaintext: Bytes): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plaintext);
  const frame = new Uint8Array(IV_BYTES + sealed.byteLength);
  frame.set(iv);
  frame.set(new Uint8Array(sealed), IV_BYTES);
  return frame;
}

/** @throws "E_RECORD_AUTH" for every cause, because telling causes apart helps only an attacker */
export async function openFrame(key: CryptoKey, frame: Bytes): Promise<Bytes> {
  try {
    const iv = frame.subarray(0, IV_BYTES);
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, frame.subarray(IV_BYTES)),
    );
  } catch (cause) {
    throw new NullroomError("E_RECORD_AUTH", "a frame does not open", { cause });
  }
}

/** A chat text as it travels: base64 of its sealed UTF-8. */
export async function sealText(key: CryptoKey, text: string): Promise<string> {
  return toBase64(await sealFrame(key, new TextEncoder().encode(text)));
}

/** @throws "E_RECORD_AUTH", or "E_RECORD_UTF8" where what was sealed is no text */
export async function openText(key: CryptoKey, frame: string): Promise<string> {
  const plaintext = await openFrame(key, readFrame(frame));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext);
  } catch (cause) {
    throw new NullroomError("E_RECORD_UTF8", "a text is not UTF-8", { cause });
  } finally {
    plaintext.fill(0);
  }
}

function readFrame(text: string): Bytes {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw new NullroomError("E_RECORD_AUTH", "a frame is not base64", { cause });
  }
}
