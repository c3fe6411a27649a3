import { sha256 } from "@noble/hashes/sha2.js";
import type { Bytes } from "../brand.ts";
import { ascii } from "../wire/binary.ts";

/**
 * What a file's hash is made of, spec/5-files.md §4. It guards against mistakes and against disks; the AEAD guards
 * against attackers.
 */
export type Hashing = "whole" | "pieces";

/** A file hasher hashes a file as it passes by, in chunks of any size. */
export interface FileHasher {
  /** Reads `chunk` before it returns. Resolves when more may come, which can be before all of it is hashed. */
  update(chunk: Uint8Array): Promise<void>;
  /** 32 bytes; once, after the last chunk. */
  digest(): Promise<Bytes>;
}

export function hasherOf(hashing: Hashing): FileHasher {
  return hashing === "whole" ? new WholeHasher() : new PiecesHasher();
}

/** SHA-256 of the whole. Web Crypto hashes only what is whole in memory, so this takes a library, which is slow. */
class WholeHasher implements FileHasher {
  readonly #hash = sha256.create();

  async update(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
  }

  async digest(): Promise<Bytes> {
    return new Uint8Array(this.#hash.digest());
  }
}

export const PIECE_BYTES = 1024 * 1024;

/** SHA-256 of the hashes of all pieces, which Web Crypto makes. It is some twenty times as fast. */
class PiecesHasher implements FileHasher {
  readonly #list = sha256.create().update(ascii("nr2 pieces"));
  readonly #piece = new Uint8Array(PIECE_BYTES);
  #filled = 0;
  /** All full pieces so far are in the list. */
  #listed: Promise<void> = Promise.resolve();

  /** At most two pieces are being hashed when it resolves. */
  update(chunk: Uint8Array): Promise<void> {
    const before = this.#listed;
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + PIECE_BYTES - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === PIECE_BYTES) this.#endPiece();
    }
    return before;
  }

  async digest(): Promise<Bytes> {
    if (this.#filled > 0) this.#endPiece();
    await this.#listed;
    return new Uint8Array(this.#list.digest());
  }

  #endPiece(): void {
    const piece = crypto.subtle.digest("SHA-256", this.#piece.subarray(0, this.#filled)); // It is copied by now.
    this.#filled = 0;
    this.#listed = this.#listed.then(async () => {
      this.#list.update(new Uint8Array(await piece));
    });
  }
}
