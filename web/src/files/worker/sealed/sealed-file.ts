import type { Bytes } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import { BLOCK_BYTES, type BlockCipher, type BlockPosition, STRIDE_BYTES, TAG_BYTES } from "./blocks.ts";
import type { Disk } from "./disk.ts";

/**
 * One file, sealed block by block on its way to the disk and opened on its way back. Each block is sealed once. A full
 * block is sealed only when a byte follows it, so that the last block is sealed as the last, however the bytes came.
 */
export class SealedFile {
  readonly #disk: Disk;
  readonly #cipher: BlockCipher;
  readonly #open = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #index = 0;
  #size: number | undefined;

  constructor(disk: Disk, cipher: BlockCipher) {
    this.#disk = disk;
    this.#cipher = cipher;
  }

  /** @throws NullroomError "E_FILE_READ" when the disk is full; the file is of no use after that */
  async append(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#filled === BLOCK_BYTES) await this.#seal(false);
      const taken = Math.min(chunk.length - at, BLOCK_BYTES - this.#filled);
      this.#open.set(chunk.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
    }
  }

  /** Seal the last block: no byte follows. @throws NullroomError "E_FILE_READ" */
  async end(): Promise<void> {
    this.#size = this.#index * BLOCK_BYTES + this.#filled;
    await this.#seal(true);
    this.#open.fill(0);
    this.#disk.flush();
  }

  /** All bytes, opened block by block as they are read. The stream fails rather than give a byte that was changed. */
  stream(signal: AbortSignal): ReadableStream<Bytes> {
    const blocks = this.#index;
    let next = 0;
    return new ReadableStream({
      pull: async (controller) => {
        signal.throwIfAborted();
        if (next < blocks) controller.enqueue(await this.#read(next++));
        if (next === blocks) controller.close();
      },
    });
  }

  close(): void {
    this.#open.fill(0);
    this.#disk.close();
  }

  async #seal(last: boolean): Promise<void> {
    const index = this.#index++;
    const plain = this.#open.subarray(0, this.#filled);
    const sealed = await this.#cipher.seal(plain, { index, length: plain.length, last });
    this.#filled = 0;
    writeWhole(this.#disk, sealed, index * STRIDE_BYTES);
  }

  async #read(index: number): Promise<Bytes> {
    const position = this.#positionOf(index);
    const sealed = new Uint8Array(position.length + TAG_BYTES);
    const read = this.#disk.read(sealed, { at: index * STRIDE_BYTES });
    if (read !== sealed.length)
      throw new NullroomError("E_FILE_READ", "a sealed block is not there any more");
    try {
      return await this.#cipher.open(sealed, position);
    } catch (cause) {
      throw new NullroomError("E_FILE_READ", "a sealed block was changed", { cause });
    }
  }

  #positionOf(index: number): BlockPosition {
    if (this.#size === undefined) throw new NullroomError("E_FILE_READ", "the file has not ended yet");
    const last = index === this.#index - 1;
    return { index, last, length: last ? this.#size - index * BLOCK_BYTES : BLOCK_BYTES };
  }
}

/** Write all bytes or throw. A full disk is an exception in some browsers and a short write in others. */
function writeWhole(disk: Disk, bytes: Uint8Array, at: number): void {
  let written: number;
  try {
    written = disk.write(bytes, { at });
  } catch (cause) {
    throw new NullroomError("E_FILE_READ", "the disk takes no more", { cause });
  }
  if (written !== bytes.length) throw new NullroomError("E_FILE_READ", "the disk takes no more");
}
