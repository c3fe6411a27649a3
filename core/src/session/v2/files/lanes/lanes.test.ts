import { setMaxListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { until } from "../../../../../../testing/until.ts";
import { equalBytes } from "../../../../crypto/bytes.ts";
import { fileOffering } from "../../../../files/offering.ts";
import { type FakePeerConnection, fakeCertificate } from "../../../../testing/fake-network.ts";
import { FakeRooms } from "../../../../testing/fake-rooms.ts";
import type { Person } from "../../../../testing/person.ts";
import { plainDestination, savedBytes } from "../../../../testing/plain-destination.ts";
import { type PeopleOptions, TwoPeople } from "../../../../testing/two-people.ts";
import { REKEY_LIMITS } from "../../records/rekey-limits.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

/** On a busy machine; each of these takes a second or two. */
const PATIENCE_MS = 60_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

/** Long enough for lanes, and longer than what a sender may send before it is asked for more. */
const CONTENT = Uint8Array.from({ length: 14_000_000 }, (_, i) => (i * 31 + (i >> 8)) % 251);

const makesCertificates = { generateCertificate: async () => fakeCertificate() };

/** Two who are secure, and so far apart that lanes are worth it. @param options.roundTripMs - how far */
async function connect({ roundTripMs = 100, ...options }: PeopleOptions & { roundTripMs?: number } = {}) {
  const rooms = options.rooms ?? new FakeRooms();
  rooms.network.roundTripMs = roundTripMs;
  const both = { platform: makesCertificates, patienceMs: PATIENCE_MS };
  const people = await TwoPeople.connect({ ...both, ...options, rooms });
  signalsBefore.set(rooms, rooms.signals.length);
  return people;
}

/** A file that has begun to move, and is paused where its first credit ends. */
async function beginToMove(from: Person, to: Person): Promise<void> {
  from.session.files.offer(fileOffering(new File([CONTENT], "film.bin")));
  await to.becomes("in-1", "offered");
  to.session.files.accept("in-1", plainDestination());
  await to.becomes("in-1", "moving");
  to.session.files.pause("in-1");
}

async function arrives(to: Person): Promise<void> {
  to.session.files.resume("in-1");
  const { received } = await to.becomes("in-1", "delivered");
  expect(equalBytes(await savedBytes(received), CONTENT)).toBe(true);
}

/** Connections beside the one that each side has anyway. */
const lanesOf = ({ network }: FakeRooms) =>
  network.connections.filter(
    ({ channels, connectionState }) => channels.size === 1 && connectionState === "connected",
  );

const openLanes = (rooms: FakeRooms, count = 14) =>
  until("the lanes", () => lanesOf(rooms).length === count, PATIENCE_MS);

/** How many records come on it from here on. */
function counted({ channels }: FakePeerConnection): { records: number } {
  const count = { records: 0 };
  channels.get(1)?.addEventListener("message", () => {
    count.records += 1;
  });
  return count;
}

/** The epoch of what came last on it, as the record's header says in the clear. */
function epochOf({ channels }: FakePeerConnection): { epoch: number } {
  const seen = { epoch: 0 };
  channels.get(1)?.addEventListener("message", (event) => {
    seen.epoch = new DataView((event as MessageEvent<ArrayBuffer>).data).getUint16(2);
  });
  return seen;
}

/** What has gone by way of the server since both were secure. */
const signalsOf = (rooms: FakeRooms) => rooms.signals.slice(signalsBefore.get(rooms));
const signalsBefore = new Map<FakeRooms, number>();

describe("over a long link", () => {
  test.each([
    ["who opened the room", 0],
    ["who joined it", 1],
  ])("what %s sends goes over all lanes, and is put together again", async (_, sender) => {
    using people = await connect();
    const { rooms, maker, guest } = people;
    const [from, to] = sender === 0 ? [maker, guest] : [guest, maker];
    await beginToMove(from, to);
    await openLanes(rooms);
    const counts = lanesOf(rooms).map(counted);
    await arrives(to);
    expect(counts.filter(({ records }) => records > 0)).toHaveLength(7);
    expect(signalsOf(rooms)).toEqual([]); // All of it was said over ctl.
  });

  test("re-keys begin on every lane, and nothing is lost between two epochs", async () => {
    using people = await connect({ rekey: { ...REKEY_LIMITS, records: 24 } });
    const { rooms, maker, guest } = people;
    await beginToMove(maker, guest);
    await openLanes(rooms);
    const epochs = lanesOf(rooms).map(epochOf);
    await arrives(guest);
    expect(Math.min(...epochs.map(({ epoch }) => epoch))).toBeGreaterThan(2);
    expect([maker.state.phase, guest.state.phase]).toEqual(["secure", "secure"]);
  });

  test("a lane that ends takes the connection with it; the file goes on over the next one, and its lanes", async () => {
    using people = await connect();
    const { rooms, maker, guest } = people;
    await beginToMove(maker, guest);
    await openLanes(rooms);
    const before = rooms.network.connections.length;
    lanesOf(rooms)[3]?.close();
    await until("another connection", () => rooms.network.connections.length >= before + 2, PATIENCE_MS);
    await people.reach("secure");
    await arrives(guest);
    expect([maker, guest].map(({ session }) => session.state.phase)).toEqual(["secure", "secure"]);
  });

  test("what a connection with lanes has lost is made anew, not restarted in part", async () => {
    using people = await connect();
    const { rooms, maker, guest } = people;
    await beginToMove(maker, guest);
    await openLanes(rooms);
    rooms.network.cut();
    await people.reach("reconnecting");
    await until("the search for a way", () => signalsOf(rooms).length > 0, PATIENCE_MS);
    rooms.network.mend("in another network");
    await people.reach("secure");
    await arrives(guest);
    expect(rooms.network.connections.every(({ configurations }) => configurations.length === 0)).toBe(true);
  });

  test("after the end there is nothing left of a lane", async () => {
    using people = await connect();
    const { rooms, maker, guest } = people;
    await beginToMove(maker, guest);
    await openLanes(rooms);
    await maker.session.destroy();
    await guest.reaches("ended");
    await until("all to be closed", () =>
      rooms.network.connections.every(({ connectionState }) => connectionState === "closed"),
    );
  });
});

describe("no lanes", () => {
  const connectionsAfterAFile = async ({ maker, guest, network }: TwoPeople) => {
    await beginToMove(maker, guest);
    await arrives(guest);
    return network.connections.length;
  };

  test("over a short link", async () => {
    using people = await connect({ roundTripMs: 12 });
    expect(await connectionsAfterAFile(people)).toBe(2);
  });

  test("where a runtime does not use the certificate that it is given", async () => {
    const rooms = new FakeRooms();
    const { network } = rooms;
    const createPeerConnection: typeof network.createPeerConnection = (configuration) => {
      const connection = network.createPeerConnection(configuration);
      if (network.connections.length > 9) network.connections.at(-1)?.changeCertificate();
      return connection;
    };
    using people = await connect({ rooms, platform: { ...makesCertificates, createPeerConnection } });
    expect(await connectionsAfterAFile(people)).toBeGreaterThan(9);
    expect(lanesOf(rooms)).toEqual([]);
  });

  test("where a runtime makes no certificates", async () => {
    using people = await connect({ platform: {} });
    expect(await connectionsAfterAFile(people)).toBe(2);
  });
});
