import type { Path } from "../peer/path.ts";
import type { ConnectStep, EndReason, FailedAttempt, Phase, SessionState, WordsState } from "./session.ts";

/**
 * The one state machine of a conversation, for both protocols: what may follow what. Pure. The drivers
 * (`classic/`, `v2-session.ts`) turn what happens into these events and act on the phase that comes out.
 * Its table is spec/3-session.md, "States".
 */
export type StateEvent =
  /**
   * This side has a seat and is alone: the room waits for the other until `deadline`. Where links may be used again,
   * this follows a conversation too, of which nothing is left then.
   */
  | { type: "alone"; deadline: number; linkLasts?: boolean }
  | { type: "step"; step: ConnectStep; attempt: number }
  /** An attempt failed; the session stays for another one that a person starts. */
  | { type: "attempt-failed"; failed: FailedAttempt }
  | { type: "secured"; path: Path; deadline: number; words?: WordsState }
  | { type: "path"; path: Path }
  | { type: "deadline"; deadline: number }
  | { type: "words"; words: WordsState }
  /** The transport stopped. Both sides try to have it back until `giveUpAt`. */
  | { type: "interrupted"; giveUpAt: number }
  | { type: "resumed"; path: Path }
  | { type: "ended"; reason: EndReason };

/** Which events each phase knows. `ended` knows none: peers and sockets go on talking after the end. */
export const KNOWN_EVENTS: { readonly [P in Phase]: readonly StateEvent["type"][] } = {
  waiting: ["alone", "deadline", "step", "ended"],
  connecting: ["alone", "step", "attempt-failed", "secured", "ended"],
  secure: ["alone", "path", "deadline", "words", "interrupted", "ended"],
  reconnecting: ["alone", "path", "deadline", "words", "resumed", "ended"],
  ended: [],
};

/** A driver that breaks the table has a bug: the session ends, and nobody guesses what was meant. */
export const OUT_OF_TABLE: SessionState = { phase: "ended", reason: { type: "failed", code: "E_INTERNAL" } };

export function transition(state: SessionState, event: StateEvent): SessionState {
  if (state.phase === "ended") return state;
  if (!KNOWN_EVENTS[state.phase].includes(event.type)) return OUT_OF_TABLE;

  switch (event.type) {
    case "alone":
      return { ...withoutType(event), phase: "waiting" };
    case "step":
      return { phase: "connecting", step: event.step, attempt: event.attempt };
    case "attempt-failed":
      return state.phase === "connecting" ? { ...state, failed: event.failed } : OUT_OF_TABLE;
    case "secured":
      return { ...withoutType(event), phase: "secure" };
    case "path":
    case "words":
      return isOpen(state) ? { ...state, ...withoutType(event) } : OUT_OF_TABLE;
    case "deadline":
      return "deadline" in state ? { ...state, deadline: event.deadline } : OUT_OF_TABLE;
    case "interrupted":
      return isOpen(state) ? { ...state, phase: "reconnecting", giveUpAt: event.giveUpAt } : OUT_OF_TABLE;
    case "resumed":
      return state.phase === "reconnecting" ? resumed(state, event.path) : OUT_OF_TABLE;
    case "ended":
      return { phase: "ended", reason: event.reason };
  }
}

type OpenState = Extract<SessionState, { phase: "secure" | "reconnecting" }>;

/** Whether there is a conversation to see and to write to. */
export function isOpen(state: SessionState): state is OpenState {
  return state.phase === "secure" || state.phase === "reconnecting";
}

function resumed(
  { giveUpAt: _, ...kept }: Extract<SessionState, { phase: "reconnecting" }>,
  path: Path,
): SessionState {
  return { ...kept, phase: "secure", path };
}

function withoutType<E extends StateEvent>({ type: _, ...fields }: E): Omit<E, "type"> {
  return fields;
}
