import type { RoomId } from "@nullroom/core/brand";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createRoom, startNode, type TestNode } from "../testing/node.ts";
import { clients, type ForeignClient } from "../testing/official-clients.ts";

let node: TestNode;
const open: ForeignClient[] = [];

beforeAll(async () => {
  node = await startNode();
});
afterEach(() => {
  for (const client of open.splice(0)) client.quit();
});
afterAll(() => node.stop());

describe.each(clients)("%s", (_name, connect) => {
  const enter = (roomId: RoomId) => {
    const client = connect(node.url, roomId);
    open.push(client);
    return client;
  };
  const is = (client: ForeignClient, ...states: string[]) =>
    expect.poll(() => client.states, { timeout: 10_000 }).toEqual(states);
  const has = (client: ForeignClient, ...types: string[]) =>
    expect.poll(() => client.heard, { timeout: 10_000 }).toEqual(types);

  async function pair() {
    const roomId = await createRoom(node.url);
    const first = enter(roomId);
    await has(first, "init");
    const second = enter(roomId);
    await has(second, "init", "peer_ready");
    await has(first, "init", "peer_ready");
    return { roomId, first, second };
  }

  test("subscribes, hears init first, then peer_ready", async () => {
    const { first, second } = await pair();
    expect(first.messages[0]).toMatchObject({ initiator: true, file_sharing: true });
    expect(second.messages[0]).toMatchObject({ initiator: false });
  });

  test("is rejected from a full room and from none", async () => {
    const { roomId } = await pair();
    await is(enter(roomId), "rejected");
    await is(enter("00000000-0000-4000-8000-000000000000" as RoomId), "rejected");
  });

  test("relays in both directions without an echo", async () => {
    const { first, second } = await pair();
    first.perform("send_signal", { data: { type: "offer", sdp: { type: "offer", sdp: "v=0" } } });
    await has(second, "init", "peer_ready", "signal");
    expect(second.messages.at(-1)).toEqual({
      type: "signal",
      data: { type: "offer", sdp: { type: "offer", sdp: "v=0" } },
      connection_id: first.messages[0]?.connection_id,
    });
    second.perform("send_signal", { data: { type: "answer" } });
    await has(first, "init", "peer_ready", "signal");
    second.perform("initiate_file_transfer", { metadata: { file_name: "a", file_size: 1 } });
    await has(second, "init", "peer_ready", "signal", "file_transfer_authorized");
  });

  test("leaves by unsubscribing, and the other hears of it", async () => {
    const { first, second } = await pair();
    first.unsubscribe();
    await has(second, "init", "peer_ready", "peer_left");
    expect(second.messages.at(-1)).toEqual({
      type: "peer_left",
      connection_id: first.messages[0]?.connection_id,
    });
  });

  test("is kept alive by pings", async () => {
    const roomId = await createRoom(node.url);
    const client = enter(roomId);
    await has(client, "init");
    const startedAt = Date.now();
    // Both clients give a connection up after two missed pings, which is six seconds.
    await expect
      .poll(() => Date.now() - startedAt, { timeout: 10_000, interval: 500 })
      .toBeGreaterThan(7_500);
    expect(client.states).toEqual(["connected"]);
    expect(client.heard).toEqual(["init"]);
  });

  test("comes back after a dropped socket and finds its room", async () => {
    const roomId = await createRoom(node.url);
    const client = enter(roomId);
    await has(client, "init");
    client.drop();
    await is(client, "connected", "disconnected");
    await expect.poll(() => node.cable.seats).toBe(0);
    client.wake();
    await is(client, "connected", "disconnected", "connected");
    await has(client, "init", "init");
    await has(enter(roomId), "init", "peer_ready");
  });
});

test("a server that stops sends everybody back and says of nobody that they left", async () => {
  const stopping = await startNode();
  const roomId = await createRoom(stopping.url);
  const members: ForeignClient[] = [];
  for (const [, connect] of clients) {
    const client = connect(stopping.url, roomId);
    members.push(client);
    open.push(client);
    await expect.poll(() => client.heard).toContain("init");
  }
  await stopping.stop();
  for (const { states, heard } of members) {
    await expect.poll(() => states).toContain("disconnected");
    expect(heard).not.toContain("peer_left");
    expect(states).not.toContain("rejected");
  }
});
