import fc from "fast-check";
import { expect, test } from "vitest";
import { sleepAwareClock } from "./clock.ts";

function clocks() {
  const times = { awake: 1_000, wall: 1_700_000_000_000 };
  return {
    times,
    now: sleepAwareClock(
      () => times.awake,
      () => times.wall,
    ),
  };
}

test("a sleep counts, although one of the two clocks stood still", () => {
  const { times, now } = clocks();
  const before = now();
  times.wall += 3_600_000;
  expect(now() - before).toBe(3_600_000);
  times.awake += 10;
  times.wall += 10;
  expect(now() - before).toBe(3_600_010);
});

test("where both went on through the sleep it counts once", () => {
  const { times, now } = clocks();
  const before = now();
  times.awake += 3_600_000;
  times.wall += 3_600_000;
  expect(now() - before).toBe(3_600_000);
});

test("small corrections of the wall clock do not count, and one that is set back gains nobody time", () => {
  const { times, now } = clocks();
  const before = now();
  for (const correction of [900, -900, -86_400_000]) {
    times.wall += correction;
    times.awake += 1;
    now();
  }
  expect(now() - before).toBe(3);
});

test("it never goes back", () => {
  const step = fc.record({ awake: fc.nat(10_000), wall: fc.integer({ min: -10_000_000, max: 10_000_000 }) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { times, now } = clocks();
      let last = now();
      for (const { awake, wall } of steps) {
        times.awake += awake;
        times.wall += wall;
        const next = now();
        expect(next).toBeGreaterThanOrEqual(last + awake);
        last = next;
      }
    }),
  );
});
