import { createHash, randomFillSync } from "node:crypto";
import type { ConnectionId } from "@nullroom/core/brand";
import type { Digest, NodeId } from "./store.ts";

const ID_BYTES = 16;

/**
 * Random bytes for many ids: asking the system for 16 costs as much as asking for 4,096, and every socket needs an id.
 */
const pool = Buffer.alloc(256 * ID_BYTES);
let used = pool.length;

export function newNodeId(): NodeId {
  return randomHex() as NodeId;
}

export function newConnectionId(): ConnectionId {
  return randomHex() as ConnectionId;
}

/** SHA-256, which is all that a store ever sees of an `admit` or of a seat token. */
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
