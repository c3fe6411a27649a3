import type { Bytes } from "../../../core/src/brand.ts";
import { randomBytes } from "../../../core/src/crypto/bytes.ts";
import { type DhKeyPair, generateDh } from "../../../core/src/crypto/dh.ts";
import { HS_NONCE_BYTES, HSID_BYTES } from "../../../core/src/crypto/handshake-messages.ts";
import type { Kem } from "../../../core/src/crypto/kem.ts";
import type { HandshakeSource } from "../../../core/src/crypto/source.ts";
import { concat } from "../../../core/src/wire/binary.ts";

/** One side's secrets for one handshake, drawn before it begins: so one may choose, and a test may betray. */
export class Drawn {
  readonly source: HandshakeSource;
  readonly hsid = randomBytes(HSID_BYTES);
  /** An attacker tries many of these. */
  nonce = randomBytes(HS_NONCE_BYTES);
  /** Public keys, as they stand before the nonce in HS2 or HS3. */
  readonly keys: Bytes;

  static async ofI(kem: Kem): Promise<Drawn> {
    const [dh, pair] = [await generateDh(), await kem.generate()];
    const generate = async () => pair;
    return new Drawn(dh, { ...kem, generate }, concat(dh.publicKey, pair.ek));
  }

  static async ofR(kem: Kem): Promise<Drawn> {
    const dh = await generateDh();
    return new Drawn(dh, kem, dh.publicKey);
  }

  private constructor(dh: DhKeyPair, kem: Kem, keys: Bytes) {
    this.keys = keys;
    this.source = {
      kem,
      generateDh: async () => dh,
      randomBytes: (length) => (length === HSID_BYTES ? this.hsid : this.nonce),
    };
  }

  /** All that this side puts into the safety words: what HS2 or HS3 says after the attempt's id. */
  get share(): Bytes {
    return concat(this.keys, this.nonce);
  }
}
