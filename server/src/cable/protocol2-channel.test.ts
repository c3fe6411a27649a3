import type { RoomId } from "@nullroom/core/brand";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { classicIdentifier, type Member, newSecrets, RawClient, subscribe2 } from "../testing/client.ts";
import { createRoom, startNode, type TestNode } from "../testing/node.ts";

let node: TestNode;
let rejoinNode: TestNode;

beforeAll(async () => {
  node = await startNode();
  rejoinNode = await startNode({ NULLROOM_DESTROY_ROOM_ON_PEER_LEAVE: "off" });
});
afterAll(() => Promise.all([node.stop(), rejoinNode.stop()]));

const NOWHERE = "00000000-0000-4000-8000-000000000000" as RoomId;

async function newRoom(at: TestNode = node) {
  const secrets = newSecrets();
  return { ...secrets, roomId: await createRoom(at.url, { v: 2, admit: secrets.admitHash }) };
}

async function join(roomId: RoomId, admit: string, seat: number, at: TestNode = node) {
  const member = await subscribe2(at.url, roomId);
  member.perform({ action: "join", admit, seat });
  const init = await member.client.message();
  return { ...member, init };
}

async function pair(at: TestNode = node) {
  const { roomId, admit } = await newRoom(at);
  const first = await join(roomId, admit, 0, at);
  const second = await join(roomId, admit, 1, at);
  expect(await first.client.message()).toEqual({ type: "peer_ready" });
  expect(await second.client.message()).toEqual({ type: "peer_ready" });
  return { roomId, admit, first, second };
}

async function establish(...members: Member[]) {
  for (const member of members) member.perform({ action: "established" });
  // `established` has no answer, but the answer to the next command of a socket comes after it was performed.
  for (const { client, identifier } of members) {
    client.subscribe(identifier.replace("{", "{ "));
    expect(await client.next()).toMatchObject({ type: "reject_subscription" });
  }
}

async function resume(roomId: RoomId, seatToken: unknown, at: TestNode = node) {
  const member = await subscribe2(at.url, roomId);
  member.perform({ action: "resume", seat_token: seatToken });
  return { ...member, answer: await member.client.message() };
}

describe("join", () => {
  test("gives the seat asked for, a token and all that a client needs to begin", async () => {
    const { roomId, admit } = await newRoom();
    const { init, client } = await join(roomId, admit, 0);
    expect(init).toEqual({
      type: "init",
      seat: 0,
      seat_token: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      initiator: true,
      connection_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      ttl_ms: expect.any(Number),
      session_ms: 900_000,
      ice_servers: [],
      file_sharing: true,
      file_size_limit: 16_777_216,
      rejoin: false,
    });
    client.close();
  });

  test("without the link's proof a room is answered like none", async () => {
    const { roomId } = await newRoom();
    const classicRoom = await createRoom(node.url);
    const { admit } = newSecrets();
    for (const id of [roomId, classicRoom, NOWHERE]) {
      const member = await join(id, admit, 1);
      expect(member.init).toEqual({ type: "refused", code: "room-gone" });
      member.client.close();
    }
  });

  test("does not exist for classic clients", async () => {
    const { roomId } = await newRoom();
    const client = new RawClient(node.url);
    await client.next();
    client.subscribe(classicIdentifier(roomId));
    expect(await client.next()).toMatchObject({ type: "reject_subscription" });
    client.close();
  });

  test("a third person is refused and both are told, once in ten seconds", async () => {
    const { roomId, admit, first, second } = await pair();
    for (let i = 0; i < 3; i++) {
      const third = await join(roomId, admit, 1);
      expect(third.init).toEqual({ type: "refused", code: "room-full" });
      third.client.close();
    }
    expect(await first.client.message()).toEqual({ type: "intruder" });
    expect(await second.client.message()).toEqual({ type: "intruder" });
    first.perform({ action: "send_signal", data: "AAAA" });
    expect(await second.client.message()).toMatchObject({ type: "signal", data: "AAAA" });
    expect(first.client.unread()).toEqual([]);
    first.client.close();
    second.client.close();
  });

  test("who sits already and joins again is no client", async () => {
    const { roomId, admit } = await newRoom();
    const { client, perform } = await join(roomId, admit, 0);
    perform({ action: "join", admit, seat: 0 });
    expect(await client.next()).toEqual({ type: "disconnect", reason: "invalid_request", reconnect: false });
    await client.closed;
  });
});

describe("signals", () => {
  test("are relayed verbatim and never echoed", async () => {
    const { first, second } = await pair();
    const data = "x".repeat(27_307);
    second.perform({ action: "send_signal", data });
    expect(await first.client.message()).toEqual({
      type: "signal",
      data,
      connection_id: second.init.connection_id,
    });
    expect(second.client.unread()).toEqual([]);
    first.client.close();
    second.client.close();
  });

  test.each([
    ["plain JSON", { sdp: "v=0" }],
    ["padding", "AAA="],
    ["too long", "x".repeat(27_308)],
    ["nothing", ""],
  ])("%s is no sealed blob", async (_name, data) => {
    const { first, second } = await pair();
    first.perform({ action: "send_signal", data });
    expect(await first.client.next()).toMatchObject({ type: "disconnect", reason: "invalid_request" });
    second.client.close();
  });

  test("the 61st within ten seconds ends the socket", async () => {
    const { first, second } = await pair();
    for (let i = 0; i < 61; i++) first.perform({ action: "send_signal", data: "AAAA" });
    expect(await first.client.next()).toEqual({
      type: "disconnect",
      reason: "rate-limited",
      reconnect: true,
    });
    for (let i = 0; i < 60; i++) expect(await second.client.message()).toMatchObject({ type: "signal" });
    second.client.close();
  });
});

describe("leaving", () => {
  test("before establishment a dropped socket frees its seat and the room waits on", async () => {
    const { roomId, admit, first, second } = await pair();
    second.client.socket.terminate();
    expect(await first.client.message()).toEqual({
      type: "peer_left",
      connection_id: second.init.connection_id,
      reason: "gone",
    });
    const again = await join(roomId, admit, 1);
    expect(again.init).toMatchObject({ type: "init", seat: 1 });
    expect(await first.client.message()).toEqual({ type: "peer_ready" });
    first.client.close();
    again.client.close();
  });

  test("after it a dropped socket says nothing, keeps the seat, and resumes", async () => {
    const { roomId, admit, first, second } = await pair();
    await establish(first, second);
    second.client.socket.terminate();
    await second.client.closed;
    const third = await join(roomId, admit, 1);
    expect(third.init).toEqual({ type: "refused", code: "room-full" });
    expect(await first.client.message()).toEqual({ type: "intruder" });
    const back = await resume(roomId, second.init.seat_token);
    expect(back.answer).toMatchObject({ type: "init", seat: 1, seat_token: second.init.seat_token });
    expect(await first.client.message()).toEqual({ type: "peer_back" });
    back.perform({ action: "send_signal", data: "BBBB" });
    expect(await first.client.message()).toMatchObject({ type: "signal", data: "BBBB" });
    first.perform({ action: "send_signal", data: "CCCC" });
    expect(await back.client.message()).toMatchObject({ type: "signal", data: "CCCC" });
    for (const { client } of [first, back, third]) client.close();
  });

  test("unsubscribing from a conversation ends the room for the other", async () => {
    const { roomId, first, second } = await pair();
    await establish(first, second);
    first.client.send({ command: "unsubscribe", identifier: first.identifier });
    expect(await second.client.message()).toMatchObject({ type: "peer_left", reason: "left" });
    expect(await second.client.message()).toEqual({ type: "refused", code: "room-gone" });
    const late = await resume(roomId, second.init.seat_token);
    expect(late.answer).toEqual({ type: "refused", code: "lease-over" });
    for (const { client } of [first, second, late]) client.close();
  });

  test("destroy ends it at once, established or not", async () => {
    const { roomId, admit, first, second } = await pair();
    second.perform({ action: "destroy" });
    expect(await first.client.message()).toEqual({
      type: "peer_left",
      connection_id: second.init.connection_id,
      reason: "destroyed",
    });
    const late = await join(roomId, admit, 1);
    expect(late.init).toEqual({ type: "refused", code: "room-gone" });
    for (const { client } of [first, second, late]) client.close();
  });

  test("where links may be used again the room outlives a conversation", async () => {
    const { roomId, admit, first, second } = await pair(rejoinNode);
    expect(first.init.rejoin).toBe(true);
    await establish(first, second);
    second.client.send({ command: "unsubscribe", identifier: second.identifier });
    expect(await first.client.message()).toMatchObject({ type: "peer_left", reason: "left" });
    const next = await join(roomId, admit, 1, rejoinNode);
    expect(next.init).toMatchObject({ seat: 1 });
    expect(await first.client.message()).toEqual({ type: "peer_ready" });
    for (const { client } of [first, second, next]) client.close();
  });
});

describe("resume", () => {
  test("in a room that is not established yet begins the introduction anew", async () => {
    const { roomId, first, second } = await pair();
    const back = await resume(roomId, first.init.seat_token);
    expect(back.answer).toMatchObject({ type: "init", seat: 0 });
    expect(await first.client.message()).toEqual({ type: "refused", code: "seat-taken-over" });
    expect(await back.client.message()).toEqual({ type: "peer_ready" });
    expect(await second.client.message()).toEqual({ type: "peer_ready" });
    for (const { client } of [first, second, back]) client.close();
  });

  test("needs the token of a seat", async () => {
    const { roomId, first, second } = await pair();
    const stranger = await resume(roomId, "AAAAAAAAAAAAAAAAAAAAAA");
    expect(stranger.answer).toEqual({ type: "refused", code: "lease-over" });
    for (const { client } of [first, second, stranger]) client.close();
  });
});

describe("evict", () => {
  test("seat 0 sends seat 1 away, three times and not a fourth", async () => {
    const { roomId, admit } = await newRoom();
    const first = await join(roomId, admit, 0);
    for (let i = 0; i < 3; i++) {
      const second = await join(roomId, admit, 1);
      await second.client.message(); // peer_ready
      expect(await first.client.message()).toEqual({ type: "peer_ready" });
      first.perform({ action: "evict" });
      expect(await second.client.message()).toEqual({ type: "refused", code: "evicted" });
      second.client.close();
    }
    const stays = await join(roomId, admit, 1);
    await stays.client.message();
    await first.client.message();
    first.perform({ action: "evict" });
    first.perform({ action: "send_signal", data: "AAAA" });
    expect(await stays.client.message()).toMatchObject({ type: "signal" });
    first.client.close();
    stays.client.close();
  });

  test("seat 1 cannot", async () => {
    const { first, second } = await pair();
    second.perform({ action: "evict" });
    second.perform({ action: "send_signal", data: "AAAA" });
    expect(await first.client.message()).toMatchObject({ type: "signal" });
    first.client.close();
    second.client.close();
  });
});

describe("time", () => {
  test("a room that nobody joins in time is gone for who waits", async () => {
    await using short = await startNode({ NULLROOM_ROOM_TTL_SECONDS: "1" });
    const { roomId, admit } = await newRoom(short);
    const first = await join(roomId, admit, 0, short);
    expect(await first.client.message()).toEqual({ type: "refused", code: "room-gone" });
    await expect.poll(() => short.cable.seats).toBe(0);
    first.client.close();
  });

  test("establishing starts the session's own time for both", async () => {
    await using short = await startNode({ NULLROOM_ROOM_TTL_SECONDS: "2" });
    const startedAt = performance.now();
    const { roomId, admit } = await newRoom(short);
    const first = await join(roomId, admit, 0, short);
    const second = await join(roomId, admit, 1, short);
    await Promise.all([first.client.message(), second.client.message()]);
    await expect.poll(() => performance.now() - startedAt, { timeout: 5_000 }).toBeGreaterThan(1_000);
    await establish(first, second);
    const establishedAt = performance.now();
    for (const { client } of [first, second]) {
      expect(await client.message()).toEqual({ type: "refused", code: "room-gone" });
      expect(performance.now() - establishedAt).toBeGreaterThan(1_900);
      client.close();
    }
  });
});
