import { REKEY_AFTER_BYTES, REKEY_AFTER_MS, REKEY_AFTER_RECORDS } from "../../../limits.ts";
import type { RecordCounts } from "./secure-channels.ts";

/** Connected time from the first word of a re-key to its end: a full bulk queue on a slow line drains first. */
const REKEY_TIMEOUT_MS = 120_000;

/** How long the responder waits for what it asked for before it asks again: the initiator may have ignored it. */
export const REKEY_ASK_AGAIN_MS = 10_000;

/** How long an epoch lasts, by whichever comes first, and how long its end may take. */
export type RekeyLimits = {
  ms: number;
  /** In either direction, over all channels together. */
  bytes: number;
  /** In either direction, on ctl or on the others together. */
  records: number;
  timeoutMs: number;
};

export const REKEY_LIMITS: RekeyLimits = {
  ms: REKEY_AFTER_MS,
  bytes: REKEY_AFTER_BYTES,
  records: REKEY_AFTER_RECORDS,
  timeoutMs: REKEY_TIMEOUT_MS,
};

/** Whether channels have carried as much as one epoch may. @param since - what they had carried when the epoch began */
export function isWornOut(limits: RekeyLimits, since: RecordCounts, now: RecordCounts): boolean {
  const risen = (...names: (keyof RecordCounts)[]) =>
    Math.max(...names.map((name) => now[name] - since[name]));
  return (
    risen("bytesSent", "bytesReceived") >= limits.bytes ||
    risen("ctlSent", "bulkSent", "ctlReceived", "bulkReceived") >= limits.records
  );
}
