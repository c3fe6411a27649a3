import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { MESSAGE_BYTES } from "../limits.ts";
import { concat, encodeUtf8, u8, u32, u64 } from "./binary.ts";
import type { ByeReason, FileRefusal } from "./reasons.ts";

/** What is inside a record, spec/4-frames.md §5. One tag, one switch; the record layer has authenticated it. */

/** A frame as the record layer carries it. */
export type FrameBytes = { type: number; body: Bytes };
/** `rest` follows on `body`, where putting both together would copy a whole chunk. */
export type FrameParts = FrameBytes & { rest?: Bytes };

/** `path` is what the sender says, with `/` between its parts. Nothing has made it safe yet. */
export type FileInSet = { readonly path: string; readonly size: number };

export type CtlFrame =
  | { type: "hello"; features: number; maxFile: number; ttlSeconds: number }
  | { type: "ping" | "pong"; token: Bytes }
  | { type: "bye" | "bye_ack"; reason: ByeReason; ctlSent: number; bulkSent: number }
  | { type: "chat"; id: number; text: string }
  | { type: "ack"; upTo: number }
  | { type: "sas_state"; match: boolean }
  | { type: "file_offer"; fileId: number; size: number; name: string; mime: string }
  | { type: "file_set"; fileId: number; size: number; entries: number; name: string }
  | { type: "file_set_part"; fileId: number; files: readonly FileInSet[] }
  | { type: "accept" | "credit"; fileId: number; offset: number; creditEnd: number }
  | { type: "reject"; fileId: number; reason: FileRefusal }
  | { type: "cancel"; fileId: number; reason: FileRefusal }
  | { type: "file_done"; fileId: number; size: number; sha256: Bytes }
  /** `lane-frames.ts` reads and writes these bodies. Its code comes with the first file. */
  | { type: "lane_offer" | "lane_answer" | "lanes"; bytes: Bytes }
  | { type: "rekey1"; pk: Bytes; ek: Bytes }
  | { type: "rekey2"; pk: Bytes; ct: Bytes }
  | { type: "rekey3" | "rekey4" | "rekey_req" }
  | { type: "extend_ask"; addSeconds: number }
  | { type: "extend_answer"; yes: boolean }
  | { type: "extend_done"; ttlSeconds: number };

export type BulkFrame =
  | { type: "chunk"; fileId: number; offset: number; data: Bytes }
  | { type: "file_end"; fileId: number; size: number; sha256: Bytes }
  | { type: "epoch" };

export type Frame = CtlFrame | BulkFrame;

/** What travels on ctl about files and lanes. */
export type FileFrame = Extract<CtlFrame, { fileId: number }> | LaneFrame;
export type LaneFrame = Extract<CtlFrame, { type: `lane${string}` }>;
export type TalkFrame = Exclude<CtlFrame, FileFrame>;

/** What comes on ctl. Frames about files stay bytes, because their readers come with the first file. */
export type HeardFrame = TalkFrame | { type: "file"; record: FrameBytes };

/** A frame of a later version, which is authenticated and ignored. */
export type IgnoredFrame = { type: "ignored" };

export const PROTOCOL_VERSION = 2;
export const CHUNK_BYTES = 65_280;

/** A bit of HELLO's `features`, as the three that follow: this side's runtime can restart ICE. spec/3-session.md §8. */
export const FEATURE_RESTART = 1 << 0;
/** Takes sets of files as one offer. spec/5-files.md §7. */
export const FEATURE_SETS = 1 << 1;
/** Can carry files over more connections. spec/3-session.md §6. */
export const FEATURE_LANES = 1 << 2;
/** Makes the hash of a file of its pieces. spec/5-files.md §4. */
export const FEATURE_PIECES = 1 << 3;

/** The type bytes. */
export const CODES = {
  hello: 0x01,
  ping: 0x02,
  pong: 0x03,
  bye: 0x04,
  bye_ack: 0x05,
  chat: 0x10,
  ack: 0x11,
  sas_state: 0x12,
  file_offer: 0x20,
  accept: 0x21,
  reject: 0x22,
  cancel: 0x23,
  file_done: 0x24,
  credit: 0x25,
  file_set: 0x26,
  file_set_part: 0x27,
  lane_offer: 0x28,
  lane_answer: 0x29,
  lanes: 0x2a,
  rekey1: 0x30,
  rekey2: 0x31,
  rekey3: 0x32,
  rekey_req: 0x33,
  rekey4: 0x34,
  extend_ask: 0x40,
  extend_answer: 0x41,
  extend_done: 0x42,
  chunk: 0x50,
  file_end: 0x51,
  epoch: 0x52,
} as const satisfies Record<Frame["type"], number>;

/** From this type on a record is ignored by whoever does not know it. */
export const FIRST_IGNORED = 0x80;

/** Whether `type` is the record with which `role` begins an epoch on `channel`: spec/4-frames.md §6. */
export function isMarker(type: number, channel: number, role: 0 | 1): boolean {
  if (channel > 0) return type === CODES.epoch;
  return type === (role === 0 ? CODES.rekey3 : CODES.rekey4);
}

/** @throws "E_MESSAGE_TOO_LONG" for a text above 16,000 bytes */
export function formatTalk(frame: TalkFrame): FrameBytes {
  return { type: CODES[frame.type], body: formatBody(frame) };
}

/** A record that peers ignore. It is sent now and then, so that every client keeps tolerating later types. */
export function randomIgnoredFrame(random: Bytes): FrameBytes {
  const [first = 0] = random;
  return { type: FIRST_IGNORED | first, body: random.subarray(1) };
}

function formatBody(frame: TalkFrame): Bytes {
  switch (frame.type) {
    case "hello":
      return concat(u8(PROTOCOL_VERSION), u32(frame.features), u64(frame.maxFile), u32(frame.ttlSeconds));
    case "ping":
    case "pong":
      return frame.token;
    case "bye":
    case "bye_ack":
      return concat(u8(frame.reason), u64(frame.ctlSent), u64(frame.bulkSent));
    case "chat":
      return concat(u32(frame.id), encodeText(frame.text));
    case "ack":
      return u32(frame.upTo);
    case "sas_state":
      return u8(frame.match ? 1 : 0);
    case "rekey1":
      return concat(frame.pk, frame.ek);
    case "rekey2":
      return concat(frame.pk, frame.ct);
    case "extend_ask":
      return u32(frame.addSeconds);
    case "extend_answer":
      return u8(frame.yes ? 1 : 0);
    case "extend_done":
      return u32(frame.ttlSeconds);
    case "rekey3":
    case "rekey4":
    case "rekey_req":
      return new Uint8Array();
  }
}

/** The length in UTF-8 decides. @throws "E_MESSAGE_TOO_LONG" */
function encodeText(text: string): Bytes {
  const bytes = encodeUtf8(text);
  if (bytes.length <= MESSAGE_BYTES) return bytes;
  throw new NullroomError("E_MESSAGE_TOO_LONG", "text above the limit");
}
