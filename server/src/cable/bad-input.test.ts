import type { RoomId } from "@nullroom/core/brand";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import { classicIdentifier, joinClassic, newSecrets, RawClient, seatIdentifier } from "../testing/client.ts";
import { createRoom, startNode, type TestNode } from "../testing/node.ts";

const FRAMES = scaled(100_000, 1_000);
const FRAMES_PER_SOCKET = 20;

let node: TestNode;

beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

/** A room of each protocol, and the proof for the one of protocol 2. */
type Rooms = { classic: RoomId; seats: RoomId; admit: string };

async function newRooms(): Promise<Rooms> {
  const { admit, admitHash } = newSecrets();
  const [classic, seats] = await Promise.all([
    createRoom(node.url),
    createRoom(node.url, { v: 2, admit: admitHash }),
  ]);
  return { classic, seats, admit };
}

/** How far a socket comes before it sends nonsense: to the welcome, or to a seat of either protocol. */
const beginning = fc.constantFrom("welcome", "classic", "seats");

function begin(how: string, { classic, seats, admit }: Rooms): object[] {
  if (how === "welcome") return [];
  if (how === "classic") return [{ command: "subscribe", identifier: classicIdentifier(classic) }];
  const identifier = seatIdentifier(seats);
  const data = JSON.stringify({ action: "join", admit });
  return [
    { command: "subscribe", identifier },
    { command: "message", identifier, data },
  ];
}

/** One frame that a socket sends. `isText` marks bytes that are sent as text. */
type Frame = { bytes: Uint8Array; isText: boolean };

const text = (value: string): Frame => ({ bytes: Buffer.from(value), isText: true });

/** Identifiers from right to wholly wrong; `classic` and `seats` stand for those of the rooms until these are known. */
const identifier = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("classic", "seats") },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.json() },
);
const action = fc.oneof(
  fc.record(
    {
      action: fc.oneof(
        fc.constantFrom("join", "resume", "send_signal", "established", "evict", "destroy"),
        fc.constantFrom("initiate_file_transfer", "extend", "__proto__", ""),
      ),
      data: fc.oneof(fc.jsonValue(), fc.base64String()),
      admit: fc.oneof(fc.constant("ADMIT"), fc.string()),
      seat: fc.oneof(fc.integer({ min: -1, max: 2 }), fc.jsonValue()),
      seat_token: fc.oneof(fc.constant("AAAAAAAAAAAAAAAAAAAAAA"), fc.jsonValue()),
      metadata: fc.jsonValue(),
    },
    { requiredKeys: ["action"] },
  ),
  fc.jsonValue(),
);
const command = fc.oneof(
  fc.record({ command: fc.constantFrom("subscribe", "unsubscribe"), identifier }),
  fc.record({
    command: fc.constant("message"),
    identifier,
    data: action.map((value) => JSON.stringify(value)),
  }),
  fc.record({ command: fc.jsonValue(), identifier: fc.jsonValue(), data: fc.jsonValue() }),
);
const frame = fc.oneof(
  { weight: 12, arbitrary: command.map((value) => ({ command: value })) },
  { weight: 1, arbitrary: fc.json().map((value) => ({ frame: text(value) })) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ frame: { bytes, isText: true } })),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ frame: { bytes, isText: false } })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("[", '{"a":', '"', " "), fc.integer({ min: 1_000, max: 40_000 }))
      .map(([part, times]) => ({ frame: text(part.repeat(times)) })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 17, max: 15_000 }).map((depth) => {
      const data = `{"action":"send_signal","data":${"[".repeat(depth)}${"]".repeat(depth)}}`;
      return { command: { command: "message", identifier: "classic", data } };
    }),
  },
);

function encode(given: { command: unknown } | { frame: Frame }, rooms: Rooms): Frame {
  if ("frame" in given) return given.frame;
  const fields = given.command as { identifier?: unknown; data?: unknown };
  const names: { [name: string]: string } = {
    classic: classicIdentifier(rooms.classic),
    seats: seatIdentifier(rooms.seats),
  };
  const known = typeof fields.identifier === "string" ? names[fields.identifier] : undefined;
  const data = typeof fields.data === "string" ? fields.data.replaceAll("ADMIT", rooms.admit) : fields.data;
  return text(JSON.stringify({ ...fields, identifier: known ?? fields.identifier, data }));
}

async function abuse(frames: readonly Frame[]): Promise<void> {
  const client = new RawClient(node.url);
  await client.next();
  for (const { bytes, isText } of frames) client.socket.send(bytes, { binary: !isText });
  client.socket.close();
  await client.closed;
}

test(`${FRAMES} frames of nonsense break nothing and disturb nobody`, { timeout: 600_000 }, async () => {
  const room = await createRoom(node.url);
  const first = await joinClassic(node.url, room);
  const second = await joinClassic(node.url, room);
  await Promise.all([first.client.message(), second.client.message()]);
  let talkedAt = 0;
  let turn = 0;

  await fc.assert(
    fc.asyncProperty(
      beginning,
      fc.array(frame, { minLength: 10, maxLength: 2 * FRAMES_PER_SOCKET - 10 }),
      async (how, given) => {
        const rooms = await newRooms();
        await abuse([
          ...begin(how, rooms).map((command) => text(JSON.stringify(command))),
          ...given.map((one) => encode(one, rooms)),
        ]);
        // A seat may send sixty signals in ten seconds, so the undisturbed pair talks only once a second.
        if (Date.now() - talkedAt < 1_000) return;
        talkedAt = Date.now();
        first.client.perform(first.identifier, { action: "send_signal", data: { turn: ++turn } });
        expect(await second.client.message()).toMatchObject({ type: "signal", data: { turn } });
      },
    ),
    { numRuns: FRAMES / FRAMES_PER_SOCKET },
  );

  expect(turn).toBeGreaterThan(0);
  await expect.poll(() => [node.cable.sockets, node.cable.seats]).toEqual([2, 2]);
  expect([...node.parts.counters.errors().keys()]).toEqual([]);
  expect(node.parts.counters.get("sockets_misbehaved")).toBeGreaterThan(0);
  expect(node.parts.counters.get("seats_taken")).toBeGreaterThan(2);
  first.client.close();
  second.client.close();
});
