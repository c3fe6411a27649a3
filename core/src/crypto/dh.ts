import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { concat } from "../wire/binary.ts";
import { isZero } from "./bytes.ts";

/** X25519 over Web Crypto, which every runtime of the baseline has: there is no second implementation to trust. */
export const DH_KEY_BYTES = 32;

/** One ephemeral pair. The private half cannot be exported and goes with the last reference to this object. */
export interface DhKeyPair {
  readonly publicKey: Bytes;
  /** @throws "E_HS_DH" for a key that cannot be imported or a low-order point, however the engine says so. */
  derive(peerPublicKey: Bytes): Promise<Bytes>;
}

export async function generateDh(): Promise<DhKeyPair> {
  const pair = await crypto.subtle.generateKey(X25519, false, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new NullroomError("E_UNSUPPORTED", "X25519 gave no key pair");
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { publicKey, derive: (peer) => deriveShared(pair.privateKey, peer) };
}

/** A pair with a given private key: for vectors only, since a private key in bytes is a private key that stays. */
export async function importDhForVectors(privateKey: Bytes): Promise<DhKeyPair> {
  const pkcs8 = concat(PKCS8_X25519, privateKey);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, X25519, false, ["deriveBits"]);
  const publicKey = await deriveShared(key, BASE_POINT);
  return { publicKey, derive: (peer) => deriveShared(key, peer) };
}

async function deriveShared(privateKey: CryptoKey, peerPublicKey: Bytes): Promise<Bytes> {
  try {
    const peer = await crypto.subtle.importKey("raw", peerPublicKey, X25519, false, []);
    const bits = await crypto.subtle.deriveBits({ name: "X25519", public: peer }, privateKey, 256);
    const shared = new Uint8Array(bits);
    if (isZero(shared)) throw new NullroomError("E_HS_DH", "all-zero secret");
    return shared;
  } catch (cause) {
    // Engines disagree on the name of this failure (OperationError, DataError); here it has one.
    throw new NullroomError("E_HS_DH", "no shared secret", { cause });
  }
}

const X25519 = { name: "X25519" };
const BASE_POINT = Uint8Array.of(9, ...new Uint8Array(31));

/** PrivateKeyInfo up to the 32 key bytes (RFC 8410): version 0, OID 1.3.101.110, nested octet strings. */
const PKCS8_X25519 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32);
