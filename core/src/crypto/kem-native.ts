import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { checkCiphertext, checkEncapsulationKey, type Kem, type KemKeyPair } from "./kem.ts";

/** ML-KEM-768 of Web Crypto (WICG "Modern Algorithms"): private keys never become bytes of ours. */
export const nativeKem: Kem = {
  kind: "native",

  async generate(seed) {
    return seed === undefined ? generatePair() : importPair(seed);
  },

  async encapsulate(ek, m) {
    if (m !== undefined) throw new NullroomError("E_UNSUPPORTED", "the native KEM takes no randomness");
    checkEncapsulationKey(ek);
    try {
      const key = await crypto.subtle.importKey("raw-public", ek, ALGORITHM, false, ["encapsulateBits"]);
      const { ciphertext, sharedKey } = await crypto.subtle.encapsulateBits(ALGORITHM, key);
      return { ct: new Uint8Array(ciphertext), ss: new Uint8Array(sharedKey) };
    } catch (cause) {
      throw new NullroomError("E_HS_KEM", "encapsulation refused", { cause });
    }
  },
};

/** Whether this runtime says that it can do all that is asked of it here. */
export function isSupported(): boolean {
  if (typeof SubtleCrypto === "undefined") return false;
  const supports: unknown = Reflect.get(SubtleCrypto, "supports");
  if (typeof supports !== "function") return false;
  return OPERATIONS.every((operation) => supports.call(SubtleCrypto, operation, ALGORITHM.name) === true);
}

async function generatePair(): Promise<KemKeyPair> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, USAGES);
  return keyPair(pair.privateKey, pair.publicKey);
}

async function importPair(seed: Bytes): Promise<KemKeyPair> {
  const privateKey = await crypto.subtle.importKey("raw-seed", seed, ALGORITHM, false, ["decapsulateBits"]);
  return keyPair(privateKey, await crypto.subtle.getPublicKey(privateKey, ["encapsulateBits"]));
}

async function keyPair(privateKey: CryptoKey, publicKey: CryptoKey): Promise<KemKeyPair> {
  return {
    ek: new Uint8Array(await crypto.subtle.exportKey("raw-public", publicKey)),
    async decapsulate(ct) {
      checkCiphertext(ct);
      return new Uint8Array(await crypto.subtle.decapsulateBits(ALGORITHM, privateKey, ct));
    },
    // There are no bytes to fill: the key lives in the runtime and goes with this object.
    wipe: () => undefined,
  };
}

const ALGORITHM = { name: "ML-KEM-768" };
const USAGES = ["encapsulateBits", "decapsulateBits"] as const;
const OPERATIONS = ["generateKey", "encapsulateBits", "decapsulateBits"];

/** What lib.dom does not know yet. */
declare global {
  interface SubtleCrypto {
    generateKey(algorithm: Algorithm, extractable: boolean, usages: KemUsages): Promise<CryptoKeyPair>;
    importKey(
      format: "raw-public" | "raw-seed",
      data: Bytes,
      algorithm: Algorithm,
      extractable: boolean,
      usages: KemUsages,
    ): Promise<CryptoKey>;
    exportKey(format: "raw-public", key: CryptoKey): Promise<ArrayBuffer>;
    getPublicKey(key: CryptoKey, usages: KemUsages): Promise<CryptoKey>;
    encapsulateBits(
      algorithm: Algorithm,
      key: CryptoKey,
    ): Promise<{ ciphertext: ArrayBuffer; sharedKey: ArrayBuffer }>;
    decapsulateBits(algorithm: Algorithm, key: CryptoKey, ciphertext: Bytes): Promise<ArrayBuffer>;
  }
}

type KemUsages = readonly ("encapsulateBits" | "decapsulateBits")[];
