import { randomUUID } from "node:crypto";
import type { RoomId } from "@nullroom/core/brand";
import { expect, test } from "vitest";
import { TestRedis } from "../../../testing/services/redis.ts";
import { RedisStore } from "../rooms/redis-store.ts";
import type { RoomStore } from "../rooms/store.ts";
import { rulesOf } from "../serve.ts";
import { type Member, newSecrets, subscribe2 } from "../testing/client.ts";
import { configOf, createRoom, startNode } from "../testing/node.ts";

/** Few enough for the ten seconds that a socket without a seat may stay, and enough for a steady median. */
const QUESTIONS = 400;

/** Nobody could see a difference of this share of the answer's time through a network. */
const TOLERANCE = 0.25;

test("in memory, a wrong proof and no room are one answer in one time", () => sameFor({}), 60_000);

test("in Redis too", async () => {
  await using redis = await TestRedis.start();
  const store = new RedisStore(redis.url, rulesOf(configOf()));
  await store.open();
  await sameFor({ store });
}, 60_000);

async function sameFor(parts: { store?: RoomStore }): Promise<void> {
  await using node = await startNode({}, parts);
  const { admit, admitHash } = newSecrets();
  const roomId = await createRoom(node.url, { v: 2, admit: admitHash });
  const owner = await subscribe2(node.url, roomId);
  owner.perform({ action: "join", admit, seat: 0 });
  expect(await owner.client.message()).toMatchObject({ type: "init", seat: 0 });

  const known = await subscribe2(node.url, roomId);
  const unknown = await subscribe2(node.url, randomUUID() as string as RoomId);
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let question = 0; question < QUESTIONS; question++) {
    times.known.push(await refusal(known));
    times.unknown.push(await refusal(unknown));
  }
  expect(owner.client.unread().filter((frame) => JSON.stringify(frame).includes("intruder"))).toEqual([]);
  const ratio = median(times.known) / median(times.unknown);
  expect(ratio).toBeGreaterThan(1 - TOLERANCE);
  expect(ratio).toBeLessThan(1 + TOLERANCE);
  for (const { client } of [owner, known, unknown]) client.close();
}

/** How many milliseconds the answer to one guess takes. */
async function refusal(member: Member): Promise<number> {
  const askedAt = performance.now();
  member.perform({ action: "join", admit: newSecrets().admit, seat: 1 });
  expect(await member.client.message()).toEqual({ type: "refused", code: "room-gone" });
  return performance.now() - askedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
