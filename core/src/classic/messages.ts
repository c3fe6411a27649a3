import { NullroomError } from "../errors.ts";
import type { Candidate, Description } from "../peer/peer-link.ts";
import { type JsonObject, parseJson, readInteger, readObject, readString } from "../wire/read.ts";

/**
 * The clear JSON of classic: signals on the cable, the key upgrade and the bounds of files on the channels, and
 * the sealed control messages. See spec/classic.md.
 */

/** Strings on a channel are JSON or base64, and no base64 begins with a brace. */
export function isClearMessage(text: string): boolean {
  return text.startsWith("{");
}

export type Signal =
  | { type: "description"; description: Description }
  | { type: "candidate"; candidate: Candidate }
  /** Some browsers say by an empty candidate that there are no more. */
  | { type: "candidates-end" };

const SDP_CHARS = 16 * 1024;
const CANDIDATE_CHARS = 1024;

/** @throws "E_MALFORMED" */
export function parseSignal(data: unknown): Signal {
  const fields = readObject(data, "signal");
  const type = readString(fields, "type");
  switch (type) {
    case "offer":
    case "answer": {
      const inner = readObject(fields.sdp, "sdp");
      if (inner.type !== type) throw new NullroomError("E_MALFORMED", "signal and description differ");
      return { type: "description", description: { type, sdp: readShort(inner, "sdp", SDP_CHARS) } };
    }
    case "candidate":
      return readCandidate(fields.candidate);
    default:
      throw new NullroomError("E_MALFORMED", "unknown signal");
  }
}

export function formatDescription(description: Description): JsonObject {
  return { type: description.type, sdp: { type: description.type, sdp: description.sdp } };
}

export function formatCandidate(candidate: Candidate): JsonObject {
  return { type: "candidate", candidate };
}

function readCandidate(value: unknown): Signal {
  if (value === null || value === undefined) return { type: "candidates-end" };
  const fields = readObject(value, "candidate");
  const candidate = readShort(fields, "candidate", CANDIDATE_CHARS);
  if (candidate === "") return { type: "candidates-end" };
  const sdpMid = typeof fields.sdpMid === "string" ? fields.sdpMid : null;
  const sdpMLineIndex = typeof fields.sdpMLineIndex === "number" ? fields.sdpMLineIndex : null;
  if (sdpMid === null && sdpMLineIndex === null)
    throw new NullroomError("E_MALFORMED", "candidate of nothing");
  return { type: "candidate", candidate: { candidate, sdpMid, sdpMLineIndex } };
}

/** What travels in the clear on the two channels. */
export type ClearMessage =
  | { type: "pq-pubkey"; data: string }
  | { type: "pq-encap"; data: string; confirm: string }
  | { type: "pq-confirm"; data: string }
  | FileStart
  | { type: "file-end"; transferId: string };

export type FileStart = {
  type: "file-start";
  transferId: string;
  name: string;
  size: number;
  totalChunks: number;
  mimeType: string;
};

const ID_CHARS = 128;
const NAME_CHARS = 4096;

/** Undefined for an unknown type, which existing clients ignore too. @throws "E_MALFORMED" */
export function parseClear(text: string): ClearMessage | undefined {
  const fields = readObject(parseJson(text, "message"), "message");
  const type = readString(fields, "type");
  switch (type) {
    case "pq-pubkey":
    case "pq-confirm":
      return { type, data: readString(fields, "data") };
    case "pq-encap":
      return { type, data: readString(fields, "data"), confirm: readString(fields, "confirm") };
    case "file-start":
      return {
        type,
        transferId: readShort(fields, "transferId", ID_CHARS),
        name: readShort(fields, "name", NAME_CHARS),
        size: readInteger(fields, "size"),
        totalChunks: readInteger(fields, "totalChunks"),
        mimeType: typeof fields.mimeType === "string" ? fields.mimeType : "",
      };
    case "file-end":
      return { type, transferId: readShort(fields, "transferId", ID_CHARS) };
    default:
      return undefined;
  }
}

/** A sealed text that begins with this is a message between programs, JSON behind it. */
const CONTROL_MARK = "\u0001";

export type ControlMessage =
  | { type: "connection_type"; value: "direct" | "relay" }
  /** Either side gives up a file. Existing clients do not know this type, and ignore it as they do every such one. */
  | { type: "file_cancel"; transferId: string };

export function formatControl(message: ControlMessage): string {
  return CONTROL_MARK + JSON.stringify(message);
}

/** "text" for what a person wrote, undefined for a control message that this client has no use for. */
export function parseControl(text: string): ControlMessage | "text" | undefined {
  if (!text.startsWith(CONTROL_MARK)) return "text";
  try {
    const fields = readObject(parseJson(text.slice(1), "control"), "control");
    if (fields.type !== "file_cancel") return undefined;
    return { type: "file_cancel", transferId: readShort(fields, "transferId", ID_CHARS) };
  } catch {
    return undefined; // because the protocol says that unknown ones are ignored, and this one is unknown
  }
}

function readShort(fields: JsonObject, key: string, limit: number): string {
  const text = readString(fields, key);
  if (text.length > limit) throw new NullroomError("E_MALFORMED", `${key} is too long`);
  return text;
}
