import fc from "fast-check";
import { expect, test } from "vitest";
import { ProgressMeter, SPEED_WINDOW_MS } from "./progress.ts";

function meterOf(size: number) {
  const clock = { at: 1_000 };
  return { clock, meter: new ProgressMeter(size, () => clock.at) };
}

test("a steady file has its speed and the time that remains", () => {
  const { clock, meter } = meterOf(100_000);
  for (let step = 1; step <= 80; step++) {
    clock.at += 100;
    meter.note(step * 1_000);
  }
  expect(meter.read().speed).toBeCloseTo(10_000);
  expect(meter.read().leftMs).toBeCloseTo(2_000);
});

test("nothing is guessed in the first second", () => {
  const { clock, meter } = meterOf(100_000);
  clock.at += 500;
  meter.note(10_000);
  expect(meter.read()).toMatchObject({ moved: 10_000, leftMs: undefined });
});

test("only the window counts: old speed is forgotten, and standstill is standstill", () => {
  const { clock, meter } = meterOf(1e9);
  for (let step = 1; step <= 50; step++) {
    clock.at += 100;
    meter.note(step * 100_000);
  }
  for (let step = 1; step <= 60; step++) {
    clock.at += 100;
    meter.note(5_000_000 + step * 100);
  }
  expect(meter.read().speed).toBeCloseTo(1_000);
  clock.at += SPEED_WINDOW_MS + 100;
  expect(meter.read()).toMatchObject({ speed: 0, leftMs: undefined });
});

test("going back after a reconnect starts the speed anew", () => {
  const { clock, meter } = meterOf(100_000);
  clock.at += 2_000;
  meter.note(50_000);
  meter.note(40_000);
  expect(meter.read()).toMatchObject({ moved: 40_000, speed: 0 });
  clock.at += 1_000;
  meter.note(41_000);
  expect(meter.read().speed).toBeCloseTo(1_000);
});

test("whatever comes, the figures are no nonsense", () => {
  const steps = fc.array(fc.tuple(fc.nat(20_000), fc.nat(1_000)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (given) => {
      const size = given.reduce((sum, [, bytes]) => sum + bytes, 0);
      const { clock, meter } = meterOf(size);
      let moved = 0;
      for (const [ms, bytes] of given) {
        clock.at += ms;
        moved += bytes;
        meter.note(moved);
        const { speed, leftMs } = meter.read();
        expect(Number.isFinite(speed) && speed >= 0).toBe(true);
        expect(leftMs === undefined || (Number.isFinite(leftMs) && leftMs >= 0)).toBe(true);
      }
      expect(meter.read()).toMatchObject({ moved: size, leftMs: 0 });
    }),
  );
});
