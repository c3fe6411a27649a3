import { RECONNECT_WINDOW_MS } from "../../../../limits.ts";
import {
  DEBOUNCE_MS,
  DISCONNECTED_MS,
  endOfRestart,
  giveUpAt,
  type In,
  nextHandshake,
  type Recovery,
  type RecoveryEvent,
} from "./state.ts";
import {
  agreed,
  beginAgain,
  interrupted,
  lose,
  mayRestart,
  probe,
  repair,
  resume,
  type Step,
  to,
  withFullWindow,
  withShortWindow,
} from "./steps.ts";

/**
 * Decides when to do what about a transport that has stopped: spec/3-session.md §8, drawn in docs/recovery.md. Pure: a
 * state, an event and a moment go in, the next state and what is to be done come out. `driver.ts` keeps the state, and says
 * `tick` at `dueAt`.
 */
export function advance(recovery: Recovery, event: RecoveryEvent, now: number): Step {
  const { state } = recovery;
  if (state.phase === "lost") return [recovery, []];
  if (now >= (giveUpAt(state) ?? Number.POSITIVE_INFINITY)) return lose(recovery);
  if (event.type === "woke" && event.sleptMs >= RECONNECT_WINDOW_MS) return lose(recovery);
  if (event.type === "refused") return refused(recovery);
  const heard = event.type === "signaling-restored" ? { ...recovery, isRefused: false } : recovery;
  if (state.phase === "healthy") return whileHealthy(heard, state, event, now);
  // A close by the other side says more than that the transport is dead only where nothing was wrong.
  return whileInterrupted(heard, event.type === "closed-by-peer" ? { type: "dead" } : event, now);
}

function whileInterrupted(heard: Recovery, event: RecoveryEvent, now: number): Step {
  const { state } = heard;
  switch (state.phase) {
    case "suspect":
      return whileSuspect(heard, state, event, now);
    case "restarting":
      return whileRestarting(heard, state, event, now);
    case "resuming":
      return whileResuming(heard, state, event, now);
    default:
      return [heard, []];
  }
}

function whileHealthy(recovery: Recovery, state: In<"healthy">, event: RecoveryEvent, now: number): Step {
  const endOfWindow = now + RECONNECT_WINDOW_MS;
  switch (event.type) {
    case "disconnected":
      return to(
        recovery,
        { phase: "suspect", giveUpAt: endOfWindow, restartAt: now + DISCONNECTED_MS },
        "interrupt",
      );
    case "silence":
      return interrupted(repair(recovery, endOfWindow, now));
    case "dead":
      return interrupted(resume(recovery, endOfWindow, now, true));
    case "closed-by-peer":
      return interrupted(withShortWindow(resume(recovery, endOfWindow, now, true), now));
    case "proof":
      return to(recovery, { phase: "healthy" });
    case "tick":
      if (state.proof === undefined || now < state.proof.by) return to(recovery, state);
      return interrupted(repair(recovery, state.proof.since + RECONNECT_WINDOW_MS, now));
    case "woke":
      return probe(recovery, state, now, event.sleptMs);
    case "asked":
      if (event.level === 2) return interrupted(resume(recovery, endOfWindow, now, false));
      return mayRestart(recovery, now) ? repair(recovery, undefined, now) : probe(recovery, state, now, 0);
    case "network-changed":
      return mayRestart(recovery, now) ? repair(recovery, undefined, now) : probe(recovery, state, now, 0);
    case "restarted":
      return to(recovery, { phase: "restarting", beganAt: now, isAnswered: true }, "probe");
    case "agreed":
      return interrupted(to(recovery, agreed(endOfWindow, now)));
    default:
      return to(recovery, state);
  }
}

function whileSuspect(recovery: Recovery, state: In<"suspect">, event: RecoveryEvent, now: number): Step {
  switch (event.type) {
    case "connected":
    case "proof":
      return to(recovery, { phase: "healthy" }, "resume");
    case "tick":
      return now < state.restartAt ? to(recovery, state) : repair(recovery, state.giveUpAt, now);
    case "silence":
    case "woke":
    case "network-changed":
      return repair(recovery, state.giveUpAt, now);
    case "asked":
      if (event.level === 1) return repair(recovery, state.giveUpAt, now);
      return resume(recovery, state.giveUpAt, now, false);
    case "restarted":
      return to(
        recovery,
        { phase: "restarting", giveUpAt: state.giveUpAt, beganAt: now, isAnswered: true },
        "probe",
      );
    case "dead":
      return resume(recovery, state.giveUpAt, now, true);
    case "agreed":
      return to(recovery, agreed(state.giveUpAt, now));
    default:
      return to(recovery, state);
  }
}

function whileRestarting(
  recovery: Recovery,
  state: In<"restarting">,
  event: RecoveryEvent,
  now: number,
): Step {
  const wasInterrupted = state.giveUpAt !== undefined;
  const end = state.giveUpAt ?? now + RECONNECT_WINDOW_MS;
  const told = (step: Step) => (wasInterrupted ? step : interrupted(step));
  switch (event.type) {
    case "connected":
    case "proof":
      return wasInterrupted
        ? to(recovery, { phase: "healthy" }, "resume")
        : to(recovery, { phase: "healthy" });
    case "disconnected":
    case "silence":
      return told(to(recovery, { ...state, giveUpAt: end }));
    case "restarted":
      return to(recovery, { ...state, isAnswered: true }, "probe");
    case "tick":
      return now < endOfRestart(state) ? to(recovery, state) : told(resume(recovery, end, now, false));
    case "dead":
      return told(resume(recovery, end, now, true));
    case "asked":
      return event.level === 1 ? to(recovery, state) : told(resume(recovery, end, now, false));
    case "signaling-restored":
      if (state.isAnswered || now < state.beganAt + DEBOUNCE_MS) return to(recovery, state);
      return mayRestart(recovery, now) ? repair(recovery, state.giveUpAt, now) : to(recovery, state);
    case "woke":
      return to(recovery, state, "probe");
    case "agreed":
      return told(to(recovery, agreed(end, now)));
    default:
      return to(recovery, state);
  }
}

function whileResuming(recovery: Recovery, state: In<"resuming">, event: RecoveryEvent, now: number): Step {
  switch (event.type) {
    case "connected":
    case "proof":
      if (state.isDead || state.step === "agreed" || state.step === "connected") return to(recovery, state);
      return to(recovery, { phase: "healthy" }, "close-resumption", "resume");
    case "dead":
      if (recovery.isRefused) return lose(recovery);
      return to(recovery, { ...state, isDead: true });
    case "handshake-answered":
      return to(recovery, { ...withFullWindow(state), step: "answered" });
    case "agreed":
      return to(recovery, agreed(withFullWindow(state).giveUpAt, state.begunAt));
    case "new-connected":
      return to(recovery, { ...state, step: "connected" });
    case "handshake-failed":
      if (recovery.isRefused && state.isDead) return lose(recovery);
      return to(recovery, { ...state, step: "unanswered" });
    case "secured":
      return to({ ...recovery, restarts: [] }, { phase: "healthy" });
    case "woke":
    case "network-changed":
      return state.step === "unanswered" ? beginAgain(recovery, state, now) : to(recovery, state);
    case "asked":
      return state.step === "connected"
        ? to(recovery, state)
        : beginAgain(recovery, withFullWindow(state), now);
    case "signaling-restored":
      return state.step === "connected" ? to(recovery, state) : beginAgain(recovery, state, now);
    case "tick":
      return now < nextHandshake(state) ? to(recovery, state) : beginAgain(recovery, state, now);
    default:
      return to(recovery, state);
  }
}

function refused(recovery: Recovery): Step {
  const { state } = recovery;
  const isOnItsOwn = state.phase === "resuming" && (state.step === "agreed" || state.step === "connected");
  if (state.phase === "resuming" && state.isDead && !isOnItsOwn) return lose(recovery);
  return to({ ...recovery, isRefused: true }, state);
}
