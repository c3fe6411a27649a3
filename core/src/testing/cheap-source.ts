import type { Bytes } from "../brand.ts";
import { randomBytes, wipe } from "../crypto/bytes.ts";
import { CT_BYTES, EK_BYTES } from "../crypto/kem.ts";
import { KEY_BYTES } from "../crypto/keys.ts";
import type { HandshakeSource } from "../crypto/source.ts";

/**
 * Two sides that agree as X25519 and ML-KEM do, without their work and without any secrecy: for tests that run an exchange
 * thousands of times. @param keep - is given every secret, to see what becomes of it
 */
export function cheapSource(keep: (secret: Bytes) => Bytes): HandshakeSource {
  return {
    randomBytes,
    async generateDh() {
      const publicKey = randomBytes(KEY_BYTES);
      return { publicKey, derive: async (peer) => keep(mixed(publicKey, peer)) };
    },
    kem: {
      kind: "portable",
      async generate() {
        const secret = keep(randomBytes(32));
        const ek = new Uint8Array(EK_BYTES);
        ek.set(secret);
        const decapsulate = async (ct: Bytes) => keep(mixed(secret, ct.subarray(0, 32)));
        return { ek, decapsulate, wipe: () => wipe(secret) };
      },
      async encapsulate(ek) {
        const m = randomBytes(32);
        const ct = new Uint8Array(CT_BYTES);
        ct.set(m);
        return { ct, ss: keep(mixed(ek.subarray(0, 32), m)) };
      },
    },
  };
}

const mixed = (a: Bytes, b: Bytes): Bytes => a.map((byte, i) => byte ^ (b[i] ?? 0));
