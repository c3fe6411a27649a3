import { type OneTimeAdversary, pass, type ServerMessage } from "./adversary.ts";
import type { Role } from "./blob.ts";
import type { Stage } from "./stage.ts";

/** Any connection id serves a forgery: a lying server knows the true one and gains nothing by it. */
const SOME_CONNECTION_ID = "0123456789abcdef".repeat(2);

/** Messages that a lying server can send at a moment when an honest one would not. */
export const FORGERIES = {
  "peer_left left": { type: "peer_left", connection_id: SOME_CONNECTION_ID, reason: "left" },
  "peer_left gone": { type: "peer_left", connection_id: SOME_CONNECTION_ID, reason: "gone" },
  "peer_left destroyed": { type: "peer_left", connection_id: SOME_CONNECTION_ID, reason: "destroyed" },
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
  "a malformed signal": { type: "signal", data: { not: "a blob" }, connection_id: SOME_CONNECTION_ID },
} as const satisfies Record<string, ServerMessage>;

export type Forgery = keyof typeof FORGERIES;

/**
 * Send a forgery to these sides just before the blob of this stage arrives. By the table of spec/3-session.md §2 some
 * forgeries are hints that a client may follow: they may cost an attempt or the room, but they never end a conversation
 * that is already secure, and never bring about one that is not.
 */
export function forgeOnce(
  forgery: Forgery,
  stage: Stage,
  to: readonly Role[] = ["I", "R"],
): OneTimeAdversary {
  let hasActed = false;
  return {
    get hasActed() {
      return hasActed;
    },
    signal(signal, powers) {
      if (!hasActed && signal.stage === stage) {
        hasActed = true;
        for (const role of to) powers.forge(role, FORGERIES[forgery]);
      }
      return pass(signal);
    },
  };
}

/** Lies in `init`; `refused` says that a client which is told this one must refuse to go on. */
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

/** Replace the `init` of these sides with one that is not true. */
export function lieInInit(lie: InitLieName, to: readonly Role[]): OneTimeAdversary {
  let hasActed = false;
  return {
    get hasActed() {
      return hasActed;
    },
    message(message, role) {
      if (message.type !== "init" || role === undefined || !to.includes(role)) return [message];
      hasActed = true;
      return [INIT_LIES[lie].change(message)];
    },
  };
}
