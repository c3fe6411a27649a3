import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type LimitedAction, RULES, unlimited } from "./limiter.ts";
import { MemoryLimiter } from "./memory-limiter.ts";

const HOME = "198.51.100.7";
const MINUTE_MS = 60_000;

let now = 0;
let limiter = newLimiter();
function newLimiter(maxPrefixes?: number): MemoryLimiter {
  now = 0;
  return new MemoryLimiter({ now: () => now, ...(maxPrefixes === undefined ? {} : { maxPrefixes }) });
}
afterEach(() => {
  limiter[Symbol.dispose]();
  limiter = newLimiter();
});

function admitted(action: LimitedAction, times: number, address = HOME): number {
  let count = 0;
  for (let i = 0; i < times; i++) if (limiter.admit(action, address).admitted) count++;
  return count;
}

function admissionsAfter(pauses: number[], action: LimitedAction): number[] {
  using fresh = newLimiter();
  return pauses.flatMap((pause) => {
    now += pause;
    return fresh.admit(action, HOME).admitted ? [now] : [];
  });
}

/** The shortest time between an admission and the one that is `count` later. */
function tightestSpan(admissions: number[], count: number): number {
  return Math.min(...admissions.slice(count).map((at, i) => at - (admissions[i] ?? 0)));
}

describe("MemoryLimiter", () => {
  test.each([
    ["create", 10],
    ["join", 30],
    ["handshake", 10],
    ["up", 1],
  ] as const)("%s: %d of a hundred", (action, expected) => {
    expect(admitted(action, 100)).toBe(expected);
  });

  test("rooms: ten a minute and twenty in ten minutes", () => {
    expect(admitted("create", 15)).toBe(10);
    now = MINUTE_MS;
    expect(admitted("create", 15)).toBe(10);
    now = 2 * MINUTE_MS;
    expect(limiter.admit("create", HOME)).toEqual({ admitted: false, retryAfterMs: 8 * MINUTE_MS });
    now = 10 * MINUTE_MS;
    expect(admitted("create", 15)).toBe(10);
  });

  test("counts each action and each prefix for itself", () => {
    expect(admitted("create", 20)).toBe(10);
    expect(admitted("join", 40)).toBe(30);
    expect(admitted("create", 20, "198.51.101.7")).toBe(10);
    expect(admitted("create", 20, "::ffff:198.51.100.200")).toBe(0);
  });

  test("no window of any rule ever holds more than its count, across key rotations too", () => {
    // Most pauses are zero, because bursts are what limits are for.
    const pause = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(5_000), fc.nat(4 * MINUTE_MS));
    const pauses = fc.array(pause, { minLength: 30, maxLength: 150 });
    fc.assert(
      fc.property(fc.constantFrom("create", "join", "up"), pauses, (action, gaps) => {
        const admissions = admissionsAfter(gaps, action);
        for (const rule of RULES[action])
          expect(tightestSpan(admissions, rule.count)).toBeGreaterThanOrEqual(rule.windowMs);
      }),
    );
  });

  test("who waits as told is let in", () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(pauses, (gaps) => {
        using fresh = newLimiter();
        for (const gap of gaps) {
          now += gap;
          const verdict = fresh.admit("create", HOME);
          if (verdict.admitted) continue;
          now += verdict.retryAfterMs;
          expect(fresh.admit("create", HOME)).toEqual({ admitted: true });
        }
      }),
    );
  });

  test("memory is bounded: the prefix longest unseen is forgotten", () => {
    using small = newLimiter(3);
    for (let i = 0; i < 10; i++) small.admit("up", `10.0.${i}.1`);
    expect(small.size).toBe(3);
    expect(small.admit("up", "10.0.9.1").admitted).toBe(false);
    expect(small.admit("up", "10.0.0.1").admitted).toBe(true);
  });

  test("after two rotations nothing is held, whatever was asked last", () => {
    admitted("join", 5);
    now = 10 * MINUTE_MS;
    limiter.admit("up", "192.0.2.1");
    expect(limiter.size).toBe(2);
    now = 40 * MINUTE_MS;
    limiter.admit("up", "192.0.2.1");
    expect(limiter.size).toBe(1);
  });
});

test("unlimited admits all", () => {
  for (let i = 0; i < 1_000; i++) expect(unlimited.admit("up", HOME)).toEqual({ admitted: true });
});
