import { NullroomError } from "../errors.ts";
import type { KeptFile } from "./sink.ts";

/** A whole file that lies in a blob. */
export function keptBlob(blob: Blob, name: string): KeptFile {
  let whole: Blob | undefined = blob;
  return {
    name,
    type: blob.type,
    size: blob.size,
    blob: async () => {
      if (whole) return whole;
      throw new NullroomError("E_FILE_CANCELLED", "the file was given up");
    },
    discard: async () => {
      whole = undefined;
    },
  };
}
