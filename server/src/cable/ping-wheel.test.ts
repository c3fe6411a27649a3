import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PingWheel } from "./ping-wheel.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function visitors(wheel: PingWheel, count: number) {
  const visits = Array.from({ length: count }, () => [] as number[]);
  const stops = visits.map((times) => {
    const visitor = { visit: () => times.push(performance.now()) };
    const slice = wheel.add(visitor);
    return () => wheel.remove(visitor, slice);
  });
  return { visits, stops };
}

test("every target is visited once a round, a slice at a time", () => {
  const wheel = new PingWheel(() => performance.now());
  const { visits } = visitors(wheel, 240);
  vi.advanceTimersByTime(9_000);
  for (const times of visits) expect(times).toHaveLength(3);
  const perSlice = new Map<number, number>();
  for (const time of visits.flat()) perSlice.set(time, (perSlice.get(time) ?? 0) + 1);
  expect(Math.max(...perSlice.values())).toBe(4);
  wheel.stop();
});

test("a removed target is not visited, and an empty wheel stops", () => {
  const wheel = new PingWheel(() => performance.now());
  const { visits, stops } = visitors(wheel, 3);
  for (const stop of stops) stop();
  vi.advanceTimersByTime(6_000);
  expect(visits.flat()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a loop that was blocked catches up without visiting any target twice", () => {
  let now = 0;
  const wheel = new PingWheel(() => now);
  let visits = 0;
  for (let i = 0; i < 60; i++) wheel.add({ visit: () => visits++ });
  now = 2_000;
  vi.advanceTimersByTime(50);
  expect(visits).toBe(40);
  now = 100_000;
  vi.advanceTimersByTime(50);
  expect(visits).toBe(100);
  wheel.stop();
});
