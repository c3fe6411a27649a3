import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { takeInvite } from "./invite.ts";

const BOOT = /<script>([\s\S]*)<\/script>/.exec(
  readFileSync(new URL("../partials/boot.html", import.meta.url), "utf8"),
)?.[1];

/** The parts of a window that the page's first script may touch. Anything else that it reached for would throw. */
function open(address: string) {
  const url = new URL(address);
  const calls: unknown[][] = [];
  const listeners = new Map<string, () => void>();
  const window: Record<string, unknown> = {};
  runInNewContext(BOOT ?? "", {
    window,
    location: url,
    Event,
    history: { replaceState: (...call: unknown[]) => calls.push(call) },
    dispatchEvent: ({ type }: Event) => calls.push([type]),
    addEventListener: (type: string, listener: () => void) => listeners.set(type, listener),
  });
  return { window, url, calls, navigate: () => listeners.get("hashchange")?.() };
}

describe("the page's first script", () => {
  const SECRET = "2.mJ2v7d0qkX5sT3ZpQe8wYf1LrNcU6hBaGiK9oVxSzDM";

  test("takes the fragment, and the query, out of the address", () => {
    const { calls } = open(`https://example.org/base/rooms/x?y#${SECRET}`);
    expect(calls[0]).toEqual([null, "", "/base/rooms/x"]);
  });

  test("leaves the secret to be taken once, and unseen by enumeration", () => {
    const { window } = open(`https://example.org/rooms/x#${SECRET}`);
    expect(Object.keys(window)).toEqual([]);
    expect(takeInvite(window)).toBe(SECRET);
    expect(takeInvite(window)).toBeUndefined();
    expect(Object.getOwnPropertyNames(window)).toEqual([]);
  });

  test("does nothing without a fragment", () => {
    const { window, calls } = open("https://example.org/rooms/x");
    expect(calls).toEqual([]);
    expect(takeInvite(window)).toBeUndefined();
  });

  test("takes a fragment that is pasted later, too", () => {
    const { window, url, calls, navigate } = open("https://example.org/rooms/x");
    url.hash = SECRET;
    navigate();
    expect(calls).toEqual([[null, "", "/rooms/x"], ["nullroom:invite"]]);
    expect(takeInvite(window)).toBe(SECRET);
  });
});
