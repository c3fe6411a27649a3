import type { Bytes } from "../brand.ts";
import { type ErrorCode, NullroomError } from "../errors.ts";

/** AES-256-GCM as spec/README.md's `AEAD`: 12-byte nonce, the 16-byte tag after the ciphertext. */
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

export function importAeadKey(key: Bytes, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, [usage]);
}

export type Envelope = { nonce: Bytes; aad: Bytes };

export async function sealAead(key: CryptoKey, { nonce, aad }: Envelope, message: Bytes): Promise<Bytes> {
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key, message));
}

/** @throws `code` for every cause, because telling causes apart helps only an attacker */
export async function openAead(
  key: CryptoKey,
  { nonce, aad }: Envelope,
  sealed: Bytes,
  code: ErrorCode,
): Promise<Bytes> {
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: aad };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed));
  } catch (cause) {
    throw new NullroomError(code, "does not authenticate", { cause });
  }
}
