import { HANDSHAKE_TTL_MS } from "@nullroom/core/limits";
import { expect, test } from "vitest";
import { MemoryStore } from "./memory-store.ts";
import { someDigest, someone, storeContract } from "./store.contract.ts";
import type { RoomRules } from "./store.ts";

const RULES: RoomRules = { roomTtlMs: 900_000, sessionTtlMs: 600_000, destroyOnPeerLeave: true };

function timedStore(rules: RoomRules) {
  let now = 0;
  const store = new MemoryStore(rules, () => now);
  const advance = (ms: number) => {
    now += ms;
  };
  return { store, advance };
}

storeContract("memory store", async (rules) => timedStore(rules));

test("what is over is freed, without anybody asking for it", async () => {
  const { store, advance } = timedStore(RULES);
  for (let i = 0; i < 100; i++) await store.create({ protocol: "classic" });
  advance(500_000);
  const late = await store.create({ protocol: "classic" });
  await store.putHandshake(someDigest(), "blob");
  advance(399_000);
  store.sweep();
  expect(store.size).toEqual({ rooms: 101, handshakes: 0 });
  advance(2_001);
  store.sweep();
  expect(store.size).toEqual({ rooms: 1, handshakes: 0 });
  expect(await store.classicTtl(late)).toBe(498_999);
  advance(500_000);
  store.sweep();
  expect(store.size).toEqual({ rooms: 0, handshakes: 0 });
  await store.close();
});

test("a room that was established is freed at its new end and not before", async () => {
  const { store, advance } = timedStore(RULES);
  const admit = someDigest();
  const roomId = await store.create({ protocol: "2", admit });
  const occupant = someone();
  for (const seat of [0, 1] as const) {
    await store.join({ roomId, protocol: "2", admit, seat, token: someDigest(), occupant });
  }
  await store.establish(roomId, 0, occupant);
  advance(599_000);
  store.sweep();
  expect(store.size.rooms).toBe(1);
  advance(3_000);
  store.sweep();
  expect(store.size.rooms).toBe(0);
  await store.close();
});

test("a handshake is gone at its time even between two sweeps", async () => {
  const { store, advance } = timedStore(RULES);
  const identifier = someDigest();
  await store.putHandshake(identifier, "blob");
  advance(HANDSHAKE_TTL_MS);
  expect(await store.putHandshake(identifier, "new")).toBe(true);
  expect(await store.takeHandshake(identifier)).toBe("new");
  await store.close();
});
