import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LentBlob } from "./lent-blob.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("is taken back by itself, or at once, and no timer is left", () => {
  const lent = new LentBlob();
  const blob = new Blob(["x"]);
  expect(lent.lend(blob)).toBe(blob);
  expect(lent.lend(blob)).toBe(blob);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(90_000);
  expect(vi.getTimerCount()).toBe(0);
  lent.lend(blob);
  lent.takeBack();
  expect(vi.getTimerCount()).toBe(0);
});
