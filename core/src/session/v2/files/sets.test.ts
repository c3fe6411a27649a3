import { setMaxListeners } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import type { Bytes } from "../../../brand.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import { fileSet } from "../../../files/file-set.ts";
import { fileOffering, type Offering, setOffering } from "../../../files/offering.ts";
import { FakeRooms } from "../../../testing/fake-rooms.ts";
import { plainDestination } from "../../../testing/plain-destination.ts";
import { SetDestination } from "../../../testing/set-destination.ts";
import { parseFileFrame } from "../../../wire/file-frame-readers.ts";
import { formatFileFrame } from "../../../wire/file-frames.ts";
import type { FileFrame, FrameBytes } from "../../../wire/frames.ts";
import type { Session, Transfer, TransferId } from "../../session.ts";
import { createRoom2, joinRoom2 } from "../create-join.ts";
import { FileEngineClient } from "../engine/client.ts";
import { InlineEngine } from "../engine/inline.ts";
import type { LiveConnection } from "./file-options.ts";
import { LazyFiles } from "./lazy-files.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

const opened: Session[] = [];
afterEach(() => {
  for (const session of opened.splice(0)) session.wipe({ type: "page-gone" });
});

const forever = new AbortController().signal;

/** One of two people, and the newest that they know of each file. */
class Person {
  readonly session: Session;
  readonly files = new Map<TransferId, Transfer>();
  /** Every status that each file has had. */
  readonly seen: string[] = [];

  constructor(session: Session) {
    this.session = session;
    session.subscribe((event) => {
      if (event.type !== "transfer") return;
      const { id, status } = event.transfer;
      if (this.files.get(id)?.status !== status) this.seen.push(`${id} ${status}`);
      this.files.set(id, event.transfer);
    }, forever);
    opened.push(session);
  }

  reaches(id: TransferId, status: Transfer["status"]): Promise<Transfer> {
    return until(`${id} ${status}`, () => {
      const transfer = this.files.get(id);
      return transfer?.status === status ? transfer : undefined;
    });
  }
}

async function meet(): Promise<{ rooms: FakeRooms; a: Person; b: Person }> {
  const rooms = new FakeRooms();
  const begin = { platform: rooms.platform(), hideAddress: false, signal: forever };
  const a = new Person(await createRoom2(begin));
  const { roomId, fragment = "" } = a.session;
  const b = new Person(await joinRoom2({ ...begin, platform: rooms.platform(), roomId, fragment }));
  for (const { session } of [a, b]) await until("secure", () => session.state.phase === "secure");
  return { rooms, a, b };
}

/** Every PeerConnection that is there fails, at both ends, and the cable is back in another network. */
function breakDown({ network }: FakeRooms): void {
  network.cut();
  for (const connection of network.connections) connection.change("failed");
  network.mend("in another network");
}

const bytesOf = (length: number, seed: number): Bytes =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + seed) % 251);

const FOLDER: readonly (readonly [path: string, content: Bytes])[] = [
  ["read me.txt", bytesOf(10, 1)],
  ["empty", bytesOf(0, 2)],
  ["photos/one.jpg", bytesOf(65_281, 3)],
  ["photos/2026/ünï.jpg", bytesOf(3_000_001, 4)],
  ["photos/2026/two.jpg", bytesOf(3_000_000, 5)],
  ["photos/last and empty", bytesOf(0, 6)],
];

function folder(files = FOLDER, name = "trip"): Offering {
  const entries = files.map(([path, { length: size }]) => ({ path, size }));
  return setOffering(
    fileSet(name, entries),
    files.map(([, content]) => new Blob([content])),
  );
}

function expectWhole(shelf: SetDestination): void {
  expect(shelf.isWhole).toBe(true);
  expect([...shelf.files.keys()]).toEqual(FOLDER.map(([path]) => path));
  for (const [path, content] of FOLDER) {
    expect(equalBytes(shelf.files.get(path) ?? new Uint8Array(), content), path).toBe(true);
  }
}

describe("a folder", () => {
  test("is one offer that says what is in it, is accepted once, and arrives file by file", async () => {
    const { a, b } = await meet();
    expect(a.session.files.offer(folder())).toEqual(["out-1"]);
    const offered = await b.reaches("in-1", "offered");
    expect(offered).toMatchObject({ name: "trip", size: 6_065_292, moved: 0 });
    expect(offered.set?.entries.map(({ path }) => path)).toEqual(FOLDER.map(([path]) => path));
    const shelf = new SetDestination();
    b.session.files.accept("in-1", shelf);
    expect(await b.reaches("in-1", "delivered")).toMatchObject({ received: { type: "saved" } });
    await a.reaches("out-1", "delivered");
    expectWhole(shelf);
    expect([a.files.size, b.files.size]).toEqual([1, 1]);
  });

  test("of empty files alone arrives", async () => {
    const { a, b } = await meet();
    a.session.files.offer(
      folder([
        ["a", bytesOf(0, 1)],
        ["b/c", bytesOf(0, 1)],
      ]),
    );
    await b.reaches("in-1", "offered");
    const shelf = new SetDestination();
    b.session.files.accept("in-1", shelf);
    await Promise.all([a.reaches("out-1", "delivered"), b.reaches("in-1", "delivered")]);
    expect([...shelf.files.keys()]).toEqual(["a", "b/c"]);
  });

  test.each(["sender", "receiver"])(
    "is given up by its %s half-way: nothing is left, and the talk goes on",
    async (who) => {
      const { a, b } = await meet();
      a.session.files.offer(folder());
      await b.reaches("in-1", "offered");
      const shelf = new SetDestination();
      b.session.files.accept("in-1", shelf);
      await until("some of it", () => (b.files.get("in-1")?.moved ?? 0) > 70_000);
      if (who === "sender") a.session.files.cancel("out-1");
      else b.session.files.cancel("in-1");
      await Promise.all([a.reaches("out-1", "cancelled"), b.reaches("in-1", "cancelled")]);
      await until("nothing", () => shelf.files.size === 0);
      a.session.files.offer(fileOffering(new File(["next"], "next.txt")));
      await b.reaches("in-2", "offered");
      b.session.files.accept("in-2", plainDestination());
      await b.reaches("in-2", "delivered");
    },
  );

  test("whose files are larger together than allowed is not offered, and nothing of it", async () => {
    const { a } = await meet();
    const half = bytesOf(2 ** 23, 1);
    expect(() =>
      a.session.files.offer(
        folder([
          ["a", half],
          ["b", half],
          ["c", bytesOf(1, 1)],
        ]),
      ),
    ).toThrow(/E_FILE_LIMIT/);
    expect(a.files.size).toBe(0);
  });

  test("goes on where it was over a new connection, and nobody is asked about it again", async () => {
    const { rooms, a, b } = await meet();
    a.session.files.offer(folder());
    await b.reaches("in-1", "offered");
    const shelf = new SetDestination();
    b.session.files.accept("in-1", shelf);
    await until("some of it", () => (b.files.get("in-1")?.moved ?? 0) > 70_000);
    breakDown(rooms);
    await Promise.all([a.reaches("out-1", "delivered"), b.reaches("in-1", "delivered")]);
    expectWhole(shelf);
    expect(b.seen.filter((each) => each === "in-1 offered")).toHaveLength(1);
    expect(rooms.network.connections.length).toBeGreaterThan(2);
  });

  test("that was lost with a connection before it was heard is offered over the next", async () => {
    const { rooms, a, b } = await meet();
    rooms.network.cut(false);
    a.session.files.offer(folder());
    await a.reaches("out-1", "offered");
    breakDown(rooms);
    await b.reaches("in-1", "offered");
    breakDown(rooms);
    for (const { session } of [a, b]) await until("secure again", () => session.state.phase === "secure");
    const shelf = new SetDestination();
    b.session.files.accept("in-1", shelf);
    await a.reaches("out-1", "delivered");
    expectWhole(shelf);
    expect(b.seen.filter((each) => each === "in-1 offered")).toHaveLength(1);
  });
});

test("an offer that was lost with a connection and given up meanwhile leaves a gap, and the talk goes on", async () => {
  const { rooms, a, b } = await meet();
  rooms.network.cut(false);
  a.session.files.offer(folder());
  a.session.files.offer(fileOffering(new File(["lost too"], "lost.txt")));
  await a.reaches("out-2", "offered");
  a.session.files.cancel("out-1");
  breakDown(rooms);
  await b.reaches("in-2", "offered");
  breakDown(rooms);
  for (const { session } of [a, b]) await until("secure again", () => session.state.phase === "secure");
  b.session.files.accept("in-2", plainDestination());
  await a.reaches("out-2", "delivered");
  expect(b.files.has("in-1")).toBe(false);
});

/** Files of a session whose other side is this test. */
/** All that a policy about lanes asks of a connection that can have none. */
const WITHOUT_LANES = { secured: { canHaveLanes: false } } as LiveConnection;

function door(takesSets: boolean) {
  const sent: FileFrame[] = [];
  const transfers = new Map<TransferId, Transfer>();
  const options = {
    ...{
      signal: forever,
      engine: new FileEngineClient({ startFileWorker: () => new InlineEngine() }),
      now: () => 0,
      onFailure: () => expect.unreachable(),
    },
    send: (record: FrameBytes) => void sent.push(parseFileFrame(record)),
    connection: () => WITHOUT_LANES,
    ...{ platform: { createPeerConnection: () => expect.unreachable() } },
    report: (transfer: Transfer) => void transfers.set(transfer.id, transfer),
  };
  const files = new LazyFiles(options, { theirs: 2 ** 24, ours: 2 ** 24, takesSets, hashing: "pieces" });
  return { sent, transfers, files, hear: (frame: FileFrame) => files.hearFrame(formatFileFrame(frame)) };
}

test("who takes no sets is offered its files one by one, under their own names", async () => {
  const { sent, files } = door(false);
  expect(files.offer(folder())).toHaveLength(FOLDER.length);
  await until("the offers", () => sent.length === FOLDER.length);
  expect(sent.map((frame) => frame.type === "file_offer" && frame.name)).toEqual(
    FOLDER.map(([path]) => path.split("/").pop()),
  );
});

test("an offer that nobody could save, or that is too large together, is refused without asking", async () => {
  const { sent, transfers, hear } = door(true);
  await hear({ type: "file_set", fileId: 1, size: 1, entries: 1, name: "s" });
  await hear({ type: "file_set_part", fileId: 1, files: [{ path: "con/".repeat(50), size: 1 }] });
  await hear({ type: "file_set", fileId: 2, size: 2 ** 24 + 1, entries: 2, name: "s" });
  await hear({ type: "file_set_part", fileId: 2, files: [{ path: "a", size: 2 ** 24 }] });
  await hear({ type: "file_set_part", fileId: 2, files: [{ path: "b", size: 1 }] });
  expect(sent).toEqual([
    { type: "reject", fileId: 1, reason: 4 },
    { type: "reject", fileId: 2, reason: 1 },
  ]);
  expect(transfers.size).toBe(0);
});

test("a number that is left out ends the session, but not over a later connection", async () => {
  const { hear } = door(true);
  await hear({ type: "file_set", fileId: 2, size: 1, entries: 1, name: "s" });
  await expect(
    hear({ type: "file_set_part", fileId: 2, files: [{ path: "a", size: 1 }] }),
  ).rejects.toMatchObject({ code: "E_RECORD_TYPE" });
  const later = door(true);
  await later.hear({ type: "file_set", fileId: 1, size: 2, entries: 2, name: "half" });
  await later.hear({ type: "file_set_part", fileId: 1, files: [{ path: "a", size: 1 }] });
  later.files.sayAgain();
  const offer = { type: "file_offer", size: 1, name: "a", mime: "text/plain" } as const;
  await later.hear({ ...offer, fileId: 3 });
  expect([...later.transfers.keys()]).toEqual(["in-3"]);
  await expect(later.hear({ ...offer, fileId: 0 })).rejects.toMatchObject({ code: "E_RECORD_TYPE" });
});
