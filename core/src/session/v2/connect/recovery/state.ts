import type { Role } from "../../../../crypto/keys.ts";

/** What is known of a transport that may have stopped. `table.ts` decides what becomes of it. */
export type Recovery = {
  readonly role: Role;
  /** Both sides' runtimes can restart ICE, and no lanes are open. Without that a connection is made anew instead. */
  readonly canRestart: boolean;
  /** When each ICE restart began, in ms. */
  readonly restarts: readonly number[];
  /** The server has refused this side for good. */
  readonly isRefused: boolean;
  readonly state: RecoveryState;
};

export type RecoveryState =
  /** Nothing is known to be wrong. `proof`: a PING is to be answered at `by`, since what went on from `since` is not known. */
  | { phase: "healthy"; proof?: { by: number; since: number } }
  /** ICE has lost the other side and may find it again by itself. */
  | { phase: "suspect"; giveUpAt: number; restartAt: number }
  /** An ICE restart (L1). Without `giveUpAt` nothing was interrupted: the network has changed, which is reason enough. */
  | { phase: "restarting"; giveUpAt?: number; beganAt: number; isAnswered: boolean }
  /** A resumption (L2): a handshake for a new connection is under way, or is asked for. */
  | {
      phase: "resuming";
      giveUpAt: number;
      isDead: boolean;
      begunAt: number;
      step: HandshakeStep;
      /** When to give up once the other page has shown that it is there; `giveUpAt` is sooner until then. */
      fullWindowEndsAt?: number;
    }
  | { phase: "lost" };

/**
 * How far a resumption is: it was begun or asked for; it was answered; both have authenticated each other; the new transport
 * is connected, and needs no signals any more.
 */
type HandshakeStep = "unanswered" | "answered" | "agreed" | "connected";

export type RecoveryEvent =
  /** Of the transport in use. `dead`: it has failed, or its channels are closed. */
  | { type: "disconnected" | "connected" | "dead" }
  /** The channels were closed while the transport was connected: the other side's own stack has done it. */
  | { type: "closed-by-peer" }
  /** Of the heartbeat: the last PING was answered; three in a row were not. */
  | { type: "proof" | "silence" }
  /** Somebody looks at the page again, or timers have stood still for so long. */
  | { type: "woke"; sleptMs: number }
  | { type: "network-changed" }
  /** The responder asks for an ICE restart (1) or a resumption (2). */
  | { type: "asked"; level: 1 | 2 }
  /** Of an ICE restart: the initiator has its answer, or the responder has answered. */
  | { type: "restarted" }
  /** Of a resumption: its handshake and its connection. */
  | { type: "handshake-answered" | "agreed" | "new-connected" | "handshake-failed" | "secured" }
  /** The socket of either side is back: signals that were sent before may have been lost. */
  | { type: "signaling-restored" }
  | { type: "refused" }
  | { type: "tick" };

export type RecoveryCommand =
  /** Tell the people that the connection is interrupted; `giveUpAt` of the state says until when. */
  | "interrupt"
  /** Tell the people that the connection carries again. */
  | "resume"
  | "probe"
  | "restart-ice"
  | "ask-ice-restart"
  /** The initiator says HS1 of a new handshake. */
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
 * How long a page that has closed its connection is waited for: it is either gone, or it knows and comes back at once. When
 * it has shown that it is there, the whole window is open.
 */
export const PEER_CLOSED_MS = 8_000;
/** One event is reported from several sides at once: a report within this of the last is not worth another handshake. */
export const DEBOUNCE_MS = 1_000;
/** How long the other side may take to answer a PING when it is not known whether it is there. */
export const PROOF_MS = 3_500;

export function healthy(role: Role, canRestart: boolean): Recovery {
  return { role, canRestart, restarts: [], isRefused: false, state: { phase: "healthy" } };
}

/** For two who have just authenticated each other: the connection that is being made may be repaired until `giveUpAt`. */
export function introduced(role: Role, now: number, giveUpAt: number): Recovery {
  const state = { phase: "resuming", giveUpAt, isDead: true, begunAt: now, step: "agreed" } as const;
  return { ...healthy(role, false), state };
}

/** When this state is to be told the time by `tick`: after the event that led to it, or never (infinite). */
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
  return step === "unanswered" ? begunAt + HANDSHAKE_EVERY_MS : Number.POSITIVE_INFINITY;
}

export function giveUpAt(state: RecoveryState): number | undefined {
  return "giveUpAt" in state ? state.giveUpAt : undefined;
}

export type In<P extends RecoveryState["phase"]> = Extract<RecoveryState, { phase: P }>;
