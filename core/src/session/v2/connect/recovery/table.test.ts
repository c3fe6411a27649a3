import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scaled } from "../../../../../../testing/scale.ts";
import { RECONNECT_WINDOW_MS } from "../../../../limits.ts";
import {
  dueAt,
  healthy,
  introduced,
  MAX_RESTARTS,
  PEER_CLOSED_MS,
  RESTARTS_WINDOW_MS,
  type Recovery,
  type RecoveryCommand,
  type RecoveryEvent,
} from "./state.ts";
import { advance } from "./table.ts";

const EVENTS: readonly RecoveryEvent[] = [
  ...(["disconnected", "connected", "dead", "proof", "silence", "network-changed"] as const).map((type) => ({
    type,
  })),
  ...(
    ["restarted", "handshake-answered", "agreed", "new-connected", "handshake-failed", "secured"] as const
  ).map((type) => ({
    type,
  })),
  ...(["signaling-restored", "refused", "tick"] as const).map((type) => ({ type })),
  { type: "closed-by-peer" },
  { type: "asked", level: 1 },
  { type: "asked", level: 2 },
  { type: "woke", sleptMs: 0 },
  { type: "woke", sleptMs: 30_000 },
  { type: "woke", sleptMs: RECONNECT_WINDOW_MS },
];

type Moment = {
  event: RecoveryEvent;
  now: number;
  before: Recovery;
  after: Recovery;
  commands: readonly RecoveryCommand[];
};

/** A life: events at random moments, and between them every tick that is asked for, on time. */
function live(first: Recovery, script: readonly { event: RecoveryEvent; waitMs: number }[]): Moment[] {
  const moments: Moment[] = [];
  let [recovery, now] = [first, 0];
  const hear = (event: RecoveryEvent) => {
    const [after, commands] = advance(recovery, event, now);
    moments.push({ event, now, before: recovery, after, commands });
    recovery = after;
  };
  for (const { event, waitMs } of script) {
    const until = now + waitMs;
    for (let due = dueAt(recovery); due <= until; due = dueAt(recovery)) {
      now = Math.max(now, due);
      hear({ type: "tick" });
    }
    now = until;
    hear(event);
  }
  return moments;
}

const script = fc.array(
  fc.record({
    event: fc.constantFrom(...EVENTS.filter(({ type }) => type !== "tick")),
    waitMs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 6_000 }),
      fc.integer({ min: 1, max: 130_000 }),
    ),
  }),
  { maxLength: 40 },
);
const first = fc.constantFrom(
  healthy(0, true),
  healthy(1, true),
  healthy(0, false),
  healthy(1, false),
  introduced(0, 0, 30_000),
);

function always(holds: (life: Moment[]) => void): void {
  fc.assert(
    fc.property(first, script, (recovery, events) => holds(live(recovery, events))),
    { numRuns: scaled(100_000, 1_000) },
  );
}

const isTold = ({ state }: Recovery) => "giveUpAt" in state && state.giveUpAt !== undefined;

describe("whatever happens, in whatever order", () => {
  test("people are told of each interruption once, and of each end of one", () => {
    always((life) => {
      for (const { event, before, after, commands } of life) {
        const isOver = after.state.phase === "lost" || event.type === "secured";
        expect(commands.includes("interrupt")).toBe(!isTold(before) && isTold(after));
        expect(commands.includes("resume")).toBe(isTold(before) && !isTold(after) && !isOver);
      }
    });
  });

  test("an interruption ends within its window", () => {
    always((life) => {
      for (const { now, after } of life) {
        if (!("giveUpAt" in after.state) || after.state.giveUpAt === undefined) continue;
        expect(after.state.giveUpAt).toBeGreaterThanOrEqual(now);
        expect(after.state.giveUpAt - now).toBeLessThanOrEqual(RECONNECT_WINDOW_MS);
        expect(dueAt(after)).toBeLessThanOrEqual(after.state.giveUpAt);
      }
    });
  });

  test("no more than three restarts begin in a minute, and none where a side cannot", () => {
    always((life) => {
      const began = life.filter(
        ({ commands }) => commands.includes("restart-ice") || commands.includes("ask-ice-restart"),
      );
      for (const { now, after } of began) {
        expect(after.canRestart).toBe(true);
        const recent = began.filter((other) => other.now <= now && now - other.now < RESTARTS_WINDOW_MS);
        const sinceRepaired = life.some(({ event }) => event.type === "secured");
        if (!sinceRepaired) expect(recent.length).toBeLessThanOrEqual(MAX_RESTARTS);
      }
    });
  });

  test("only I calls and restarts, only R asks", () => {
    always((life) => {
      for (const { before, commands } of life) {
        const foreign: RecoveryCommand[] =
          before.role === 0 ? ["ask-resumption", "ask-ice-restart"] : ["begin-resumption", "restart-ice"];
        for (const command of foreign) expect(commands).not.toContain(command);
      }
    });
  });

  test("lost is final, and said once", () => {
    always((life) => {
      expect(life.filter(({ commands }) => commands.includes("give-up")).length).toBeLessThanOrEqual(1);
      for (const { before, after, commands } of life) {
        if (before.state.phase !== "lost") continue;
        expect(after).toBe(before);
        expect(commands).toEqual([]);
      }
    });
  });

  test("who asks for the time at a moment and gets it has moved on: no tick is asked for twice", () => {
    always((life) => {
      for (const { event, now, after } of life)
        if (event.type === "tick") expect(dueAt(after)).toBeGreaterThan(now);
    });
  });
});

describe("a connection that the other side has closed", () => {
  const closed = (role: 0 | 1) => advance(healthy(role, true), { type: "closed-by-peer" }, 0);

  test.each([0, 1] as const)("is called for at once, and given up soon (role %i)", (role) => {
    const [recovery, commands] = closed(role);
    expect(commands).toEqual(["interrupt", role === 0 ? "begin-resumption" : "ask-resumption"]);
    expect(advance(recovery, { type: "tick" }, PEER_CLOSED_MS)[1]).toEqual(["give-up"]);
  });

  test.each([{ type: "handshake-answered" }, { type: "agreed" }, { type: "asked", level: 2 }] as const)(
    "has the whole window once the other page has shown that it is there ($type)",
    (event) => {
      const [recovery] = advance(closed(0)[0], event, 2_000);
      expect("giveUpAt" in recovery.state && recovery.state.giveUpAt).toBe(RECONNECT_WINDOW_MS);
    },
  );

  test("that was in trouble before says no more than that it is over", () => {
    const [shaky] = advance(healthy(0, true), { type: "disconnected" }, 0);
    const [recovery] = advance(shaky, { type: "closed-by-peer" }, 1_000);
    expect("giveUpAt" in recovery.state && recovery.state.giveUpAt).toBe(RECONNECT_WINDOW_MS);
  });
});
