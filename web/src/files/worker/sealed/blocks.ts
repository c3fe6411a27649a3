import type { Bytes } from "@nullroom/core/brand";

/** Plain bytes of every block but the last: large enough that sealing is cheap, small enough to hold many. */
export const BLOCK_BYTES = 256 * 1024;
export const TAG_BYTES = 16;
/** A sealed block on the disk. */
export const STRIDE_BYTES = BLOCK_BYTES + TAG_BYTES;

/** Bytes on the disk of a file of so many; the empty one has a block too, which says that it is empty. */
export function sealedSize(size: number): number {
  return size + Math.max(1, Math.ceil(size / BLOCK_BYTES)) * TAG_BYTES;
}

const NONCE_BYTES = 12;
const LABEL = new TextEncoder().encode("nullroom sealed file 1");

/** Which block of its file this is; bound to it, so that none can be swapped, cut off or put behind. */
export type BlockPosition = { readonly index: number; readonly length: number; readonly last: boolean };

/**
 * AES-256-GCM under a key that was made for one file and exists only in this heap: what lies on the disk is noise
 * as soon as the tab is gone. The nonce is the block's number, which is never sealed twice.
 */
export class BlockCipher {
  readonly #key: CryptoKey;

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  static async create(): Promise<BlockCipher> {
    return new BlockCipher(
      await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]),
    );
  }

  async seal(plain: Bytes, place: BlockPosition): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.encrypt(parameters(place), this.#key, plain));
  }

  /** @throws DOMException "OperationError" for anything but this block of this file */
  async open(sealed: Bytes, place: BlockPosition): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.decrypt(parameters(place), this.#key, sealed));
  }
}

function parameters({ index, length, last }: BlockPosition): AesGcmParams {
  const iv = new Uint8Array(NONCE_BYTES);
  new DataView(iv.buffer).setBigUint64(4, BigInt(index));
  const additionalData = new Uint8Array(LABEL.length + 13);
  additionalData.set(LABEL);
  const view = new DataView(additionalData.buffer, LABEL.length);
  view.setBigUint64(0, BigInt(index));
  view.setUint32(8, length);
  view.setUint8(12, last ? 1 : 0);
  return { name: "AES-GCM", iv, additionalData };
}
