import fc from "fast-check";
import { expect, test } from "vitest";
import { scaled } from "../../../../../testing/scale.ts";
import { RECONNECT_WINDOW_MS } from "../../../limits.ts";
import type { Fault, Side } from "../../../testing/resumption-faults.ts";
import { ResumptionWorld } from "../../../testing/resumption-world.ts";

const RUNS = scaled(100_000, 1_000);

/** Long after the last fault of a schedule. */
const END_MS = 600_000;

const schedule = (longestMs: number) =>
  fc.array(
    fc.record<Fault>({
      at: fc.integer({ min: 0, max: 100_000 }),
      ms: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: longestMs })),
      what: fc.constantFrom("network", "network", "socket-I", "socket-R", "relay"),
    }),
    { maxLength: 8 },
  );

/** The initiator learnt a new epoch over the old connection while its HS1 under the old one's secret was being answered. */
const REKEYED_UNDER_A_HANDSHAKE: [Fault[], number][] = [
  [
    [
      { at: 27_828, ms: 2_175, what: "network" },
      { at: 68_080, ms: 18_180, what: "network" },
    ],
    1_432_775_616,
  ],
];

/** Random numbers that a seed determines, so that a schedule that fails fails again. */
function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const phase = ({ recovery }: Side) => recovery.state.phase;

/** It holds at any moment, because a transport may die at any. */
function expectFewKeys({ sides: [i, r], waitsForInitiator }: ResumptionWorld): void {
  if (phase(i) === "lost" || phase(r) === "lost") return;
  const [newest = "none"] = i.resumes;
  const isRight =
    i.resumes.length === 1 && r.resumes.length <= (waitsForInitiator ? 2 : 1) && r.resumes.includes(newest);
  if (!isRight)
    expect({ i: i.resumes, r: r.resumes }).toBe(
      "one of the initiator's, among at most two of the responder's",
    );
}

function play(faults: readonly Fault[], seed: number): ResumptionWorld {
  const world = new ResumptionWorld(faults, stream(seed));
  world.run(END_MS, () => expectFewKeys(world));
  return world;
}

test("however network, sockets and relay fail: both go on with the same keys, or both have given up", () => {
  const ends = { together: 0, lost: 0 };
  fc.assert(
    fc.property(schedule(RECONNECT_WINDOW_MS), fc.nat(), (faults, seed) => {
      const [i, r] = play(faults, seed).sides;
      const phases = [phase(i), phase(r)];
      if (phases.every((one) => one === "lost")) {
        ends.lost += 1;
        expect([...i.resumes, ...r.resumes]).toEqual([]);
        return;
      }
      ends.together += 1;
      expect(phases).toEqual(["healthy", "healthy"]);
      expect(i.connection).toBe(r.connection);
      expect(i.connection).toBeDefined();
    }),
    { numRuns: RUNS, examples: REKEYED_UNDER_A_HANDSHAKE },
  );
  expect(Math.min(ends.together, ends.lost)).toBeGreaterThan(0);
}, 3_600_000);

test("nobody is lost to failures of seconds", () => {
  fc.assert(
    fc.property(schedule(8_000), fc.nat(), (faults, seed) => {
      const [i, r] = play(faults.slice(0, 4), seed).sides;
      expect([phase(i), phase(r)]).toEqual(["healthy", "healthy"]);
    }),
    { numRuns: RUNS },
  );
}, 3_600_000);
