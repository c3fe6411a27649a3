import type { Bytes } from "../brand.ts";
import { asNullroomError, NullroomError } from "../errors.ts";
import { safeFileName, safeMimeType } from "../session/file-name.ts";
import type { FileDescription } from "./sink.ts";

/** A file source is a file to hand over, read slice by slice and never whole. */
export interface FileSource extends FileDescription {
  /**
   * Read exactly `length` bytes, into memory of their own.
   * @throws NullroomError "E_FILE_SIZE" beyond the end, or when the file has become shorter; "E_FILE_READ" when it
   *   has changed, vanished or may no longer be read
   */
  read(offset: number, length: number): Promise<Bytes>;
}

/** A file that the person chose. `lastModified` is left out, because it is not sent. */
export class BlobSource implements FileSource {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly #blob: Blob;

  constructor(blob: Blob, name: string) {
    this.#blob = blob;
    this.name = safeFileName(name);
    this.type = safeMimeType(blob.type);
    this.size = blob.size;
  }

  async read(offset: number, length: number): Promise<Bytes> {
    refuseOutside(this.size, offset, length);
    const bytes = await this.#slice(offset, offset + length);
    if (bytes.length !== length) throw new NullroomError("E_FILE_SIZE", "the file has become shorter");
    return bytes;
  }

  async #slice(from: number, to: number): Promise<Bytes> {
    try {
      return new Uint8Array(await this.#blob.slice(from, to).arrayBuffer());
    } catch (thrown) {
      throw asNullroomError(thrown, "E_FILE_READ", "the file has changed or cannot be read");
    }
  }
}

/** @throws NullroomError "E_FILE_SIZE" unless `size` holds all of [offset, offset + length) */
export function refuseOutside(size: number, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || offset + length > size) {
    throw new NullroomError("E_FILE_SIZE", "there is nothing to read there");
  }
}
