import { sha256 } from "@noble/hashes/sha2.js";
import type { Bytes } from "../brand.ts";

/**
 * SHA-256 of a file as it passes by. Web Crypto hashes only what lies in memory whole, so this is a library's;
 * about 0.5 ms for 64 KiB, which is why a worker is the better place. It guards against our own mistakes and
 * against disks: attackers meet the AEAD first.
 */
export class FileHasher {
  readonly #hash = sha256.create();

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  /** Once, after the last chunk. */
  digest(): Bytes {
    return new Uint8Array(this.#hash.digest());
  }
}
