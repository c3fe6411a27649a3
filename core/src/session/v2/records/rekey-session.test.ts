import { setMaxListeners } from "node:events";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { nodePlatform } from "../../../../../testing/peers/node-platform.ts";
import { until } from "../../../../../testing/until.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import { fileOffering } from "../../../files/offering.ts";
import type { PeerConnection } from "../../../platform.ts";
import { FakeRooms } from "../../../testing/fake-rooms.ts";
import { plainDestination, savedBytes } from "../../../testing/plain-destination.ts";
import { type PeopleOptions, TwoPeople } from "../../../testing/two-people.ts";
import { REKEY_LIMITS, type RekeyLimits } from "./rekey-limits.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

const OFTEN: RekeyLimits = { ...REKEY_LIMITS, records: 8 };
const OFTEN_BY_TIME: RekeyLimits = { ...REKEY_LIMITS, ms: 100 };

/** Two who are secure. @param epochs - is told what each of their connections hears */
function connect(epochs: Epochs[], options: PeopleOptions): Promise<TwoPeople> {
  const rooms = new FakeRooms();
  const make = options.platform?.createPeerConnection ?? rooms.network.createPeerConnection;
  const createPeerConnection: typeof make = (configuration) => watched(make(configuration), epochs);
  return TwoPeople.connect({ ...options, rooms, platform: { createPeerConnection }, patienceMs: 40_000 });
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

const CONTENT = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31) % 251);

/** A file each way, and texts until there have been `last` epochs: every text once and in order, every file whole. */
async function talk({ maker, guest }: TwoPeople, epochs: Epochs[], bytes: number, last: number) {
  const content = CONTENT.subarray(0, bytes);
  for (const { session } of [maker, guest])
    session.files.offer(fileOffering(new File([content], "notes.txt")));
  for (const each of [maker, guest]) await each.becomes("in-1", "offered");
  for (const { session } of [maker, guest]) session.files.accept("in-1", plainDestination());
  const written: string[] = [];
  while (!reached(epochs, last)) {
    const text = `text ${written.length}`;
    written.push(text);
    for (const { session } of [maker, guest]) session.sendText(text);
    await setTimeout(1);
    // No faster than they are read: what waits would hold up each change of keys longer than the last.
    await until("most of them", () =>
      [maker, guest].every((each) => each.texts.length > written.length - 50),
    );
  }
  for (const each of [maker, guest]) {
    await until("all texts", () => each.texts.length === written.length, 60_000);
    expect(each.texts).toEqual(written);
    const received = await until("the file", () => each.transfers.get("in-1")?.received, 60_000);
    expect(equalBytes(await savedBytes(received), content)).toBe(true);
  }
}

test("texts and files go on both ways through re-keys every few records, under the same words", async () => {
  const epochs: Epochs[] = [];
  using people = await connect(epochs, { rekey: OFTEN });
  const { maker } = people;
  maker.session.compareWords(true);
  const { words } = maker;
  expect(words?.mine).toBe(true);
  await talk(people, epochs, CONTENT.length, 12);
  expect(maker.state).toMatchObject({ phase: "secure", words });
});

test.each([
  ["when nobody says anything the epochs end with time", { rekey: OFTEN_BY_TIME }],
  ["who joined asks when it is due there", { guest: { rekey: OFTEN_BY_TIME } }],
])("%s", async (_, options) => {
  const epochs: Epochs[] = [];
  using _people = await connect(epochs, options);
  await until("three epochs", () => reached(epochs, 3));
});

test("a re-key that does not end in time ends the session for both", async () => {
  using people = await connect([], { maker: { rekey: { ...REKEY_LIMITS, ms: 50, timeoutMs: 300 } } });
  // What the guest says on bulk gets lost, and with it the marker that would end the re-key.
  const channel = people.network.connections.at(1)?.channels.get(1);
  if (channel) channel.send = () => undefined;
  expect([await people.maker.fails(), await people.guest.fails()]).toEqual(["E_REKEY", "E_PEER_BYE"]);
});

test("over real connections of Node", async () => {
  const { createPeerConnection } = nodePlatform("http://localhost");
  const epochs: Epochs[] = [];
  using people = await connect(epochs, { rekey: OFTEN, platform: { createPeerConnection } });
  await talk(people, epochs, 1_000_000, 4);
});
