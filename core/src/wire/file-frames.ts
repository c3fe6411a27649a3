import type { Bytes } from "../brand.ts";
import { ascii, concat, encodeUtf8, u8, u16, u32, u64 } from "./binary.ts";
import {
  type BulkFrame,
  CODES,
  type FileFrame,
  type FileInSet,
  type Frame,
  type FrameBytes,
  type FrameParts,
} from "./frames.ts";

/** Records about files as bytes. This is loaded with the first file; `file-frame-readers.ts` is the way back. */
export function formatFileFrame(frame: FileFrame | BulkFrame): FrameBytes {
  return { type: CODES[frame.type], body: formatFileBody(frame) };
}

/** As `formatFileFrame`, but what a chunk carries is not copied. */
export function bulkParts(frame: BulkFrame): FrameParts {
  if (frame.type !== "chunk") return formatFileFrame(frame);
  return { type: CODES.chunk, body: chunkHead(frame), rest: frame.data };
}

function formatFileBody(frame: FileFrame | BulkFrame): Bytes {
  switch (frame.type) {
    case "file_offer":
      return formatOffer(frame);
    case "file_set":
      return formatSet(frame);
    case "file_set_part":
      return concat(u32(frame.fileId), ...frame.files.map(formatFileInSet));
    case "accept":
    case "credit":
      return concat(u32(frame.fileId), u64(frame.offset), u64(frame.creditEnd));
    case "reject":
    case "cancel":
      return concat(u32(frame.fileId), u8(frame.reason));
    case "file_done":
    case "file_end":
      return concat(u32(frame.fileId), u64(frame.size), frame.sha256);
    case "chunk":
      return concat(chunkHead(frame), frame.data);
    case "lane_offer":
    case "lane_answer":
    case "lanes":
      return frame.bytes;
    case "epoch":
      return new Uint8Array();
  }
}

function chunkHead({ fileId, offset }: Extract<BulkFrame, { type: "chunk" }>): Bytes {
  return concat(u32(fileId), u64(offset));
}

function formatOffer({ fileId, size, name, mime }: Extract<Frame, { type: "file_offer" }>): Bytes {
  const [nameBytes, mimeBytes] = [encodeUtf8(name), ascii(mime)];
  return concat(u32(fileId), u64(size), u8(nameBytes.length), nameBytes, u8(mimeBytes.length), mimeBytes);
}

function formatSet({ fileId, size, entries, name }: Extract<Frame, { type: "file_set" }>): Bytes {
  const nameBytes = encodeUtf8(name);
  return concat(u32(fileId), u64(size), u32(entries), u8(nameBytes.length), nameBytes);
}

function formatFileInSet({ path, size }: FileInSet): Bytes {
  const pathBytes = encodeUtf8(path);
  return concat(u64(size), u16(pathBytes.length), pathBytes);
}
