import { NullroomError } from "../errors.ts";
import { type JsonObject, parseJson, readExactKeys, readInteger, readObject, readString } from "./read.ts";

/** What is inside a phase-1 blob: spec/4-frames.md §2. SDP and candidates are checked by `sdp.ts`. */
export type SignalBody =
  | { t: "offer" | "answer"; sdp: string }
  | { t: "restart"; sdp: string }
  | { t: "cand"; c: readonly string[] }
  | { t: "ask"; level: 1 | 2 }
  | { t: "end" }
  | { t: "bye" };

export const CANDIDATES_PER_SIGNAL = 8;

export function formatSignalBody(body: SignalBody): string {
  return JSON.stringify(body);
}

/** @throws "E_SEAL": a body that is none of this version ends the attempt as one that does not open does */
export function parseSignalBody(json: string): SignalBody {
  try {
    return readBody(readObject(parseJson(json, "signal"), "signal"));
  } catch (cause) {
    throw new NullroomError("E_SEAL", "no signal body", { cause });
  }
}

function readBody(fields: JsonObject): SignalBody {
  const t = readString(fields, "t");
  switch (t) {
    case "offer":
    case "answer":
    case "restart":
      readExactKeys(fields, ["t", "sdp"]);
      return { t, sdp: readString(fields, "sdp") };
    case "cand":
      readExactKeys(fields, ["t", "c"]);
      return { t, c: readCandidates(fields.c) };
    case "ask":
      readExactKeys(fields, ["t", "level"]);
      return { t, level: readInteger(fields, "level", { min: 1, max: 2 }) === 1 ? 1 : 2 };
    case "end":
    case "bye":
      readExactKeys(fields, ["t"]);
      return { t };
    default:
      throw new NullroomError("E_MALFORMED", "unknown signal");
  }
}

function readCandidates(value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.length >= 1 && value.length <= CANDIDATES_PER_SIGNAL;
  if (isList && value.every((entry): entry is string => typeof entry === "string")) return value;
  throw new NullroomError("E_MALFORMED", "no list of candidates");
}
