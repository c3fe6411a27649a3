import type { Bytes } from "../brand.ts";
import { importDhForVectors } from "../crypto/dh.ts";
import type { Kem } from "../crypto/kem.ts";
import { loadPortableKem } from "../crypto/kem-load.ts";
import type { HandshakeSource } from "../crypto/source.ts";

/** The randomness of one side of a handshake, fixed: what a vector's `in.` values say. */
export type FixedSecrets = {
  sk: Bytes;
  nonce: Bytes;
  /** The initiator's. */
  hsid?: Bytes;
  kemSeed?: Bytes;
  /** The responder's. */
  kemM?: Bytes;
};

/**
 * Keys and decapsulation come from `kem`. Encapsulation needs fixed randomness, which native implementations do not
 * take: then the portable one encapsulates, and the native one proves itself by opening that.
 */
export async function fixedSource(kem: Kem, fixed: FixedSecrets): Promise<HandshakeSource> {
  const encapsulator = kem.kind === "portable" ? kem : await loadPortableKem();
  return {
    kem: {
      kind: kem.kind,
      generate: () => kem.generate(fixed.kemSeed),
      encapsulate: (ek) => encapsulator.encapsulate(ek, fixed.kemM),
    },
    generateDh: () => importDhForVectors(fixed.sk),
    randomBytes: (length) => (length === 16 ? (fixed.hsid ?? new Uint8Array(16)) : fixed.nonce).slice(),
  };
}
