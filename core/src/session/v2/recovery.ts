import { RECONNECT_WINDOW_MS } from "../../limits.ts";
import {
  DEBOUNCE_MS,
  DISCONNECTED_MS,
  endOfRestart,
  giveUpAt,
  type In,
  nextCall,
  type Recovery,
  type RecoveryEvent,
} from "./recovery-state.ts";
import {
  agreed,
  callAgain,
  doubt,
  hopeful,
  hurried,
  interrupted,
  lose,
  mayRestart,
  rebuild,
  repair,
  type Step,
  to,
} from "./recovery-steps.ts";

/**
 * When to do what about a transport that has stopped, spec/3-session.md §8. Pure: a state, an event and a moment go
 * in, the next state and what is to be done come out. `recovery-driver.ts` keeps the state, and says `tick` at `dueAt`.
 */
export function advance(recovery: Recovery, event: RecoveryEvent, now: number): Step {
  const { state } = recovery;
  if (state.phase === "lost") return [recovery, []];
  if (now >= (giveUpAt(state) ?? Number.POSITIVE_INFINITY)) return lose(recovery);
  if (event.type === "woke" && event.sleptMs >= RECONNECT_WINDOW_MS) return lose(recovery);
  if (event.type === "refused") return refused(recovery);
  const heard = event.type === "reintroduced" ? { ...recovery, isRefused: false } : recovery;
  if (state.phase === "sound") return whileSound(heard, state, event, now);
  // Only where nothing was wrong does a close say more than that it is over.
  return whileInterrupted(heard, event.type === "closed-by-peer" ? { type: "dead" } : event, now);
}

function whileInterrupted(heard: Recovery, event: RecoveryEvent, now: number): Step {
  const { state } = heard;
  switch (state.phase) {
    case "shaky":
      return whileShaky(heard, state, event, now);
    case "restarting":
      return whileRestarting(heard, state, event, now);
    case "rebuilding":
      return whileRebuilding(heard, state, event, now);
    default:
      return [heard, []];
  }
}

function whileSound(recovery: Recovery, state: In<"sound">, event: RecoveryEvent, now: number): Step {
  const endOfWindow = now + RECONNECT_WINDOW_MS;
  switch (event.type) {
    case "disconnected":
      return to(
        recovery,
        { phase: "shaky", giveUpAt: endOfWindow, restartAt: now + DISCONNECTED_MS },
        "interrupt",
      );
    case "silence":
      return interrupted(repair(recovery, endOfWindow, now));
    case "dead":
      return interrupted(rebuild(recovery, endOfWindow, now, true));
    case "closed-by-peer":
      return interrupted(hurried(rebuild(recovery, endOfWindow, now, true), now));
    case "proof":
      return to(recovery, { phase: "sound" });
    case "tick":
      if (state.proof === undefined || now < state.proof.by) return to(recovery, state);
      return interrupted(repair(recovery, state.proof.since + RECONNECT_WINDOW_MS, now));
    case "woke":
      return doubt(recovery, state, now, event.sleptMs);
    case "asked":
      if (event.level === 2) return interrupted(rebuild(recovery, endOfWindow, now, false));
      return mayRestart(recovery, now) ? repair(recovery, undefined, now) : doubt(recovery, state, now, 0);
    case "network-changed":
      return mayRestart(recovery, now) ? repair(recovery, undefined, now) : doubt(recovery, state, now, 0);
    case "restarted":
      return to(recovery, { phase: "restarting", beganAt: now, isAnswered: true }, "probe");
    case "agreed":
      return interrupted(to(recovery, agreed(endOfWindow, now)));
    default:
      return to(recovery, state);
  }
}

function whileShaky(recovery: Recovery, state: In<"shaky">, event: RecoveryEvent, now: number): Step {
  switch (event.type) {
    case "connected":
    case "proof":
      return to(recovery, { phase: "sound" }, "resume");
    case "tick":
      return now < state.restartAt ? to(recovery, state) : repair(recovery, state.giveUpAt, now);
    case "silence":
    case "woke":
    case "network-changed":
      return repair(recovery, state.giveUpAt, now);
    case "asked":
      if (event.level === 1) return repair(recovery, state.giveUpAt, now);
      return rebuild(recovery, state.giveUpAt, now, false);
    case "restarted":
      return to(
        recovery,
        { phase: "restarting", giveUpAt: state.giveUpAt, beganAt: now, isAnswered: true },
        "probe",
      );
    case "dead":
      return rebuild(recovery, state.giveUpAt, now, true);
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
      return wasInterrupted ? to(recovery, { phase: "sound" }, "resume") : to(recovery, { phase: "sound" });
    case "disconnected":
    case "silence":
      return told(to(recovery, { ...state, giveUpAt: end }));
    case "restarted":
      return to(recovery, { ...state, isAnswered: true }, "probe");
    case "tick":
      return now < endOfRestart(state) ? to(recovery, state) : told(rebuild(recovery, end, now, false));
    case "dead":
      return told(rebuild(recovery, end, now, true));
    case "asked":
      return event.level === 1 ? to(recovery, state) : told(rebuild(recovery, end, now, false));
    case "reintroduced":
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

function whileRebuilding(
  recovery: Recovery,
  state: In<"rebuilding">,
  event: RecoveryEvent,
  now: number,
): Step {
  switch (event.type) {
    case "connected":
    case "proof":
      if (state.isDead || state.step === "agreed" || state.step === "connected") return to(recovery, state);
      return to(recovery, { phase: "sound" }, "drop-call", "resume");
    case "dead":
      if (recovery.isRefused) return lose(recovery);
      return to(recovery, { ...state, isDead: true });
    case "call-answered":
      return to(recovery, { ...hopeful(state), step: "answered" });
    case "agreed":
      return to(recovery, agreed(hopeful(state).giveUpAt, state.calledAt));
    case "new-connected":
      return to(recovery, { ...state, step: "connected" });
    case "call-failed":
      if (recovery.isRefused && state.isDead) return lose(recovery);
      return to(recovery, { ...state, step: "calling" });
    case "secured":
      return to({ ...recovery, restarts: [] }, { phase: "sound" });
    case "woke":
    case "network-changed":
      return state.step === "calling" ? callAgain(recovery, state, now) : to(recovery, state);
    case "asked":
      return state.step === "connected" ? to(recovery, state) : callAgain(recovery, hopeful(state), now);
    case "reintroduced":
      return state.step === "connected" ? to(recovery, state) : callAgain(recovery, state, now);
    case "tick":
      return now < nextCall(state) ? to(recovery, state) : callAgain(recovery, state, now);
    default:
      return to(recovery, state);
  }
}

function refused(recovery: Recovery): Step {
  const { state } = recovery;
  const isOnItsOwn = state.phase === "rebuilding" && (state.step === "agreed" || state.step === "connected");
  if (state.phase === "rebuilding" && state.isDead && !isOnItsOwn) return lose(recovery);
  return to({ ...recovery, isRefused: true }, state);
}
