import { setMaxListeners } from "node:events";
import { setTimeout } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { nodePlatform } from "../../../../../testing/peers/node-platform.ts";
import { until } from "../../../../../testing/until.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import { fileOffering } from "../../../files/offering.ts";
import type { PeerConnection } from "../../../platform.ts";
import { FakeRooms } from "../../../testing/fake-rooms.ts";
import { plainDestination, savedBytes } from "../../../testing/plain-destination.ts";
import type { Session, SessionEvent } from "../../session.ts";
import { createRoom2, joinRoom2 } from "../create-join.ts";
import { REKEY_LIMITS, type RekeyLimits } from "./rekey-limits.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

type Person = { session: Session; events: SessionEvent[] };

const opened: Session[] = [];
afterEach(() => {
  for (const session of opened.splice(0)) session.wipe({ type: "page-gone" });
});

const OFTEN: RekeyLimits = { ...REKEY_LIMITS, records: 8 };

async function meet(
  rooms: FakeRooms,
  ofA: RekeyLimits,
  ofB: RekeyLimits = ofA,
): Promise<{ a: Person; b: Person; epochs: Epochs[] }> {
  const epochs: Epochs[] = [];
  const make = rooms.createPeerConnection;
  rooms.createPeerConnection = (configuration) => watched(make(configuration), epochs);
  const { signal } = new AbortController();
  const options = () => ({ platform: rooms.platform(), hideAddress: false, signal });
  const a = person(await createRoom2({ ...options(), rekey: ofA }));
  const { roomId, fragment = "" } = a.session;
  const b = person(await joinRoom2({ ...options(), roomId, fragment, rekey: ofB }));
  for (const { session } of [a, b])
    await until("both to be secure", () => session.state.phase === "secure", 40_000);
  return { a, b, epochs };
}

/** The epoch of what arrived last on each channel of a connection, as the records' headers say in the clear. */
type Epochs = [ctl: number, bulk: number];

function watched(connection: PeerConnection, all: Epochs[]): PeerConnection {
  const epochs: Epochs = [0, 0];
  all.push(epochs);
  const make = connection.createDataChannel.bind(connection);
  connection.createDataChannel = (label, init) => {
    const channel = make(label, init);
    channel.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
      epochs[init?.id ?? 0] = new DataView(data).getUint16(2);
    });
    return channel;
  };
  return connection;
}

const reached = (epochs: Epochs[], epoch: number) => epochs.every((each) => Math.min(...each) >= epoch);

function person(session: Session): Person {
  const events: SessionEvent[] = [];
  session.subscribe((event) => events.push(event), new AbortController().signal);
  opened.push(session);
  return { session, events };
}

const texts = ({ events }: Person) =>
  events.flatMap((event) => (event.type === "message" && event.from === "peer" ? [event.text] : []));

const received = ({ events }: Person) =>
  events.flatMap(({ type, ...event }) =>
    type === "transfer" && "transfer" in event && event.transfer.received ? [event.transfer.received] : [],
  );

function failure({ session: { state } }: Person): string | undefined {
  return state.phase === "ended" && state.reason.type === "failed" ? state.reason.code : undefined;
}

const CONTENT = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31) % 251);

/** A file each way, and texts until there have been `last` epochs: every text once and in order, every file whole. */
async function talk({ a, b, epochs }: Awaited<ReturnType<typeof meet>>, bytes: number, last: number) {
  const content = CONTENT.subarray(0, bytes);
  for (const { session } of [a, b]) session.files.offer(fileOffering(new File([content], "notes.txt")));
  const isOffered = ({ events }: Person) =>
    events.some((event) => event.type === "transfer" && event.transfer.direction === "in");
  await until("the offers", () => isOffered(a) && isOffered(b));
  for (const { session } of [a, b]) session.files.accept("in-1", plainDestination());
  const written: string[] = [];
  while (!reached(epochs, last)) {
    const text = `text ${written.length}`;
    written.push(text);
    for (const { session } of [a, b]) session.sendText(text);
    await setTimeout(1);
    // No faster than they are read: what waits would hold up each change of keys longer than the last.
    await until("most of them", () => [a, b].every((each) => texts(each).length > written.length - 50));
  }
  for (const each of [a, b]) {
    await until("all texts", () => texts(each).length === written.length, 60_000);
    expect(texts(each)).toEqual(written);
    const [file] = await until(
      "the file",
      () => (received(each).length > 0 ? received(each) : false),
      60_000,
    );
    expect(equalBytes(await savedBytes(file), content)).toBe(true);
  }
}

test("texts and files go on both ways through re-keys every few records, under the same words", async () => {
  const met = await meet(new FakeRooms(), OFTEN);
  const { session } = met.a;
  session.compareWords(true);
  const words = session.state.phase === "secure" ? session.state.words : undefined;
  expect(words?.mine).toBe(true);
  await talk(met, CONTENT.length, 12);
  expect(session.state).toMatchObject({ phase: "secure", words });
});

test("when nobody says anything the epochs end with time", async () => {
  const { epochs } = await meet(new FakeRooms(), { ...REKEY_LIMITS, ms: 100 });
  await until("three epochs", () => reached(epochs, 3));
});

test("who joined asks when it is due there", async () => {
  const { epochs } = await meet(new FakeRooms(), REKEY_LIMITS, { ...REKEY_LIMITS, ms: 100 });
  await until("three epochs", () => reached(epochs, 3));
});

test("a re-key that does not end in time ends the session for both", async () => {
  const rooms = new FakeRooms();
  const { a, b } = await meet(rooms, { ...REKEY_LIMITS, ms: 50, timeoutMs: 300 }, REKEY_LIMITS);
  // What B says on bulk gets lost, and with it the marker that would end the re-key.
  const channel = rooms.network.connections.at(1)?.channels.get(1);
  if (channel) channel.send = () => undefined;
  await until("the end", () => [a, b].every(({ session }) => session.state.phase === "ended"));
  expect([failure(a), failure(b)]).toEqual(["E_REKEY", "E_PEER_BYE"]);
});

test("over real connections of Node", async () => {
  const rooms = new FakeRooms();
  rooms.createPeerConnection = nodePlatform("http://localhost").createPeerConnection;
  await talk(await meet(rooms, OFTEN), 1_000_000, 4);
});
