import { NullroomError } from "../errors.ts";
import { safeFileName, safeMimeType, UNKNOWN_TYPE } from "../session/file-name.ts";
import type { FileSet } from "./file-set.ts";
import type { FileDescription } from "./sink.ts";

/**
 * An offering is what a person hands over: a file, or the files of a set in their order. It holds blobs and their names
 * and no code, so that it can be posted to a worker. Nothing of it is read before it moves.
 */
export type Offering = FileDescription & { readonly blobs: readonly Blob[] };

/** `lastModified` is left out, because it is not sent. */
export function fileOffering(file: File): Offering {
  return blobOffering(file, file.name);
}

/** @throws NullroomError "E_FILE_SIZE" unless there is one blob for each entry, of its size */
export function setOffering(set: FileSet, blobs: readonly Blob[]): Offering {
  const fits = set.entries.length === blobs.length;
  if (!fits || !set.entries.every(({ size }, at) => blobs[at]?.size === size)) {
    throw new NullroomError("E_FILE_SIZE", "the files are not those of the set");
  }
  return { name: set.name, type: UNKNOWN_TYPE, size: set.size, set, blobs };
}

/** The files of a set, each as an offering of its own, for a receiver that takes no sets. Their folders are lost. */
export function oneByOne({ set, blobs, ...file }: Offering): Offering[] {
  if (set === undefined) return [{ ...file, blobs }];
  return blobs.map((blob, at) => blobOffering(blob, set.entries[at]?.path.split("/").pop() ?? ""));
}

function blobOffering(blob: Blob, name: string): Offering {
  return { name: safeFileName(name), type: safeMimeType(blob.type), size: blob.size, blobs: [blob] };
}
