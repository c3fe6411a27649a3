import { NullroomError } from "../errors.ts";
import type { Offering } from "./offering.ts";
import { SetSource } from "./set-source.ts";
import { BlobSource, type FileSource } from "./source.ts";

/** The bytes of an offering, to be read slice by slice. */
export function sourceOf({ name, set, blobs }: Offering): FileSource {
  const [only] = blobs;
  if (set)
    return new SetSource(
      set,
      blobs.map((blob) => new BlobSource(blob, "")),
    );
  if (only && blobs.length === 1) return new BlobSource(only, name);
  throw new NullroomError("E_FILE_SIZE", "one file has one blob");
}
