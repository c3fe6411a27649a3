import type { Bytes } from "../../../brand.ts";
import { NullroomError } from "../../../errors.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import type { BulkId } from "./messages.ts";

export type Chunk = Extract<BulkFrame, { type: "chunk" }>;
export type FileEnd = Extract<BulkFrame, { type: "file_end" }>;

/** On which channel something came, and over how many it could have come. */
export type Origin = { readonly bulkId: BulkId; readonly of: number };

/** Chunks that may wait for others. Credit in whole chunks is an eighth of that, so more are tiny ones. */
const MAX_EARLY = 512;

/**
 * Puts a file together that comes over several channels, in order on each of them and in any order between them. Keeps no
 * more than credit allows, which the caller checks.
 */
export class Reassembly {
  /** The offset up to which nothing is missing. */
  #end: number;
  readonly #early = new Map<number, Bytes>();
  /** Where the last chunk of each channel began: whatever that channel still brings lies above. */
  readonly #last = new Map<BulkId, number>();
  #fileEnd: FileEnd | undefined;

  /** @param offset - where the file begins, or goes on over a new connection */
  constructor(offset: number) {
    this.#end = offset;
  }

  /**
   * Returns what follows on what was there, in order: nothing where something before it is missing.
   * @throws "E_FILE_OFFSET" for an overlap, and for a gap that no channel can fill any more
   */
  add({ offset, data }: Chunk, from: Origin): Bytes[] {
    const end = offset + data.length;
    const isSecond = offset <= (this.#last.get(from.bulkId) ?? -1);
    if (isSecond || offset < this.#end || this.#overlaps(offset, end)) throw refusal("an overlap");
    if (this.#early.size >= MAX_EARLY) throw new NullroomError("E_FILE_CREDIT", "too many pieces");
    this.#last.set(from.bulkId, offset);
    this.#early.set(offset, data);
    const next = this.#following();
    if (this.#isStuck(from)) throw refusal("a gap");
    return next;
  }

  /** True where nothing can come before the end any more; else it waits. @throws "E_FILE_OFFSET" for a second end */
  conclude(fileEnd: FileEnd, from: Origin): boolean {
    if (this.#fileEnd !== undefined) throw refusal("a second end");
    this.#fileEnd = fileEnd;
    this.#last.set(from.bulkId, Number.POSITIVE_INFINITY);
    return this.#end >= fileEnd.size || this.#isStuck(from);
  }

  /** The end that came early, once everything before it is there. */
  get concluded(): FileEnd | undefined {
    return this.#fileEnd && this.#end >= this.#fileEnd.size ? this.#fileEnd : undefined;
  }

  #following(): Bytes[] {
    const next: Bytes[] = [];
    for (let data = this.#early.get(this.#end); data; data = this.#early.get(this.#end)) {
      this.#early.delete(this.#end);
      this.#end += data.length;
      next.push(data);
    }
    return next;
  }

  #overlaps(from: number, to: number): boolean {
    for (const [offset, { length }] of this.#early) if (offset < to && from < offset + length) return true;
    return false;
  }

  /** Every channel has gone past what is missing. */
  #isStuck({ of }: Origin): boolean {
    return this.#last.size >= of && Math.min(...this.#last.values()) > this.#end;
  }
}

function refusal(detail: string): NullroomError {
  return new NullroomError("E_FILE_OFFSET", detail);
}
