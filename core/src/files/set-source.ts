import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import type { FileSet } from "./file-set.ts";
import { type FileSource, refuseOutside } from "./source.ts";

/** A set source reads the files of a set as one run of bytes. */
export class SetSource implements FileSource {
  readonly name: string;
  readonly type = "application/octet-stream";
  readonly size: number;
  readonly set: FileSet;
  readonly #sources: readonly FileSource[];
  /** The offset at which each file begins. */
  readonly #starts: readonly number[];

  /** @throws NullroomError "E_FILE_SIZE" unless there is one source for each entry, of its size */
  constructor(set: FileSet, sources: readonly FileSource[]) {
    const fits = set.entries.length === sources.length;
    if (!fits || !set.entries.every(({ size }, at) => sources[at]?.size === size)) {
      throw new NullroomError("E_FILE_SIZE", "the files are not those of the set");
    }
    this.name = set.name;
    this.size = set.size;
    this.set = set;
    this.#sources = sources;
    let start = 0;
    this.#starts = sources.map(({ size }) => {
      start += size;
      return start - size;
    });
  }

  async read(offset: number, length: number): Promise<Bytes> {
    refuseOutside(this.size, offset, length);
    const bytes = new Uint8Array(length);
    let filled = 0;
    for (let at = this.#indexOf(offset); filled < length; at++) {
      const source = this.#sources[at];
      if (!source) throw new NullroomError("E_FILE_SIZE", "the set has ended");
      const from = offset + filled - (this.#starts[at] ?? 0);
      const taken = Math.min(source.size - from, length - filled);
      if (taken > 0) bytes.set(await source.read(from, taken), filled);
      filled += taken;
    }
    return bytes;
  }

  /** The last file that begins at or before `offset`; empty files before it share its beginning. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
