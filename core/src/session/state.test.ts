import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Phase, SessionState } from "./session.ts";
import { KNOWN_EVENTS, OUT_OF_TABLE, type StateEvent, transition } from "./state.ts";

const path = { kind: "direct" } as const;
const words = { words: [1, 2, 3, 4, 5] as const, mine: false, theirs: true };

const STATES: Record<Phase, SessionState> = {
  waiting: { phase: "waiting", deadline: 10 },
  connecting: { phase: "connecting", step: "network", attempt: 1 },
  secure: { phase: "secure", path, deadline: 10, words },
  reconnecting: { phase: "reconnecting", path, deadline: 10, giveUpAt: 5, words },
  ended: { phase: "ended", reason: { type: "peer-left" } },
};

const EVENTS: Record<StateEvent["type"], StateEvent> = {
  alone: { type: "alone", deadline: 7 },
  step: { type: "step", step: "channel", attempt: 2 },
  "attempt-failed": { type: "attempt-failed", failed: { code: "E_HS_TIMEOUT", mayStartAnother: true } },
  secured: { type: "secured", path, deadline: 8 },
  path: { type: "path", path: { kind: "relay", host: "relay.example" } },
  deadline: { type: "deadline", deadline: 3 },
  words: { type: "words", words: { ...words, mine: true } },
  interrupted: { type: "interrupted", giveUpAt: 4 },
  resumed: { type: "resumed", path },
  ended: { type: "ended", reason: { type: "time-up" } },
};

const anyEvent = fc.constantFrom(...Object.values(EVENTS));

describe("the table", () => {
  const pairs = Object.values(STATES).flatMap((state) =>
    Object.values(EVENTS).map((event) => ({ state, event })),
  );

  test.each(pairs)("$state.phase + $event.type", ({ state, event }) => {
    const next = transition(state, event);
    if (state.phase === "ended") expect(next).toBe(state);
    else if (!KNOWN_EVENTS[state.phase].includes(event.type)) expect(next).toEqual(OUT_OF_TABLE);
    else expect(next).not.toEqual(OUT_OF_TABLE);
  });

  test("a driver that breaks it has made a mistake, which is no lost network", () => {
    const reason = { type: "failed", code: "E_INTERNAL" };
    expect(transition(STATES.waiting, EVENTS.resumed)).toEqual({ phase: "ended", reason });
  });

  test("a conversation that was interrupted comes back with its words and its deadline", () => {
    const back = transition(transition(STATES.secure, EVENTS.interrupted), EVENTS.resumed);
    expect(back).toEqual(STATES.secure);
  });

  test("a new attempt forgets the failure of the one before", () => {
    const failed = transition(STATES.connecting, EVENTS["attempt-failed"]);
    expect(failed).toEqual({ ...STATES.connecting, failed: { code: "E_HS_TIMEOUT", mayStartAnother: true } });
    expect(transition(failed, EVENTS.step)).toEqual({ phase: "connecting", step: "channel", attempt: 2 });
  });
});

test("no order of events leaves `ended`", () => {
  fc.assert(
    fc.property(fc.array(anyEvent), fc.array(anyEvent), (before, later) => {
      const ended = transition(before.reduce(transition, STATES.waiting), EVENTS.ended);
      expect(ended.phase).toBe("ended");
      expect(later.reduce(transition, ended)).toBe(ended);
    }),
  );
});

test("nothing is secure that was not connecting just before, or reconnecting", () => {
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      let state: SessionState = STATES.waiting;
      for (const event of events) {
        const next = transition(state, event);
        if (next.phase === "secure" && state.phase !== "secure") {
          expect(["connecting", "reconnecting"]).toContain(state.phase);
        }
        state = next;
      }
    }),
  );
});

test("a room that waits again has nothing left of its conversation", () => {
  for (const state of [STATES.secure, STATES.reconnecting]) {
    expect(transition(state, EVENTS.alone)).toEqual({ phase: "waiting", deadline: 7 });
  }
});

test("a state is never changed in place", () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(STATES)), anyEvent, (state, event) => {
      const before = structuredClone(state);
      transition(Object.freeze(state), event);
      expect(state).toEqual(before);
    }),
  );
});
