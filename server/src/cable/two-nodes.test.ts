import { afterAll, beforeAll, expect, test } from "vitest";
import { MemoryStore } from "../rooms/memory-store.ts";
import { rulesOf } from "../serve.ts";
import { BusNetwork } from "../testing/bus-network.ts";
import { joinClassic, newSecrets, subscribe2 } from "../testing/client.ts";
import { configOf, createRoom, startNode, type TestNode } from "../testing/node.ts";

let left: TestNode;
let right: TestNode;

beforeAll(async () => {
  const store = new MemoryStore(rulesOf(configOf()));
  const network = new BusNetwork();
  left = await startNode({}, { store, bus: network.join() });
  right = await startNode({}, { store, bus: network.join() });
});
afterAll(() => Promise.all([left.stop(), right.stop()]));

test("classic: made on one node, joined on both, relayed between them, left", async () => {
  const roomId = await createRoom(left.url);
  const first = await joinClassic(left.url, roomId);
  const second = await joinClassic(right.url, roomId);
  expect(await first.client.message()).toEqual({ type: "peer_ready" });
  expect(await second.client.message()).toEqual({ type: "peer_ready" });
  first.client.perform(first.identifier, { action: "send_signal", data: { type: "offer" } });
  expect(await second.client.message()).toEqual({
    type: "signal",
    data: { type: "offer" },
    connection_id: first.init.connection_id,
  });
  second.client.close();
  expect(await first.client.message()).toEqual({
    type: "peer_left",
    connection_id: second.init.connection_id,
  });
  first.client.close();
  await expect.poll(() => left.cable.seats + right.cable.seats).toBe(0);
});

test("protocol 2: a seat moves to the other node and takes its relay along", async () => {
  const { admit, admitHash } = newSecrets();
  const roomId = await createRoom(left.url, { v: 2, admit: admitHash });
  const members = [await subscribe2(left.url, roomId), await subscribe2(left.url, roomId)] as const;
  const inits: { [key: string]: unknown }[] = [];
  for (const [seat, member] of members.entries()) {
    member.perform({ action: "join", admit, seat });
    inits.push(await member.client.message());
  }
  for (const { client } of members) expect(await client.message()).toEqual({ type: "peer_ready" });

  const moved = await subscribe2(right.url, roomId);
  moved.perform({ action: "resume", seat_token: inits[1]?.seat_token });
  expect(await moved.client.message()).toMatchObject({ type: "init", seat: 1 });
  expect(await members[1].client.message()).toEqual({ type: "refused", code: "seat-taken-over" });
  expect(await moved.client.message()).toEqual({ type: "peer_ready" });
  expect(await members[0].client.message()).toEqual({ type: "peer_ready" });

  members[0].perform({ action: "send_signal", data: "AAAA" });
  expect(await moved.client.message()).toMatchObject({ type: "signal", data: "AAAA" });
  moved.perform({ action: "send_signal", data: "BBBB" });
  expect(await members[0].client.message()).toMatchObject({ type: "signal", data: "BBBB" });

  const third = await subscribe2(right.url, roomId);
  third.perform({ action: "join", admit, seat: 1 });
  expect(await third.client.message()).toEqual({ type: "refused", code: "room-full" });
  expect(await members[0].client.message()).toEqual({ type: "intruder" });
  expect(await moved.client.message()).toEqual({ type: "intruder" });

  moved.perform({ action: "destroy" });
  expect(await members[0].client.message()).toMatchObject({ type: "peer_left", reason: "destroyed" });
  for (const { client } of [...members, moved, third]) client.close();
  await expect.poll(() => left.cable.seats + right.cable.seats).toBe(0);
});
