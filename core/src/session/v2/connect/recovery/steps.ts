import { RECONNECT_WINDOW_MS } from "../../../../limits.ts";
import {
  DEBOUNCE_MS,
  HANDSHAKE_EVERY_MS,
  type In,
  MAX_RESTARTS,
  PEER_CLOSED_MS,
  PROOF_MS,
  RESTARTS_WINDOW_MS,
  type Recovery,
  type RecoveryCommand,
  type RecoveryState,
} from "./state.ts";

/** The next state, and what is to be done. The table in `table.ts` is made of the functions below; all of them are pure. */
export type Step = readonly [Recovery, readonly RecoveryCommand[]];

/** Restart ICE where that is possible, else resume. @param end - when to give up; undefined where nothing is interrupted */
export function repair(recovery: Recovery, end: number | undefined, now: number): Step {
  if (!mayRestart(recovery, now)) {
    return resume(recovery, end ?? now + RECONNECT_WINDOW_MS, now, false);
  }
  const restarts = [...recent(recovery, now), now];
  const state = { phase: "restarting", beganAt: now, isAnswered: false } as const;
  return to(
    { ...recovery, restarts },
    end === undefined ? state : { ...state, giveUpAt: end },
    recovery.role === 0 ? "restart-ice" : "ask-ice-restart",
    "probe",
  );
}

export function resume(recovery: Recovery, end: number, now: number, isDead: boolean): Step {
  if (isDead && recovery.isRefused) return lose(recovery);
  const state = { phase: "resuming", giveUpAt: end, isDead, begunAt: now, step: "unanswered" } as const;
  return to(recovery, state, beginCommand(recovery));
}

export function withShortWindow([recovery, commands]: Step, now: number): Step {
  const { state } = recovery;
  if (state.phase !== "resuming") return [recovery, commands];
  const shortened = { ...state, fullWindowEndsAt: state.giveUpAt, giveUpAt: now + PEER_CLOSED_MS };
  return [{ ...recovery, state: shortened }, commands];
}

/** The other page has shown that it is there, and gets the time that any other interruption gets. */
export function withFullWindow({ fullWindowEndsAt, ...state }: In<"resuming">): In<"resuming"> {
  return { ...state, giveUpAt: fullWindowEndsAt ?? state.giveUpAt };
}

/** Begin the handshake anew: not twice within DEBOUNCE_MS, then as soon as that is over. */
export function beginAgain(recovery: Recovery, state: In<"resuming">, now: number): Step {
  if (now < state.begunAt + DEBOUNCE_MS) {
    const begunAt = state.begunAt + DEBOUNCE_MS - HANDSHAKE_EVERY_MS;
    return to(recovery, { ...state, begunAt, step: "unanswered" });
  }
  return to(recovery, { ...state, begunAt: now, step: "unanswered" }, beginCommand(recovery));
}

function beginCommand({ role }: Recovery): RecoveryCommand {
  return role === 0 ? "begin-resumption" : "ask-resumption";
}

/** It is not known whether anything is wrong: let the other side prove that it is there. */
export function probe(recovery: Recovery, state: In<"healthy">, now: number, sleptMs: number): Step {
  if (state.proof !== undefined && sleptMs === 0) return to(recovery, state);
  return to(recovery, { phase: "healthy", proof: { by: now + PROOF_MS, since: now - sleptMs } }, "probe");
}

export function lose(recovery: Recovery): Step {
  return to(recovery, { phase: "lost" }, "give-up");
}

/** Both have authenticated each other anew, and the old connection is closed. */
export function agreed(end: number, begunAt: number): RecoveryState {
  return { phase: "resuming", giveUpAt: end, isDead: true, begunAt: begunAt, step: "agreed" };
}

export function mayRestart(recovery: Recovery, now: number): boolean {
  const last = recovery.restarts.at(-1) ?? Number.NEGATIVE_INFINITY;
  const few = recent(recovery, now).length < MAX_RESTARTS;
  return recovery.canRestart && !recovery.isRefused && few && now - last >= DEBOUNCE_MS;
}

function recent({ restarts }: Recovery, now: number): readonly number[] {
  return restarts.filter((began) => now - began < RESTARTS_WINDOW_MS);
}

export function interrupted([recovery, commands]: Step): Step {
  return [recovery, recovery.state.phase === "lost" ? commands : ["interrupt", ...commands]];
}

export function to(recovery: Recovery, state: RecoveryState, ...commands: RecoveryCommand[]): Step {
  return [{ ...recovery, state }, commands];
}
