import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { randomBytes, wipe } from "./bytes.ts";
import { checkCiphertext, checkEncapsulationKey, KEM_SEED_BYTES, type Kem, type KemKeyPair } from "./kem.ts";

/** ML-KEM-768 in plain JavaScript, for runtimes without a native one. Imported only by `kem-load.ts`. */
export const portableKem: Kem = {
  kind: "portable",

  async generate(given) {
    const seed = given ?? randomBytes(KEM_SEED_BYTES);
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    if (given === undefined) wipe(seed);
    return new PortableKeyPair(new Uint8Array(publicKey), secretKey);
  },

  async encapsulate(ek, given) {
    checkEncapsulationKey(ek);
    const m = given ?? randomBytes(32);
    try {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(ek, m);
      const encapsulation = { ct: new Uint8Array(cipherText), ss: new Uint8Array(sharedSecret) };
      wipe(sharedSecret);
      return encapsulation;
    } catch (cause) {
      throw new NullroomError("E_HS_KEM", "encapsulation refused", { cause });
    } finally {
      if (given === undefined) wipe(m);
    }
  },
};

class PortableKeyPair implements KemKeyPair {
  readonly ek: Bytes;
  readonly #secretKey: Uint8Array;

  constructor(ek: Bytes, secretKey: Uint8Array) {
    this.ek = ek;
    this.#secretKey = secretKey;
  }

  async decapsulate(ct: Bytes): Promise<Bytes> {
    checkCiphertext(ct);
    const secret = ml_kem768.decapsulate(ct, this.#secretKey);
    const ss = new Uint8Array(secret);
    wipe(secret);
    return ss;
  }

  wipe(): void {
    wipe(this.#secretKey);
  }
}
