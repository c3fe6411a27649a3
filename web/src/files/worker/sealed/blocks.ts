import type { Bytes } from "@nullroom/core/brand";

/** The plain bytes of every block but the last: enough that sealing is cheap, and few enough to hold several. */
export const BLOCK_BYTES = 256 * 1024;
export const TAG_BYTES = 16;
/** The bytes that a full block takes on the disk, sealed. */
export const STRIDE_BYTES = BLOCK_BYTES + TAG_BYTES;

/** The bytes on the disk of a file of `size` bytes. The empty file has a block too, which proves that it is empty. */
export function sealedSize(size: number): number {
  return size + Math.max(1, Math.ceil(size / BLOCK_BYTES)) * TAG_BYTES;
}

const NONCE_BYTES = 12;
const LABEL = new TextEncoder().encode("nullroom sealed file 1");

/** The position of a block in its file. The seal covers it, so that no block can be swapped, cut off or appended. */
export type BlockPosition = { readonly index: number; readonly length: number; readonly last: boolean };

/**
 * AES-256-GCM with a key that was generated for one file and exists only in this worker's memory: once the tab is gone
 * the bytes on the disk are noise. The nonce is the block's index, and no index is sealed twice.
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

  async seal(plain: Bytes, position: BlockPosition): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.encrypt(parameters(position), this.#key, plain));
  }

  /** @throws DOMException "OperationError" for anything but this block of this file */
  async open(sealed: Bytes, position: BlockPosition): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.decrypt(parameters(position), this.#key, sealed));
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
