import { NullroomError } from "../../../errors.ts";
import { fileSet } from "../../../files/file-set.ts";
import type { FileDescription } from "../../../files/sink.ts";
import { SET_ENTRIES, SET_PART_BYTES } from "../../../limits.ts";
import type { FileFrame, FileInSet } from "../../../wire/frames.ts";
import { safeFileName, safeMimeType, UNKNOWN_TYPE } from "../../file-name.ts";
import { utf8Length } from "../../text.ts";

export type OfferFrame = Extract<FileFrame, { type: "file_offer" | "file_set" | "file_set_part" }>;

/** A file or a set as the other side describes it; nothing of that is believed. */
export type Offer = { readonly fileId: number; readonly size: number; readonly name: string } & (
  | { readonly mime: string }
  | { readonly files: readonly FileInSet[] }
);

type Naming = {
  fileId: number;
  size: number;
  name: string;
  entries: number;
  files: FileInSet[];
  named: number;
};

/** Puts offers together: a file comes in one record, a set is announced by one and named by those that follow. */
export class OfferAssembly {
  #naming: Naming | undefined;

  /**
   * @returns the offer that is whole with this frame
   * @throws "E_RECORD_TYPE", "E_FILE_SIZE" as spec/5-files.md §7 says
   */
  hearFrame(frame: OfferFrame): Offer | undefined {
    switch (frame.type) {
      case "file_offer":
        if (this.#naming) throw new NullroomError("E_RECORD_TYPE", "an offer within a set");
        return frame;
      case "file_set":
        this.#announced(frame);
        return undefined;
      case "file_set_part":
        return this.#named(frame);
      default:
        return frame satisfies never;
    }
  }

  #announced({ fileId, size, name, entries }: Extract<OfferFrame, { type: "file_set" }>): void {
    // The same again: its other parts were lost with a connection.
    const isOpen = this.#naming !== undefined && this.#naming.fileId !== fileId;
    if (isOpen) throw new NullroomError("E_RECORD_TYPE", "an offer within a set");
    if (entries === 0 || entries > SET_ENTRIES) {
      throw new NullroomError("E_RECORD_TYPE", "a set of no legal size");
    }
    this.#naming = { fileId, size, name, entries, files: [], named: 0 };
  }

  #named({ fileId, files }: Extract<OfferFrame, { type: "file_set_part" }>): Offer | undefined {
    const naming = this.#naming;
    const isOfIt = naming?.fileId === fileId && naming.files.length + files.length <= naming.entries;
    if (!isOfIt) throw new NullroomError("E_RECORD_TYPE", "files of no set that is being named");
    naming.files.push(...files);
    naming.named += files.reduce((sum, { size }) => sum + size, 0);
    const isWhole = naming.files.length === naming.entries;
    if (isWhole ? naming.named !== naming.size : naming.named > naming.size) {
      throw new NullroomError("E_FILE_SIZE", "sizes that are not those of the set");
    }
    if (!isWhole) return undefined;
    this.#naming = undefined;
    return { fileId, size: naming.size, name: naming.name, files: naming.files };
  }
}

/** Safe to show and to save under; undefined for a set whose paths cannot be made so. */
export function descriptionOf(offer: Offer): FileDescription | undefined {
  if (!("files" in offer)) {
    return { name: safeFileName(offer.name), type: safeMimeType(offer.mime), size: offer.size };
  }
  try {
    const set = fileSet(offer.name, offer.files);
    return { name: set.name, type: UNKNOWN_TYPE, size: set.size, set };
  } catch {
    return undefined; // because what is too long here is so for whatever reason, and all that can be said is no
  }
}

/** What is said of a file or a set of one's own, in this order. */
export function offerFrames(fileId: number, { name, type, size, set }: FileDescription): FileFrame[] {
  if (!set) return [{ type: "file_offer", fileId, size, name, mime: type }];
  const parts = inParts(set.entries);
  return [
    { type: "file_set", fileId, size, name, entries: set.entries.length },
    ...parts.map((files): FileFrame => ({ type: "file_set_part", fileId, files })),
  ];
}

/** As many in one record as fit. */
function inParts(files: readonly FileInSet[]): FileInSet[][] {
  const parts: FileInSet[][] = [];
  let left = 0;
  for (const file of files) {
    const bytes = FILE_BYTES + utf8Length(file.path);
    if (left < bytes) {
      parts.push([]);
      left = SET_PART_BYTES - ID_BYTES;
    }
    parts.at(-1)?.push(file);
    left -= bytes;
  }
  return parts;
}

const ID_BYTES = 4;
/** Size and length of the path. */
const FILE_BYTES = 8 + 2;
