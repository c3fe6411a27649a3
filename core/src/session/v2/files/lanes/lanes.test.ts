import { setMaxListeners } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { until } from "../../../../../../testing/until.ts";
import { equalBytes } from "../../../../crypto/bytes.ts";
import { fileOffering } from "../../../../files/offering.ts";
import type { FakePeerConnection } from "../../../../testing/fake-network.ts";
import { FakeRooms } from "../../../../testing/fake-rooms.ts";
import { plainDestination, savedBytes } from "../../../../testing/plain-destination.ts";
import type { Session, SessionEvent, Transfer } from "../../../session.ts";
import { createRoom2, joinRoom2 } from "../../create-join.ts";
import { REKEY_LIMITS, type RekeyLimits } from "../../records/rekey-limits.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

/** On a busy machine; each of these takes a second or two. */
const PATIENCE_MS = 60_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

type Person = { session: Session; events: SessionEvent[] };

const opened: Session[] = [];
afterEach(() => {
  for (const session of opened.splice(0)) session.wipe({ type: "page-gone" });
});

/** Long enough for lanes, and longer than what a sender may send before it is asked for more. */
const CONTENT = Uint8Array.from({ length: 14_000_000 }, (_, i) => (i * 31 + (i >> 8)) % 251);

function farApart(): FakeRooms {
  const rooms = new FakeRooms();
  rooms.makesCertificates = true;
  rooms.network.roundTripMs = 100;
  return rooms;
}

async function meet(rooms: FakeRooms, rekey: RekeyLimits = REKEY_LIMITS, hideAddress = false) {
  const { signal } = new AbortController();
  const options = () => ({ platform: rooms.platform(), hideAddress, signal, rekey });
  const a = person(await createRoom2(options()));
  const { roomId, fragment = "" } = a.session;
  const b = person(await joinRoom2({ ...options(), roomId, fragment }));
  for (const each of [a, b]) await reaches(each, "secure");
  met.set(rooms, rooms.signals.length);
  return { rooms, a, b };
}

function person(session: Session): Person {
  const events: SessionEvent[] = [];
  session.subscribe((event) => events.push(event), new AbortController().signal);
  opened.push(session);
  return { session, events };
}

function reaches({ session }: Person, phase: Session["state"]["phase"]) {
  return until(phase, () => session.state.phase === phase, PATIENCE_MS);
}

function last({ events }: Person, direction: Transfer["direction"]): Transfer | undefined {
  const all = events.flatMap((event) => (event.type === "transfer" ? [event.transfer] : []));
  return all.filter((transfer) => transfer.direction === direction).at(-1);
}

/** A file that has begun to move, and rests where its first credit ends. */
async function beginToMove(from: Person, to: Person): Promise<void> {
  from.session.files.offer(fileOffering(new File([CONTENT], "film.bin")));
  await until("the offer", () => last(to, "in")?.status === "offered", PATIENCE_MS);
  to.session.files.accept("in-1", plainDestination());
  await until("the first bytes", () => last(to, "in")?.status === "moving", PATIENCE_MS);
  to.session.files.pause("in-1");
}

async function arrives(to: Person): Promise<void> {
  to.session.files.resume("in-1");
  await until("the file", () => last(to, "in")?.status === "delivered", PATIENCE_MS);
  expect(equalBytes(await savedBytes(last(to, "in")?.received), CONTENT)).toBe(true);
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

/** What has gone by way of the server since the two met. */
const signalsOf = (rooms: FakeRooms) => rooms.signals.slice(met.get(rooms));
const met = new Map<FakeRooms, number>();

describe("over a long link", () => {
  test.each([
    ["who opened the room", 0],
    ["who joined it", 1],
  ])("what %s sends goes over all lanes, and is put together again", async (_, sender) => {
    const { rooms, a, b } = await meet(farApart());
    const [from, to] = sender === 0 ? [a, b] : [b, a];
    await beginToMove(from, to);
    await openLanes(rooms);
    const counts = lanesOf(rooms).map(counted);
    await arrives(to);
    expect(counts.filter(({ records }) => records > 0)).toHaveLength(7);
    expect(signalsOf(rooms)).toEqual([]); // All of it was said over ctl.
  });

  test("re-keys begin on every lane, and nothing is lost between two epochs", async () => {
    const { rooms, a, b } = await meet(farApart(), { ...REKEY_LIMITS, records: 24 });
    await beginToMove(a, b);
    await openLanes(rooms);
    const epochs = lanesOf(rooms).map(epochOf);
    await arrives(b);
    expect(Math.min(...epochs.map(({ epoch }) => epoch))).toBeGreaterThan(2);
    expect([a.session.state.phase, b.session.state.phase]).toEqual(["secure", "secure"]);
  });

  test("a lane that ends takes the connection with it; the file goes on over the next one, and its lanes", async () => {
    const { rooms, a, b } = await meet(farApart());
    await beginToMove(a, b);
    await openLanes(rooms);
    const before = rooms.network.connections.length;
    lanesOf(rooms)[3]?.close();
    await until("another connection", () => rooms.network.connections.length >= before + 2, PATIENCE_MS);
    for (const each of [a, b]) await reaches(each, "secure");
    await arrives(b);
    expect([a, b].map(({ session }) => session.state.phase)).toEqual(["secure", "secure"]);
  });

  test("what a connection with lanes has lost is made anew, not restarted in part", async () => {
    const { rooms, a, b } = await meet(farApart());
    await beginToMove(a, b);
    await openLanes(rooms);
    rooms.network.cut();
    for (const each of [a, b]) await reaches(each, "reconnecting");
    await until("the search for a way", () => signalsOf(rooms).length > 0, PATIENCE_MS);
    rooms.network.mend("in another network");
    for (const each of [a, b]) await reaches(each, "secure");
    await arrives(b);
    expect(rooms.network.connections.every(({ configurations }) => configurations.length === 0)).toBe(true);
  });

  test("after the end there is nothing left of a lane", async () => {
    const { rooms, a, b } = await meet(farApart());
    await beginToMove(a, b);
    await openLanes(rooms);
    await a.session.destroy();
    await reaches(b, "ended");
    await until("all to be closed", () =>
      rooms.network.connections.every(({ connectionState }) => connectionState === "closed"),
    );
  });
});

describe("no lanes", () => {
  const connectionsAfterAFile = async (rooms: FakeRooms, limits = REKEY_LIMITS) => {
    const { a, b } = await meet(rooms, limits);
    await beginToMove(a, b);
    await arrives(b);
    return rooms.network.connections.length;
  };

  test("over a short link", async () => {
    const rooms = farApart();
    rooms.network.roundTripMs = 12;
    expect(await connectionsAfterAFile(rooms)).toBe(2);
  });

  test("where a runtime does not use the certificate that it is given", async () => {
    const rooms = farApart();
    const make = rooms.createPeerConnection;
    rooms.createPeerConnection = (configuration) => {
      const connection = make(configuration);
      if (rooms.network.connections.length > 9) rooms.network.connections.at(-1)?.changeCertificate();
      return connection;
    };
    expect(await connectionsAfterAFile(rooms)).toBeGreaterThan(9);
    expect(lanesOf(rooms)).toEqual([]);
  });

  test("where a runtime makes no certificates", async () => {
    const rooms = farApart();
    rooms.makesCertificates = false;
    expect(await connectionsAfterAFile(rooms)).toBe(2);
  });
});
