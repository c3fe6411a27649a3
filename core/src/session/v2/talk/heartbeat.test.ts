import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CtlFrame, FrameBytes } from "../../../wire/frames.ts";
import { FIRST_IGNORED } from "../../../wire/frames.ts";
import { Heartbeat } from "./heartbeat.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A heartbeat by the fake clock; `draw` is what chance says. */
function beating(draw: () => number) {
  const said: (CtlFrame | FrameBytes)[] = [];
  const heard: string[] = [];
  const lifetime = new AbortController();
  const heartbeat = new Heartbeat({
    signal: lifetime.signal,
    now: () => performance.now(),
    send: async (frame) => void said.push(frame),
    onProof: () => heard.push("proof"),
    onSilence: () => heard.push("silence"),
    random: draw,
  });
  return { heartbeat, said, heard, lifetime };
}

test("a PING every 10 to 20 s; three without an answer are silence, one with it is proof", async () => {
  const { heartbeat, said, heard } = beating(() => 0.5);
  await vi.advanceTimersByTimeAsync(15_000);
  const [ping] = said;
  if (ping?.type !== "ping") throw new Error("no PING");
  heartbeat.heardPong(new Uint8Array(8));
  expect(heard).toEqual([]); // Another token than the PING's.
  heartbeat.heardPong(ping.token);
  expect(heard).toEqual(["proof"]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toHaveLength(5);
  expect(heard).toEqual(["proof", "silence"]);
});

test("now and then something comes with it that nobody knows, and has to be ignored", async () => {
  const { said } = beating(() => 0);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(said).toHaveLength(2);
  expect(Number(said[1]?.type)).toBeGreaterThanOrEqual(FIRST_IGNORED);
});

test("nothing is said after its end", async () => {
  const { said, lifetime } = beating(() => 0);
  lifetime.abort();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toEqual([]);
});
