import { createHash } from "node:crypto";
import fc from "fast-check";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import { TestRedis } from "../../../testing/services/redis.ts";
import { MemoryStore } from "./memory-store.ts";
import { roomScript } from "./redis-rules.ts";
import { RedisStore } from "./redis-store.ts";
import { someDigest, someone, storeContract, type TimedStore } from "./store.contract.ts";
import type { RoomRules } from "./store.ts";
import { operationSequences, run } from "./store-equivalence.contract.ts";

const RULES: RoomRules = { roomTtlMs: 900_000, sessionTtlMs: 600_000, destroyOnPeerLeave: true };

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis[Symbol.asyncDispose]());

async function timedStore(rules: RoomRules): Promise<TimedStore & { store: RedisStore }> {
  let offset = 0;
  const store = new RedisStore(redis.url, rules, () => offset);
  await store.open();
  const advance = (ms: number) => {
    offset += ms;
  };
  return { store, advance };
}

function timedMemory(rules: RoomRules): TimedStore {
  let now = 0;
  const advance = (ms: number) => {
    now += ms;
  };
  return { store: new MemoryStore(rules, () => now), advance };
}

storeContract("Redis store", timedStore);

/** What the random sequences have to bring about at least once, or they prove nothing. */
const LANDMARKS = [
  ...['"outcome":"seated"', '"outcome":"room-full"', '"outcome":"room-gone"', '"outcome":"lease-over"'],
  ...['"outcome":"kept"', '"outcome":"ended"', '"outcome":"unknown"', '"established":true', '"lost":{'],
  ...['["evict",{', '["establish",{', '["restore",true', '["restore",false', '["resume",{"outcome":"seated"'],
];

test.each([true, false])(
  "any sequence of operations has the same answers as in memory (rooms end when a peer leaves: %s)",
  async (destroyOnPeerLeave) => {
    const rules = { ...RULES, destroyOnPeerLeave };
    let seen = "";
    await fc.assert(
      fc.asyncProperty(operationSequences, async (operations) => {
        const [redisStore, memoryStore] = [await timedStore(rules), timedMemory(rules)];
        const answers = await run(operations, redisStore);
        expect(answers).toEqual(await run(operations, memoryStore));
        seen += JSON.stringify(answers);
        await Promise.all([redisStore.store.close(), memoryStore.store.close()]);
      }),
      { numRuns: scaled(5_000, 100) },
    );
    for (const landmark of LANDMARKS) expect(seen).toContain(landmark);
  },
  600_000,
);

describe("what Redis holds", () => {
  test("a room is one key that expires with it, and an ended room leaves nothing", async () => {
    const { store } = await timedStore(RULES);
    const client = createClient({ url: redis.url });
    await client.connect();
    await client.flushAll();
    const admit = someDigest();
    const roomId = await store.create({ protocol: "2", admit });
    expect(await client.keys("*")).toEqual([`r:${roomId}`]);
    const left = await client.pTTL(`r:${roomId}`);
    expect(left).toBeGreaterThan(890_000);
    expect(left).toBeLessThanOrEqual(900_000);

    const [a, b] = [someone(), someone()];
    await store.join({ roomId, protocol: "2", admit, token: someDigest(), occupant: a });
    await store.join({ roomId, protocol: "2", admit, token: someDigest(), occupant: b });
    await store.establish(roomId, 0, a);
    expect(await client.pTTL(`r:${roomId}`)).toBeLessThanOrEqual(600_000);
    await store.leave(roomId, 0, a, "said");
    expect(await client.dbSize()).toBe(0);
    await Promise.all([store.close(), client.close()]);
  });

  test("the rules are a script that Redis compiles, and a syntax error in them is one that it names", async () => {
    const client = createClient({ url: redis.url });
    await client.connect();
    const script = roomScript(RULES);
    expect(await client.scriptLoad(script)).toBe(createHash("sha1").update(script).digest("hex"));
    await expect(client.scriptLoad(`${script}end`)).rejects.toThrow("compiling script");
    await client.close();
  });

  test("each step is one call", async () => {
    const { store } = await timedStore(RULES);
    const client = createClient({ url: redis.url });
    await client.connect();
    const calls = async () => {
      const stats = await client.info("commandstats");
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
    };
    const roomId = await store.create({ protocol: "classic" }); // From here on Redis knows the script.
    const occupant = someone();
    const before = await calls();
    await store.join({ roomId, protocol: "classic", token: someDigest(), occupant });
    await store.renew(roomId, 0, occupant);
    await store.leave(roomId, 0, occupant, "said");
    expect((await calls()) - before).toBe(3);
    await Promise.all([store.close(), client.close()]);
  });

  test("a Redis that has forgotten the script is given it again", async () => {
    const { store } = await timedStore(RULES);
    const roomId = await store.create({ protocol: "classic" });
    const client = createClient({ url: redis.url });
    await client.connect();
    await client.scriptFlush();
    expect(await store.classicTtl(roomId)).toBeGreaterThan(0);
    await Promise.all([store.close(), client.close()]);
  });
});
