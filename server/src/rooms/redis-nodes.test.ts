import type { RoomId, Seat } from "@nullroom/core/brand";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import { TestRedis } from "../../../testing/services/redis.ts";
import { until } from "../../../testing/until.ts";
import type { Delivery } from "./bus.ts";
import { newConnectionId } from "./ids.ts";
import { RedisBus } from "./redis-bus.ts";
import { RedisStore } from "./redis-store.ts";
import { someDigest } from "./store.contract.ts";
import type { Digest, JoinOutcome, NewRoom, Occupant, Restoration, RoomRules } from "./store.ts";

/** Two nodes that share rooms through one Redis, which may go away and come back. */

const RULES: RoomRules = { roomTtlMs: 900_000, sessionTtlMs: 600_000, destroyOnPeerLeave: true };
const ROOM: NewRoom & { protocol: "2" } = { protocol: "2", admit: someDigest() };

/** A refusal comes within this time, whatever Redis is doing. */
const REFUSED_WITHIN_MS = 4_000;

class Node implements AsyncDisposable {
  readonly store: RedisStore;
  readonly bus: RedisBus;
  readonly deliveries: Delivery[] = [];
  readonly seats: Restoration[] = [];
  /** How often all seats of this node have been restored. */
  restored = 0;

  static async start(redis: TestRedis): Promise<Node> {
    const node = new Node(redis.url);
    await Promise.all([node.store.open(), node.bus.open()]);
    return node;
  }

  private constructor(url: string) {
    this.store = new RedisStore(url, RULES);
    this.bus = new RedisBus(url);
    this.bus.listen((delivery) => this.deliveries.push(delivery));
    this.store.onReturn(() => void this.#restoreAll());
  }

  async join(
    roomId: RoomId,
    seat?: Seat,
  ): Promise<{ occupant: Occupant; token: Digest; outcome: JoinOutcome }> {
    const occupant = { node: this.bus.node, connectionId: newConnectionId() };
    const token = someDigest();
    const wanted = seat === undefined ? {} : { seat };
    const outcome = await this.store.join({ roomId, ...ROOM, ...wanted, token, occupant });
    if (outcome.outcome === "seated") {
      const { seat: got, established, ttlMs } = outcome;
      this.seats.push({ roomId, room: ROOM, established, ttlMs, seat: got, token, occupant });
    }
    return { occupant, token, outcome };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.store.close(), this.bus.close()]);
  }

  async #restoreAll(): Promise<void> {
    await Promise.all(this.seats.map((seat) => this.store.restore(seat)));
    this.restored += 1;
  }
}

describe("two nodes", () => {
  let redis: TestRedis;
  let one: Node;
  let other: Node;
  beforeAll(async () => {
    redis = await TestRedis.start();
    [one, other] = await Promise.all([Node.start(redis), Node.start(redis)]);
  });
  afterAll(async () => {
    await Promise.all([one, other].map((node) => node[Symbol.asyncDispose]()));
    await redis[Symbol.asyncDispose]();
  });

  test("a room made on one is joined on the other, and each knows where the other sits", async () => {
    const roomId = await one.store.create(ROOM);
    const a = await one.join(roomId, 0);
    const b = await other.join(roomId, 1);
    expect(b.outcome).toMatchObject({ outcome: "seated", seat: 1, other: a.occupant });
    expect(await one.store.renew(roomId, 0, a.occupant)).toMatchObject({ other: b.occupant });

    one.bus.send(other.bus.node, {
      to: b.occupant.connectionId,
      kind: "message",
      message: { type: "peer_ready" },
    });
    one.bus.send(other.bus.node, { to: b.occupant.connectionId, kind: "other", other: a.occupant });
    await until("both deliveries", () => other.deliveries.length === 2);
    expect(other.deliveries).toEqual([
      { to: b.occupant.connectionId, kind: "message", message: { type: "peer_ready" } },
      { to: b.occupant.connectionId, kind: "other", other: a.occupant },
    ]);
    expect(one.deliveries).toEqual([]);
  });

  test("to itself a node delivers directly", () => {
    const other = { node: one.bus.node, connectionId: newConnectionId() };
    const delivery = { to: newConnectionId(), kind: "other", other } as const;
    one.bus.send(one.bus.node, delivery);
    expect(one.deliveries.splice(0)).toEqual([delivery]);
  });

  test("rooms with eight who race for two seats: exactly two sit in each", async () => {
    const roomIds = await Promise.all(
      Array.from({ length: scaled(1_000, 20) }, () => one.store.create(ROOM)),
    );
    const race = (roomId: RoomId) =>
      Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? one : other).join(roomId));
    const results = await Promise.all(roomIds.map((roomId) => Promise.all(race(roomId))));
    for (const joined of results) {
      const seats = joined.flatMap(({ outcome }) => (outcome.outcome === "seated" ? [outcome.seat] : []));
      expect(seats.sort()).toEqual([0, 1]);
      expect(joined.filter(({ outcome }) => outcome.outcome === "room-full")).toHaveLength(6);
    }
  }, 120_000);
});

describe("Redis gone and back", () => {
  async function pairOnTwoNodes(redis: TestRedis) {
    const [one, other] = await Promise.all([Node.start(redis), Node.start(redis)]);
    const roomId = await one.store.create(ROOM);
    const a = await one.join(roomId, 0);
    const b = await other.join(roomId, 1);
    return { one, other, roomId, a, b };
  }

  test("killed: calls are refused at once; started again: rooms of live sockets are as they were", async () => {
    await using redis = await TestRedis.start();
    const { one, other, roomId, a, b } = await pairOnTwoNodes(redis);
    await using _one = one;
    await using _other = other;
    const ended = await one.store.create(ROOM);
    const alone = await one.join(ended, 0);

    await redis.kill();
    await refused(one.store.create(ROOM));
    await refused(one.store.renew(roomId, 0, a.occupant));
    await refused(one.store.ping());

    await redis.startAgain();
    await until("both nodes to restore", () => one.restored === 1 && other.restored === 1);
    expect(await one.store.renew(roomId, 0, a.occupant)).toMatchObject({
      outcome: "kept",
      other: b.occupant,
    });
    expect((await other.join(roomId)).outcome).toMatchObject({ outcome: "room-full" });
    expect(await other.store.resume(roomId, b.token, b.occupant)).toMatchObject({
      outcome: "seated",
      seat: 1,
    });
    expect(await one.store.destroy(ended, 0, alone.occupant)).toMatchObject({ outcome: "ended" });

    one.bus.send(other.bus.node, { to: b.occupant.connectionId, kind: "end", message: { type: "intruder" } });
    await until("the other node to hear its channel again", () => other.deliveries.length === 1);
  });

  test("while rooms are being written again nobody is told that one is gone", async () => {
    await using redis = await TestRedis.start();
    await using node = await Node.start(redis);
    await using early = await Node.start(redis);
    const roomId = await node.store.create(ROOM);
    await redis.kill();
    await redis.startAgain();
    await until("the early node to be back", () => early.restored === 1);
    await refused(early.join(roomId));
    await until(
      "the answer that the room is gone",
      async () => (await answerOf(early.join(roomId)))?.outcome.outcome === "room-gone",
    );
  });

  test("frozen: calls are refused soon, and it is found again when it thaws", async () => {
    await using redis = await TestRedis.start();
    const { one, other, roomId, a, b } = await pairOnTwoNodes(redis);
    await using _one = one;
    await using _other = other;
    redis.freeze();
    // Writes go on while nothing is answered, and must not pass for a sign of life.
    const stop = new AbortController();
    const busy = (async () => {
      while (!stop.signal.aborted) await answerOf(one.store.ping());
    })();
    await refused(one.store.renew(roomId, 0, a.occupant));
    redis.thaw();
    stop.abort();
    await busy;
    await until("it to answer", () => answerOf(one.store.ping().then(() => true)));
    expect(await one.store.renew(roomId, 0, a.occupant)).toMatchObject({
      outcome: "kept",
      other: b.occupant,
    });
    await until("the other node to hear its channel again", () => {
      one.bus.send(other.bus.node, {
        to: b.occupant.connectionId,
        kind: "message",
        message: { type: "intruder" },
      });
      return other.deliveries.length > 0;
    });
  });
});

async function refused(call: Promise<unknown>): Promise<void> {
  const from = performance.now();
  await expect(call).rejects.toMatchObject({ code: "E_SERVER" });
  expect(performance.now() - from).toBeLessThan(REFUSED_WITHIN_MS);
}

function answerOf<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch(() => undefined);
}
