import { REKEY_AFTER_BYTES, REKEY_AFTER_MS, REKEY_AFTER_RECORDS } from "../../../limits.ts";
import { REKEY_TIMEOUT_MS } from "../timing.ts";
import type { RecordCounts } from "./secure-channels-options.ts";

/** How long an epoch lasts, by whichever comes first, and how long its end may take. */
export type RekeyLimits = {
  ms: number;
  /** In either direction, both channels together. */
  bytes: number;
  /** In either direction on either channel. */
  records: number;
  timeoutMs: number;
};

export const REKEY_LIMITS: RekeyLimits = {
  ms: REKEY_AFTER_MS,
  bytes: REKEY_AFTER_BYTES,
  records: REKEY_AFTER_RECORDS,
  timeoutMs: REKEY_TIMEOUT_MS,
};

/** Whether a line has carried as much as one epoch may. @param since - what it had carried when the epoch began */
export function isWornOut(limits: RekeyLimits, since: RecordCounts, now: RecordCounts): boolean {
  const risen = (...names: (keyof RecordCounts)[]) =>
    Math.max(...names.map((name) => now[name] - since[name]));
  return (
    risen("bytesSent", "bytesReceived") >= limits.bytes ||
    risen("ctlSent", "bulkSent", "ctlReceived", "bulkReceived") >= limits.records
  );
}
