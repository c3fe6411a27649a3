import type { Role } from "../../../../crypto/keys.ts";

/** What is known of a transport that may have stopped, what may happen to it, and what can be done: `recovery.ts`. */
export type Recovery = {
  readonly role: Role;
  /** Both sides' runtimes can restart ICE. Without it there is no L1. */
  readonly canRestart: boolean;
  /** When restarts began, as far as they still count. */
  readonly restarts: readonly number[];
  /** The server has refused this side for good. */
  readonly isRefused: boolean;
  readonly state: RecoveryState;
};

export type RecoveryState =
  /** As far as anybody knows. `proveBy`: a PING went out, and is to be answered by then; doubted since `since`. */
  | { phase: "healthy"; proof?: { by: number; since: number } }
  /** ICE has lost the other side and may find it again by itself. */
  | { phase: "suspect"; giveUpAt: number; restartAt: number }
  /** L1. Without `giveUpAt` nothing was interrupted: the network changed, and that was reason enough. */
  | { phase: "restarting"; giveUpAt?: number; beganAt: number; isAnswered: boolean }
  /** L2. */
  | {
      phase: "resuming";
      giveUpAt: number;
      isDead: boolean;
      begunAt: number;
      step: HandshakeStep;
      fullWindowEndsAt?: number;
    }
  | { phase: "lost" };

/** A call is out; it was answered; both have proved themselves; the new connection stands and needs no signals. */
type HandshakeStep = "calling" | "answered" | "agreed" | "connected";

export type RecoveryEvent =
  /** Of the PeerConnection in use. `dead`: it has failed, or its channels are closed. */
  | { type: "disconnected" | "connected" | "dead" }
  /** The other side's own stack has closed it, while it was connected. */
  | { type: "closed-by-peer" }
  /** Of the line in use: the last PING was answered; three were not. */
  | { type: "proof" | "silence" }
  /** Somebody looks at the page again, or timers have stood still for so long. */
  | { type: "woke"; sleptMs: number }
  | { type: "network-changed" }
  /** R has asked. */
  | { type: "asked"; level: 1 | 2 }
  /** L1: I has its answer, R has answered. */
  | { type: "restarted" }
  /** L2, of the new handshake and its connection. */
  | { type: "handshake-answered" | "agreed" | "new-connected" | "handshake-failed" | "secured" }
  /** A socket of either side is back: what was said before may have been lost. */
  | { type: "signaling-restored" }
  | { type: "refused" }
  | { type: "tick" };

export type RecoveryCommand =
  /** Tell the people: `giveUpAt` of the state says until when. */
  | "interrupt"
  /** Tell the people: the old line carries again. */
  | "resume"
  | "probe"
  | "restart-ice"
  | "ask-ice-restart"
  /** I: HS1 of a new handshake. */
  | "begin-resumption"
  | "ask-resumption"
  | "close-resumption"
  | "give-up";

export const DISCONNECTED_MS = 5_000;
export const MAX_RESTARTS = 3;
export const RESTARTS_WINDOW_MS = 60_000;
export const RESTART_ANSWER_MS = 10_000;
export const RESTART_MS = 15_000;
export const HANDSHAKE_EVERY_MS = 5_000;
/**
 * What a page that has closed its connection is given to call, or to answer: it has either gone, or knows of it.
 * Once it has answered, the whole window is open.
 */
export const PEER_CLOSED_MS = 8_000;
/** News of one event comes from several places at once; none of them is worth a call or a restart of its own. */
export const DEBOUNCE_MS = 1_000;
/** What the other side is given to answer a PING when it is in doubt. */
export const PROOF_MS = 3_500;

export function healthy(role: Role, canRestart: boolean): Recovery {
  return { role, canRestart, restarts: [], isRefused: false, state: { phase: "healthy" } };
}

/** Authenticated for the first time: the connection that is being made may be repaired until then. */
export function introduced(role: Role, now: number, giveUpAt: number): Recovery {
  const state = { phase: "resuming", giveUpAt, isDead: true, begunAt: now, step: "agreed" } as const;
  return { ...healthy(role, false), state };
}

/** When this state wants to hear of the time; never in the past of the event that led to it, or infinite. */
export function dueAt({ state }: Recovery): number {
  switch (state.phase) {
    case "healthy":
      return state.proof?.by ?? Number.POSITIVE_INFINITY;
    case "suspect":
      return Math.min(state.restartAt, state.giveUpAt);
    case "restarting":
      return Math.min(endOfRestart(state), state.giveUpAt ?? Number.POSITIVE_INFINITY);
    case "resuming":
      return Math.min(nextHandshake(state), state.giveUpAt);
    case "lost":
      return Number.POSITIVE_INFINITY;
  }
}

export function endOfRestart({ beganAt, isAnswered }: In<"restarting">): number {
  return beganAt + (isAnswered ? RESTART_MS : RESTART_ANSWER_MS);
}

/** A handshake that was answered has deadlines of its own, and reports when it fails. */
export function nextHandshake({ begunAt, step }: In<"resuming">): number {
  return step === "calling" ? begunAt + HANDSHAKE_EVERY_MS : Number.POSITIVE_INFINITY;
}

export function giveUpAt(state: RecoveryState): number | undefined {
  return "giveUpAt" in state ? state.giveUpAt : undefined;
}

export type In<P extends RecoveryState["phase"]> = Extract<RecoveryState, { phase: P }>;
