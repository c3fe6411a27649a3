import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { textFrame } from "./frame.ts";
import { PingWheel } from "./ping-wheel.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function visitors(rounds: PingWheel, count: number) {
  const visits = Array.from({ length: count }, () => [] as number[]);
  const stops = visits.map((times) => {
    const visitor = { visit: () => times.push(performance.now()) };
    const slice = rounds.add(visitor);
    return () => rounds.remove(visitor, slice);
  });
  return { visits, stops };
}

test("everybody is visited once a round, a slice at a time", () => {
  const rounds = new PingWheel(() => performance.now());
  const { visits } = visitors(rounds, 240);
  vi.advanceTimersByTime(9_000);
  for (const times of visits) expect(times).toHaveLength(3);
  const perSlice = new Map<number, number>();
  for (const time of visits.flat()) perSlice.set(time, (perSlice.get(time) ?? 0) + 1);
  expect(Math.max(...perSlice.values())).toBe(4);
  rounds.stop();
});

test("who leaves is not visited, and an empty round stops", () => {
  const rounds = new PingWheel(() => performance.now());
  const { visits, stops } = visitors(rounds, 3);
  for (const stop of stops) stop();
  vi.advanceTimersByTime(6_000);
  expect(visits.flat()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a loop that was blocked catches up without visiting anybody twice", () => {
  let now = 0;
  const rounds = new PingWheel(() => now);
  let visits = 0;
  for (let i = 0; i < 60; i++) rounds.add({ visit: () => visits++ });
  now = 2_000;
  vi.advanceTimersByTime(50);
  expect(visits).toBe(40);
  now = 100_000;
  vi.advanceTimersByTime(50);
  expect(visits).toBe(100);
  rounds.stop();
});

test.each([5, 125, 126, 300])("a frame of %i characters says its length", (length) => {
  const frame = textFrame("x".repeat(length));
  const headLength = length < 126 ? 2 : 4;
  expect(frame).toHaveLength(headLength + length);
  expect(frame[0]).toBe(0x81);
  expect(frame[1]).toBe(length < 126 ? length : 126);
  if (length >= 126) expect(Buffer.from(frame).readUInt16BE(2)).toBe(length);
});
