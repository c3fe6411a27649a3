import type { ServerMessage } from "./adversary.ts";
import { pass } from "./adversary.ts";
import type { Role } from "./blob.ts";
import type { Place } from "./place.ts";
import type { Strike } from "./tampering.ts";

/** Any connection id will do: a lying server knows the true one and gains nothing by it. */
const SOMEBODY = "0123456789abcdef".repeat(2);

/** What a server can say that it should not have said. */
export const FORGERIES = {
  "peer_left left": { type: "peer_left", connection_id: SOMEBODY, reason: "left" },
  "peer_left gone": { type: "peer_left", connection_id: SOMEBODY, reason: "gone" },
  "peer_left destroyed": { type: "peer_left", connection_id: SOMEBODY, reason: "destroyed" },
  peer_ready: { type: "peer_ready" },
  peer_back: { type: "peer_back" },
  intruder: { type: "intruder" },
  "refused room-gone": { type: "refused", code: "room-gone" },
  "refused room-full": { type: "refused", code: "room-full" },
  "refused evicted": { type: "refused", code: "evicted" },
  "refused seat-taken-over": { type: "refused", code: "seat-taken-over" },
  "refused lease-over": { type: "refused", code: "lease-over" },
  "refused rate-limited": { type: "refused", code: "rate-limited" },
  "an unknown type": { type: "obey" },
  "a malformed signal": { type: "signal", data: { not: "a blob" }, connection_id: SOMEBODY },
} as const satisfies Record<string, ServerMessage>;

export type Forgery = keyof typeof FORGERIES;

/**
 * Say it to these sides just before the blob of this place arrives. By the table of spec/3-session.md §2 some of
 * these are hints that may be followed: they may cost an attempt or the room, never a conversation that is already
 * secure, and never bring one about that is not.
 */
export function forge(forgery: Forgery, place: Place, to: readonly Role[] = ["I", "R"]): Strike {
  let struck = false;
  return {
    get struck() {
      return struck;
    },
    signal(signal, reach) {
      if (!struck && signal.place === place) {
        struck = true;
        for (const role of to) reach.forge(role, FORGERIES[forgery]);
      }
      return pass(signal);
    },
  };
}

/** Lies in `init`, and whether a client that believes them may still become secure. */
export const INIT_LIES = {
  "the other seat": { change: (init) => ({ ...init, seat: init.seat === 0 ? 1 : 0 }), refused: true },
  "the other seat and role": {
    change: (init) => ({ ...init, seat: init.seat === 0 ? 1 : 0, initiator: !init.initiator }),
    refused: true,
  },
  "no seat": { change: ({ seat: _, ...init }) => init, refused: true },
  "a third seat": { change: (init) => ({ ...init, seat: 2 }), refused: true },
  "a relay of the adversary's": {
    change: (init) => ({
      ...init,
      ice_servers: [{ urls: ["turn:127.0.0.1:9?transport=udp"], username: "u", credential: "p" }],
    }),
    refused: false,
  },
  "no time": { change: (init) => ({ ...init, session_ms: 1 }), refused: false },
  "all the time in the world": {
    change: (init) => ({ ...init, session_ms: Number.MAX_SAFE_INTEGER }),
    refused: false,
  },
  "another seat token": {
    change: (init) => ({ ...init, seat_token: Buffer.alloc(16, 7).toString("base64url") }),
    refused: false,
  },
  "a rejoin room": { change: (init) => ({ ...init, rejoin: true }), refused: false },
} as const satisfies Record<string, InitLie>;

type InitLie = { change(init: ServerMessage): ServerMessage; refused: boolean };

export type InitLieName = keyof typeof INIT_LIES;

/** Tell one side, or both, an `init` that is not true. */
export function lieInInit(lie: InitLieName, to: readonly Role[]): Strike {
  let struck = false;
  return {
    get struck() {
      return struck;
    },
    message(message, role) {
      if (message.type !== "init" || role === undefined || !to.includes(role)) return [message];
      struck = true;
      return [INIT_LIES[lie].change(message)];
    },
  };
}
