import { NullroomError } from "../errors.ts";
import { MESSAGE_BYTES } from "../limits.ts";
import { ByteReader, decodeUtf8 } from "./binary.ts";
import {
  CODES,
  FIRST_IGNORED,
  type FrameBytes,
  type HeardFrame,
  type IgnoredFrame,
  PROTOCOL_VERSION,
  type TalkFrame,
} from "./frames.ts";
import { ByeReason } from "./reasons.ts";

/** Readers for records: one tag, one switch. Missing and surplus bytes of a body are refused, never guessed. */

const PING_BYTES = 8;

/**
 * Read a record of ctl. Those that are about files stay bytes, because their readers come with the first file.
 * @throws "E_RECORD_TYPE", "E_RECORD_UTF8", "E_VERSION"
 */
export function parseCtl({ type, body }: FrameBytes): HeardFrame | IgnoredFrame {
  if (type >= FIRST_IGNORED) return { type: "ignored" };
  if (type >= CODES.file_offer && type < CODES.rekey1) return { type: "file", record: { type, body } };
  const reader = new ByteReader(body, "E_RECORD_TYPE");
  const frame = readCtl(type, reader);
  reader.end();
  return frame;
}

function readCtl(type: number, reader: ByteReader): TalkFrame {
  switch (type) {
    case CODES.hello:
      return readHello(reader);
    case CODES.ping:
    case CODES.pong:
      return { type: type === CODES.ping ? "ping" : "pong", token: reader.take(PING_BYTES) };
    case CODES.bye:
    case CODES.bye_ack: {
      const reason = readOneOf(reader, Object.values(ByeReason));
      const counts = { ctlSent: reader.u64(), bulkSent: reader.u64() };
      return { type: type === CODES.bye ? "bye" : "bye_ack", reason, ...counts };
    }
    case CODES.chat:
      return { type: "chat", id: reader.u32(), text: readText(reader) };
    case CODES.ack:
      return { type: "ack", upTo: reader.u32() };
    case CODES.sas_state:
      return { type: "sas_state", match: readBoolean(reader) };
    case CODES.extend_ask:
      return { type: "extend_ask", addSeconds: reader.u32() };
    case CODES.extend_answer:
      return { type: "extend_answer", yes: readBoolean(reader) };
    case CODES.extend_done:
      return { type: "extend_done", ttlSeconds: reader.u32() };
    default:
      return readRekey(type, reader);
  }
}

function readRekey(type: number, reader: ByteReader): TalkFrame {
  switch (type) {
    case CODES.rekey1:
      return { type: "rekey1", pk: reader.take(32), ek: reader.take(1184) };
    case CODES.rekey2:
      return { type: "rekey2", pk: reader.take(32), ct: reader.take(1088) };
    case CODES.rekey3:
      return { type: "rekey3" };
    case CODES.rekey4:
      return { type: "rekey4" };
    case CODES.rekey_req:
      return { type: "rekey_req" };
    default:
      throw new NullroomError("E_RECORD_TYPE", "unknown type on ctl");
  }
}

function readHello(reader: ByteReader): TalkFrame {
  if (reader.u8() !== PROTOCOL_VERSION) throw new NullroomError("E_VERSION", "another version");
  const features = reader.u32();
  const high = reader.u32();
  const low = reader.u32();
  // "No limit" may be written as the largest u64 there is: the one number that may exceed 2^53 − 1.
  const maxFile = Math.min(high * 2 ** 32 + low, Number.MAX_SAFE_INTEGER);
  return { type: "hello", features, maxFile, ttlSeconds: reader.u32() };
}

function readText(reader: ByteReader): string {
  const bytes = reader.rest();
  if (bytes.length > MESSAGE_BYTES) throw new NullroomError("E_RECORD_TYPE", "text above the limit");
  return decodeUtf8(bytes, "E_RECORD_UTF8");
}

function readBoolean(reader: ByteReader): boolean {
  return readOneOf(reader, [0, 1] as const) === 1;
}

export function readOneOf<T extends number>(reader: ByteReader, allowed: readonly T[]): T {
  const value = reader.u8();
  const known = allowed.find((candidate) => candidate === value);
  if (known === undefined) throw new NullroomError("E_RECORD_TYPE", "value out of range");
  return known;
}
