import type { RoomId } from "@nullroom/core/brand";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { classicIdentifier, joinClassic, RawClient } from "../testing/client.ts";
import { createRoom, startNode, type TestNode } from "../testing/node.ts";

let node: TestNode;

beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

async function pair() {
  const roomId = await createRoom(node.url);
  const first = await joinClassic(node.url, roomId);
  const second = await joinClassic(node.url, roomId);
  expect(await first.client.message()).toEqual({ type: "peer_ready" });
  expect(await second.client.message()).toEqual({ type: "peer_ready" });
  return { roomId, first, second };
}

describe("classic on the cable", () => {
  test("welcomes, confirms byte for byte, then says init, all before anything else", async () => {
    const roomId = await createRoom(node.url);
    const client = new RawClient(node.url);
    const identifier = `{ "room_id" : "${roomId}" , "channel":"RoomsChannel"}`;
    expect(await client.next()).toEqual({ type: "welcome" });
    client.subscribe(identifier);
    expect(await client.next()).toEqual({ type: "confirm_subscription", identifier });
    expect(await client.message()).toEqual({
      type: "init",
      initiator: true,
      connection_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      file_sharing: true,
      file_size_limit: 16_777_216,
      ttl_ms: expect.any(Number),
    });
    client.close();
  });

  test("relays to the other side only, under the sender's connection id", async () => {
    const { first, second } = await pair();
    const data = { type: "offer", sdp: { type: "offer", sdp: "v=0 \u{1F511}\u2028" } };
    first.client.perform(first.identifier, { action: "send_signal", data });
    expect(await second.client.message()).toEqual({
      type: "signal",
      data,
      connection_id: first.init.connection_id,
    });
    second.client.perform(second.identifier, { action: "send_signal", data: { type: "answer" } });
    expect(await first.client.message()).toMatchObject({ type: "signal", data: { type: "answer" } });
    expect(second.client.unread()).toEqual([]);
    expect(second.init.initiator).toBe(false);
    first.client.close();
    second.client.close();
  });

  test("rejects a third person, and the pair goes on", async () => {
    const { roomId, first, second } = await pair();
    const third = new RawClient(node.url);
    await third.next();
    third.subscribe(classicIdentifier(roomId));
    expect(await third.next()).toEqual({
      type: "reject_subscription",
      identifier: classicIdentifier(roomId),
    });
    first.client.perform(first.identifier, { action: "send_signal", data: 1 });
    expect(await second.client.message()).toMatchObject({ data: 1 });
    for (const client of [first.client, second.client, third]) client.close();
  });

  test.each([
    ["no such room", classicIdentifier("00000000-0000-4000-8000-000000000000" as RoomId)],
    ["no room id", '{"channel":"RoomsChannel","room_id":"nope"}'],
    ["another channel", '{"channel":"AdminChannel"}'],
    ["no JSON", "RoomsChannel"],
  ])("rejects %s", async (_name, identifier) => {
    const client = new RawClient(node.url);
    await client.next();
    client.subscribe(identifier);
    expect(await client.next()).toEqual({ type: "reject_subscription", identifier });
    client.close();
  });

  test.each(["unsubscribe", "close"])(
    "%s is leaving: the other is told and the room is gone",
    async (how) => {
      const { roomId, first, second } = await pair();
      if (how === "close") first.client.close();
      else first.client.send({ command: "unsubscribe", identifier: first.identifier });
      expect(await second.client.message()).toEqual({
        type: "peer_left",
        connection_id: first.init.connection_id,
      });
      const late = new RawClient(node.url);
      await late.next();
      late.subscribe(classicIdentifier(roomId));
      expect(await late.next()).toMatchObject({ type: "reject_subscription" });
      for (const client of [first.client, second.client, late]) client.close();
    },
  );

  test("a creator who waits alone and drops finds the room again", async () => {
    const roomId = await createRoom(node.url);
    const before = await joinClassic(node.url, roomId);
    before.client.socket.terminate();
    await before.client.closed;
    await expect.poll(() => node.cable.seats).toBe(0);
    const after = await joinClassic(node.url, roomId);
    expect(after.init.initiator).toBe(true);
    after.client.close();
  });

  test("a file is judged by its size, and a refusal names the limit", async () => {
    const { first, second } = await pair();
    const ask = (size: number) =>
      first.client.perform(first.identifier, {
        action: "initiate_file_transfer",
        metadata: { file_name: "secret.txt", file_size: size },
      });
    ask(16_777_216);
    expect(await first.client.message()).toEqual({ type: "file_transfer_authorized" });
    ask(16_777_217);
    expect(await first.client.message()).toEqual({
      type: "file_transfer_error",
      error: "Beta limit exceeded: Files must be under 16 MB.",
    });
    first.client.close();
    second.client.close();
  });
});
