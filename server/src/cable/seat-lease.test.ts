import { randomUUID } from "node:crypto";
import type { RoomId } from "@nullroom/core/brand";
import { LEASE_PING_INTERVAL_MS } from "@nullroom/core/limits";
import { expect, test, vi } from "vitest";
import { Counters } from "../counters.ts";
import { unlimited } from "../limits/limiter.ts";
import { newConnectionId, newNodeId } from "../rooms/ids.ts";
import { LocalBus } from "../rooms/local-bus.ts";
import { MemoryStore } from "../rooms/memory-store.ts";
import type { Digest } from "../rooms/store.ts";
import { noIceServers } from "../turn/none.ts";
import { SeatLease } from "./seat-lease.ts";
import { SignalBudgets } from "./signal-budget.ts";
import { Switchboard } from "./switchboard.ts";

const TTL_MS = 60_000;
const RULES = { roomTtlMs: TTL_MS, sessionTtlMs: TTL_MS, destroyOnPeerLeave: true };

/** A lease on a room that the store does not know any more. */
function leaseOf(now: () => number, expired: (how: "time-up" | "seat-lost") => void): SeatLease {
  const store = new MemoryStore(RULES, now);
  store.renew = async () => ({ outcome: "unknown" });
  const cable = {
    store,
    switchboard: new Switchboard(new LocalBus()),
    budgets: new SignalBudgets(),
    ice: noIceServers,
    limiter: unlimited,
    rules: RULES,
    classic: true,
    fileSizeLimit: 1024,
    counters: new Counters(),
    logShape: undefined,
    now,
  };
  const grant = {
    roomId: randomUUID() as string as RoomId,
    room: { protocol: "2", admit: "admit" as Digest },
    token: "token" as Digest,
    occupant: { node: newNodeId(), connectionId: newConnectionId() },
    seat: 0,
  } as const;
  const seated = { seat: 0, other: undefined, established: true, ttlMs: TTL_MS } as const;
  const holder = { other: undefined, otherChanges: 0, renewed: () => undefined, expired };
  return new SeatLease(cable, holder, grant, seated);
}

test.each([
  ["its last second, since the other side asked first: time is up", TTL_MS - 3, "time-up"],
  ["mid-time: the seat is lost", TTL_MS / 2, "seat-lost"],
] as const)("a room that is gone in %s", async (_, at, how) => {
  let now = 0;
  const ended = new Promise((resolve) => {
    const lease = leaseOf(() => now, resolve);
    now = at;
    lease.noteAlive(now);
  });
  expect(await ended).toBe(how);
});

test("a seat has a timer only towards its end, and then ends in time though nothing more is heard", async () => {
  vi.useFakeTimers();
  try {
    const now = () => performance.now() - startedAt;
    const startedAt = performance.now();
    const ends: string[] = [];
    const lease = leaseOf(now, (how) => ends.push(how));
    const timers = vi.getTimerCount(); // These are the store's own.
    vi.advanceTimersByTime(5_000);
    lease.noteAlive(now());
    expect(vi.getTimerCount()).toBe(timers);
    lease.startSession(2 * LEASE_PING_INTERVAL_MS);
    expect(vi.getTimerCount()).toBe(timers + 1);
    await vi.advanceTimersByTimeAsync(2 * LEASE_PING_INTERVAL_MS - 1);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toEqual(["time-up"]);
  } finally {
    vi.useRealTimers();
  }
});
