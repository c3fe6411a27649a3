import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EndReason } from "../session/session.ts";
import { StateEmitter } from "../session/state-emitter.ts";
import { HINT_MS, Presence, RECOVERY_MS } from "./presence.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const left: EndReason = { type: "peer-left" };

function converse() {
  const emitter = new StateEmitter({ phase: "secure", path: { kind: "direct" }, deadline: 1e9 });
  const lifetime = new AbortController();
  const ends: EndReason[] = [];
  let resumed = 0;
  const presence = new Presence({
    emitter,
    now: () => performance.now(),
    signal: lifetime.signal,
    onResumed: () => {
      resumed += 1;
    },
    onEnded: (reason) => {
      ends.push(reason);
      lifetime.abort();
    },
  });
  return { presence, emitter, ends, lifetime, resumed: () => resumed };
}

describe("who is still there", () => {
  test("a hint alone ends nothing, for as long as the channel is open", () => {
    const { presence, ends, emitter } = converse();
    presence.hinted(left);
    vi.advanceTimersByTime(10 * 60_000);
    expect(ends).toEqual([]);
    expect(emitter.state.phase).toBe("secure");
  });

  test.each([
    ["hint, then close", ["hint", "close"], 0, left],
    ["close, then hint", ["close", "hint"], 0, left],
    ["close alone", ["close"], HINT_MS, { type: "lost" }],
    ["failed alone", ["failed"], HINT_MS, { type: "lost" }],
    ["hint, then failed", ["hint", "failed"], 0, left],
    ["closed twice", ["close", "failed"], HINT_MS, { type: "lost" }],
  ] as const)("%s", (_, happens, wait, reason) => {
    const { presence, ends } = converse();
    for (const event of happens) {
      if (event === "hint") presence.hinted(left);
      else if (event === "close") presence.closed();
      else presence.connection("failed");
    }
    vi.advanceTimersByTime(wait);
    expect(ends).toEqual([reason]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an interruption is shown, with the time it is given, and may heal", () => {
    const { presence, emitter, ends, resumed } = converse();
    presence.connection("disconnected");
    expect(emitter.state).toMatchObject({ phase: "reconnecting", giveUpAt: performance.now() + RECOVERY_MS });
    presence.connection("connected");
    expect(emitter.state).toEqual({ phase: "secure", path: { kind: "direct" }, deadline: 1e9 });
    expect(resumed()).toBe(1);
    vi.advanceTimersByTime(RECOVERY_MS);
    expect(ends).toEqual([]);
  });

  test("an interruption that does not heal ends as lost, or as left where the server said so", () => {
    const lost = converse();
    lost.presence.connection("disconnected");
    vi.advanceTimersByTime(RECOVERY_MS);
    expect(lost.ends).toEqual([{ type: "lost" }]);

    const gone = converse();
    gone.presence.hinted(left);
    gone.presence.connection("disconnected");
    vi.advanceTimersByTime(RECOVERY_MS);
    expect(gone.ends).toEqual([left]);
  });
});
