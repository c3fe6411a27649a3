import { readFileSync } from "node:fs";
import { SEAT_LEASE_MS, SEAT_RESERVATION_MS } from "@nullroom/core/limits";
import { MAX_EVICTIONS } from "./room.ts";
import type { RoomRules } from "./store.ts";

/**
 * The text of the rules. `scripts/bundle-server.mjs` replaces this call by the text, so that the bundle reads no file.
 */
const RULES_LUA = readFileSync(new URL("redis-rules.lua", import.meta.url), "utf8");

/**
 * The script that Redis runs for every step, since only what Redis runs by itself is one atomic step in one round trip:
 * the constants that TypeScript and Lua share, then the rules.
 */
export function roomScript({ roomTtlMs, sessionTtlMs, destroyOnPeerLeave }: RoomRules): string {
  const constants = {
    SEAT_LEASE_MS,
    SEAT_RESERVATION_MS,
    MAX_EVICTIONS,
    ROOM_TTL_MS: roomTtlMs,
    SESSION_TTL_MS: sessionTtlMs,
    DESTROY_ON_PEER_LEAVE: destroyOnPeerLeave,
  };
  const locals = Object.entries(constants).map(([name, value]) => `local ${name} = ${value}\n`);
  return locals.join("") + RULES_LUA;
}
