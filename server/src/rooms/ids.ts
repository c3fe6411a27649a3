import { createHash, randomFillSync } from "node:crypto";
import type { ConnectionId } from "@nullroom/core/brand";
import type { Digest, NodeId } from "./store.ts";

const ID_BYTES = 16;

/** Asking the system for sixteen bytes costs as much as asking for four thousand, and every socket needs a name. */
const pool = Buffer.alloc(256 * ID_BYTES);
let used = pool.length;

export function newNodeId(): NodeId {
  return randomHex() as NodeId;
}

export function newConnectionId(): ConnectionId {
  return randomHex() as ConnectionId;
}

/** SHA-256: all that a store ever sees of an `admit` or of a seat token. */
export function digest(secret: Uint8Array): Digest {
  return createHash("sha256").update(secret).digest("hex") as Digest;
}

function randomHex(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const hex = pool.toString("hex", used, used + ID_BYTES);
  used += ID_BYTES;
  return hex;
}
