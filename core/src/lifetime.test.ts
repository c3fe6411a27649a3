import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { after, at, childOf, delay, Serial } from "./lifetime.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("timers", () => {
  test("after and delay keep their time and leave nothing behind when aborted", async () => {
    const lifetime = new AbortController();
    const done: string[] = [];
    after(100, lifetime.signal, () => done.push("after"));
    const delayed = delay(200, lifetime.signal);
    const caught = delayed.catch(() => done.push("aborted"));
    vi.advanceTimersByTime(100);
    lifetime.abort();
    await caught;
    expect(done).toEqual(["after", "aborted"]);
    expect(vi.getTimerCount()).toBe(0);
    after(1, lifetime.signal, () => done.push("late"));
    await expect(delay(1, lifetime.signal)).rejects.toBeDefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("at believes the clock and not the timer, however far away", () => {
    let late = 0;
    const now = () => performance.now() - late;
    const day = 24 * 3600 * 1000;
    let due = 0;
    at(day, now, new AbortController().signal, () => {
      due = now();
    });
    vi.advanceTimersByTime(day - 1);
    expect(due).toBe(0);
    late = 5_000; // The clock stood still meanwhile, as some do while a machine sleeps.
    vi.advanceTimersByTime(1_000);
    expect(due).toBe(0);
    vi.advanceTimersByTime(4_001);
    expect(due).toBeGreaterThanOrEqual(day);
  });

  test("at can be cancelled even where it is due already", () => {
    let ran = false;
    at(
      0,
      () => 10,
      new AbortController().signal,
      () => {
        ran = true;
      },
    )();
    vi.runAllTimers();
    expect(ran).toBe(false);
  });
});

test("a child follows its parent, and not the other way round", () => {
  const parent = new AbortController();
  const [first, second] = [childOf(parent.signal), childOf(parent.signal)];
  first.abort();
  expect(parent.signal.aborted).toBe(false);
  parent.abort("over");
  expect(second.signal.reason).toBe("over");
  expect(childOf(parent.signal).signal.aborted).toBe(true);
});

describe("Serial", () => {
  test("one at a time, in order, and nothing behind a failure", async () => {
    const failures: unknown[] = [];
    const serial = new Serial(new AbortController().signal, (thrown) => failures.push(thrown));
    const done: number[] = [];
    for (const ms of [30, 20, 10]) {
      serial.run(async () => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        done.push(ms);
      });
    }
    serial.run(() => {
      throw new Error("enough");
    });
    serial.run(() => void done.push(0));
    await vi.runAllTimersAsync();
    expect(done).toEqual([30, 20, 10]);
    expect(failures).toEqual([new Error("enough")]);
  });

  test("nothing starts after an abort, and what then fails is no failure", async () => {
    const lifetime = new AbortController();
    const failures: unknown[] = [];
    const serial = new Serial(lifetime.signal, (thrown) => failures.push(thrown));
    let ran = false;
    serial.run(async () => {
      lifetime.abort();
      throw new Error("closed under me");
    });
    serial.run(() => {
      ran = true;
    });
    await vi.runAllTimersAsync();
    expect([ran, failures]).toEqual([false, []]);
  });
});
