import { NullroomError } from "../errors.ts";
import { SET_PART_BYTES, SET_PATH_BYTES } from "../limits.ts";
import { ByteReader, decodeUtf8 } from "./binary.ts";
import { readOneOf } from "./frame-readers.ts";
import {
  type BulkFrame,
  CHUNK_BYTES,
  CODES,
  FIRST_IGNORED,
  type FileFrame,
  type FileInSet,
  type FrameBytes,
  type IgnoredFrame,
} from "./frames.ts";
import { FileRefusal } from "./reasons.ts";

/**
 * Readers for the records that are about files. `frame-readers.ts` has the rest; these are loaded with the first file.
 */

const SHA256_BYTES = 32;

/** A record on ctl. @throws "E_RECORD_TYPE", "E_RECORD_UTF8" */
export function parseFileFrame({ type, body }: FrameBytes): FileFrame {
  const reader = new ByteReader(body, "E_RECORD_TYPE");
  const frame = readFile(type, reader);
  reader.end();
  return frame;
}

/** @throws "E_RECORD_TYPE" */
export function parseBulk({ type, body }: FrameBytes): BulkFrame | IgnoredFrame {
  if (type >= FIRST_IGNORED) return { type: "ignored" };
  const reader = new ByteReader(body, "E_RECORD_TYPE");
  const frame = readBulk(type, reader);
  reader.end();
  return frame;
}

function readFile(type: number, reader: ByteReader): FileFrame {
  switch (type) {
    case CODES.file_offer: {
      const ids = { fileId: reader.u32(), size: reader.u64() };
      const name = decodeUtf8(reader.take(reader.u8()), "E_RECORD_UTF8");
      const mime = decodeUtf8(reader.take(reader.u8()), "E_RECORD_UTF8");
      return { type: "file_offer", ...ids, name, mime };
    }
    case CODES.file_set: {
      const counts = { fileId: reader.u32(), size: reader.u64(), entries: reader.u32() };
      return { type: "file_set", ...counts, name: decodeUtf8(reader.take(reader.u8()), "E_RECORD_UTF8") };
    }
    case CODES.file_set_part:
      return readSetPart(reader);
    case CODES.accept:
    case CODES.credit: {
      const ids = { fileId: reader.u32(), offset: reader.u64(), creditEnd: reader.u64() };
      return { type: type === CODES.accept ? "accept" : "credit", ...ids };
    }
    case CODES.reject:
    case CODES.cancel: {
      const ids = { fileId: reader.u32(), reason: readOneOf(reader, Object.values(FileRefusal)) };
      return { type: type === CODES.reject ? "reject" : "cancel", ...ids };
    }
    case CODES.file_done:
      return { type: "file_done", ...readWhole(reader) };
    default:
      return readLanes(type, reader);
  }
}

function readSetPart(reader: ByteReader): FileFrame {
  const isLegal = reader.left <= SET_PART_BYTES;
  const fileId = reader.u32();
  if (!isLegal || reader.left === 0) throw new NullroomError("E_RECORD_TYPE", "a part of no legal size");
  const files: FileInSet[] = [];
  while (reader.left > 0) files.push(readFileInSet(reader));
  return { type: "file_set_part", fileId, files };
}

function readFileInSet(reader: ByteReader): FileInSet {
  const size = reader.u64();
  const length = reader.u16();
  if (length === 0 || length > SET_PATH_BYTES)
    throw new NullroomError("E_RECORD_TYPE", "a path of no legal size");
  return { path: decodeUtf8(reader.take(length), "E_RECORD_UTF8"), size };
}

function readLanes(type: number, reader: ByteReader): FileFrame {
  switch (type) {
    case CODES.lane_offer:
      return { type: "lane_offer", bytes: reader.rest() };
    case CODES.lane_answer:
      return { type: "lane_answer", bytes: reader.rest() };
    case CODES.lanes:
      return { type: "lanes", bytes: reader.rest() };
    default:
      throw new NullroomError("E_RECORD_TYPE", "unknown type on ctl");
  }
}

function readBulk(type: number, reader: ByteReader): BulkFrame {
  switch (type) {
    case CODES.chunk: {
      const ids = { fileId: reader.u32(), offset: reader.u64() };
      const data = reader.rest();
      if (data.length > 0 && data.length <= CHUNK_BYTES) return { type: "chunk", ...ids, data };
      throw new NullroomError("E_RECORD_TYPE", "a chunk of no legal size");
    }
    case CODES.file_end:
      return { type: "file_end", ...readWhole(reader) };
    case CODES.epoch:
      return { type: "epoch" };
    default:
      throw new NullroomError("E_RECORD_TYPE", "unknown type on bulk");
  }
}

function readWhole(reader: ByteReader) {
  return { fileId: reader.u32(), size: reader.u64(), sha256: reader.take(SHA256_BYTES) };
}
