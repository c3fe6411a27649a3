import type { ConnectionId, Seat } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import type {
  Digest,
  JoinOutcome,
  LeaveOutcome,
  NodeId,
  Occupant,
  Renewal,
  ResumeOutcome,
  Seated,
} from "./store.ts";

/**
 * Readers for the answers of `redis-rules.lua`, which are lists whose first element is the outcome. Our own script
 * wrote them, so an answer that does not fit is a fault of ours ("E_SERVER") and not anybody's input.
 */
export function join(reply: unknown): JoinOutcome {
  const { outcome, fields } = parse(reply);
  switch (outcome) {
    case "room-gone":
      return { outcome };
    case "room-full":
      return { outcome, occupants: fields.flatMap((field) => occupant(field) ?? []) };
    case "seated":
      return { outcome, ...seated(fields) };
    default:
      throw unexpectedReply();
  }
}

export function resume(reply: unknown): ResumeOutcome {
  const { outcome, fields } = parse(reply);
  switch (outcome) {
    case "lease-over":
      return { outcome };
    case "seated":
      return { outcome, admit: digest(fields[0]), replaced: occupant(fields[1]), ...seated(fields.slice(2)) };
    default:
      throw unexpectedReply();
  }
}

export function renewal(reply: unknown): Renewal {
  const { outcome, fields } = parse(reply);
  switch (outcome) {
    case "unknown":
      return { outcome };
    case "ended":
      return { outcome, lost: occupant(fields[0]) };
    case "kept":
      return {
        outcome,
        other: occupant(fields[0]),
        lost: occupant(fields[1]),
        ttlMs: wholeNumber(fields[2]),
      };
    default:
      throw unexpectedReply();
  }
}

export function leave(reply: unknown): LeaveOutcome {
  const { outcome, fields } = parse(reply);
  if (outcome !== "kept" && outcome !== "ended" && outcome !== "unknown") throw unexpectedReply();
  return { outcome, other: occupant(fields[0]) };
}

/** The answer of `classicTtl` and of `establish`: an outcome with a number, or one without. */
export function ttl(reply: unknown): number | undefined {
  const { fields } = parse(reply);
  return fields.length === 0 ? undefined : wholeNumber(fields[0]);
}

export function evicted(reply: unknown): Occupant | undefined {
  return occupant(parse(reply).fields[0]);
}

export function restored(reply: unknown): boolean {
  return parse(reply).outcome === "restored";
}

function digest(value: unknown): Digest {
  if (typeof value !== "string") throw unexpectedReply();
  return value as Digest;
}

function parse(reply: unknown): { outcome: unknown; fields: unknown[] } {
  if (!Array.isArray(reply)) throw unexpectedReply();
  const [outcome, ...fields]: unknown[] = reply;
  return { outcome, fields };
}

function seated([seat, other, established, ttlMs]: unknown[]): Seated {
  return {
    seat: readSeat(seat),
    other: occupant(other),
    established: established === 1,
    ttlMs: wholeNumber(ttlMs),
  };
}

function readSeat(field: unknown): Seat {
  if (field === "0") return 0;
  if (field === "1") return 1;
  throw unexpectedReply();
}

function occupant(field: unknown): Occupant | undefined {
  if (typeof field !== "string") return undefined;
  const [node = "", connectionId = ""] = field.split(":");
  return { node: node as NodeId, connectionId: connectionId as ConnectionId };
}

function wholeNumber(field: unknown): number {
  if (typeof field !== "number") throw unexpectedReply();
  return field;
}

function unexpectedReply(): NullroomError {
  return new NullroomError("E_SERVER", "the store's script answers what it cannot");
}
