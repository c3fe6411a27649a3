import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";

/** ML-KEM-768 (FIPS 203), native where the runtime has it, portable where not. Both behind this interface. */
export const EK_BYTES = 1184;
export const CT_BYTES = 1088;
export const KEM_SEED_BYTES = 64;

export interface Kem {
  readonly kind: "native" | "portable";
  /** @param seed - d ‖ z, 64 bytes: for vectors only; else drawn from the runtime's generator. */
  generate(seed?: Bytes): Promise<KemKeyPair>;
  /**
   * @param m - 32 bytes: for vectors only, and only the portable one takes them.
   * @throws "E_HS_KEM" for a key of the wrong length or one that fails the modulus check
   */
  encapsulate(ek: Bytes, m?: Bytes): Promise<Encapsulation>;
}

export type Encapsulation = { ct: Bytes; ss: Bytes };

export interface KemKeyPair {
  readonly ek: Bytes;
  /** Never fails for 1,088 bytes: a changed `ct` gives another secret. @throws "E_HS_KEM" for another length */
  decapsulate(ct: Bytes): Promise<Bytes>;
  wipe(): void;
}

/**
 * FIPS 203 §7.2: an encapsulation key is 1,184 bytes whose first 1,152 are 768 coefficients of 12 bits, each below
 * q. Done here for both implementations, so that none can forget it.
 * @throws "E_HS_KEM"
 */
export function checkEncapsulationKey(ek: Bytes): void {
  if (ek.length !== EK_BYTES) throw new NullroomError("E_HS_KEM", "encapsulation key of the wrong length");
  for (let i = 0; i < COEFFICIENT_BYTES; i += 3) {
    const [a = 0, b = 0, c = 0] = ek.subarray(i, i + 3);
    const low = a | ((b & 15) << 8);
    const high = (b >> 4) | (c << 4);
    if (low >= Q || high >= Q) throw new NullroomError("E_HS_KEM", "coefficient not below the modulus");
  }
}

/** @throws "E_HS_KEM" */
export function checkCiphertext(ct: Bytes): void {
  if (ct.length !== CT_BYTES) throw new NullroomError("E_HS_KEM", "ciphertext of the wrong length");
}

const Q = 3329;
const COEFFICIENT_BYTES = 1152;
