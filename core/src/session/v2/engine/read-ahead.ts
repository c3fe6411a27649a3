import type { Bytes } from "../../../brand.ts";
import type { FileSource } from "../../../files/source.ts";
import { CHUNK_BYTES } from "../../../wire/frames.ts";

/** A read costs the browser a way to another process; sixteen chunks share one. */
const BLOCK_BYTES = 16 * CHUNK_BYTES;

type Block = { readonly start: number; readonly end: number; readonly bytes: Promise<Bytes> };

/** Reads a source block by block, the next while this one is being sent: two blocks in memory, however large it is. */
export class ReadAhead {
  readonly #source: FileSource;
  #block: Block | undefined;
  #next: Block | undefined;

  constructor(source: FileSource) {
    this.#source = source;
  }

  /** Up to `length` bytes from there, at least one. @throws as `FileSource.read` */
  async take(offset: number, length: number): Promise<Bytes> {
    const block = this.#at(offset);
    const bytes = await block.bytes;
    return bytes.subarray(offset - block.start, Math.min(offset + length, block.end) - block.start);
  }

  #at(offset: number): Block {
    const known = [this.#block, this.#next].find((block) => block && isWithin(block, offset));
    const block = known ?? this.#read(offset);
    if (block !== this.#block) {
      this.#block = block;
      this.#next = block.end < this.#source.size ? this.#read(block.end) : undefined;
    }
    return block;
  }

  #read(start: number): Block {
    const end = Math.min(start + BLOCK_BYTES, this.#source.size);
    const bytes = this.#source.read(start, end - start);
    bytes.catch(() => undefined); // because whoever takes it hears of it, and perhaps nobody does
    return { start, end, bytes };
  }
}

function isWithin({ start, end }: Block, offset: number): boolean {
  return start <= offset && offset < end;
}
