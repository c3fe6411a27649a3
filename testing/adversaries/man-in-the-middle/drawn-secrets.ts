import type { Bytes } from "../../../core/src/brand.ts";
import { randomBytes } from "../../../core/src/crypto/bytes.ts";
import { type DhKeyPair, generateDh } from "../../../core/src/crypto/dh.ts";
import { HS_NONCE_BYTES, HSID_BYTES } from "../../../core/src/crypto/handshake-messages.ts";
import type { Kem } from "../../../core/src/crypto/kem.ts";
import type { HandshakeSource } from "../../../core/src/crypto/source.ts";
import { concat } from "../../../core/src/wire/binary.ts";

/** One side's secrets for one handshake. They are drawn before it begins, so that an attacker may choose its own and a test may tell it the other's. */
export class DrawnSecrets {
  readonly source: HandshakeSource;
  readonly hsid = randomBytes(HSID_BYTES);
  /** The nonce. An attacker tries many. */
  nonce = randomBytes(HS_NONCE_BYTES);
  /** The public keys, as they precede the nonce in HS2 or HS3. */
  readonly keys: Bytes;

  static async ofI(kem: Kem): Promise<DrawnSecrets> {
    const [dh, pair] = [await generateDh(), await kem.generate()];
    const generate = async () => pair;
    return new DrawnSecrets(dh, { ...kem, generate }, concat(dh.publicKey, pair.ek));
  }

  static async ofR(kem: Kem): Promise<DrawnSecrets> {
    const dh = await generateDh();
    return new DrawnSecrets(dh, kem, dh.publicKey);
  }

  private constructor(dh: DhKeyPair, kem: Kem, keys: Bytes) {
    this.keys = keys;
    this.source = {
      kem,
      generateDh: async () => dh,
      randomBytes: (length) => (length === HSID_BYTES ? this.hsid : this.nonce),
    };
  }

  /** All that this side contributes to the safety words: what follows the attempt's id in HS2 or HS3. */
  get share(): Bytes {
    return concat(this.keys, this.nonce);
  }
}
