import { setMaxListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import type { Bytes } from "../../../brand.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import { fileSet } from "../../../files/file-set.ts";
import { fileOffering, type Offering, setOffering } from "../../../files/offering.ts";
import { plainDestination } from "../../../testing/plain-destination.ts";
import { SetDestination } from "../../../testing/set-destination.ts";
import { TwoPeople } from "../../../testing/two-people.ts";
import { parseFileFrame } from "../../../wire/file-frame-readers.ts";
import { formatFileFrame } from "../../../wire/file-frames.ts";
import type { FileFrame, FrameBytes } from "../../../wire/frames.ts";
import type { Transfer, TransferId } from "../../session.ts";
import { FileEngineClient } from "../engine/client.ts";
import { InlineEngine } from "../engine/inline.ts";
import type { LiveConnection } from "./file-options.ts";
import { LazyFiles } from "./lazy-files.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

const forever = new AbortController().signal;

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

function expectWhole(destination: SetDestination): void {
  expect(destination.isWhole).toBe(true);
  expect([...destination.files.keys()]).toEqual(FOLDER.map(([path]) => path));
  for (const [path, content] of FOLDER) {
    expect(equalBytes(destination.files.get(path) ?? new Uint8Array(), content), path).toBe(true);
  }
}

describe("a folder", () => {
  test("is one offer that says what is in it, is accepted once, and arrives file by file", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    expect(maker.session.files.offer(folder())).toEqual(["out-1"]);
    const offered = await guest.becomes("in-1", "offered");
    expect(offered).toMatchObject({ name: "trip", size: 6_065_292, moved: 0 });
    expect(offered.set?.entries.map(({ path }) => path)).toEqual(FOLDER.map(([path]) => path));
    const destination = new SetDestination();
    guest.session.files.accept("in-1", destination);
    expect(await guest.becomes("in-1", "delivered")).toMatchObject({ received: { type: "saved" } });
    await maker.becomes("out-1", "delivered");
    expectWhole(destination);
    expect([maker.transfers.size, guest.transfers.size]).toEqual([1, 1]);
  });

  test("of empty files alone arrives", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    maker.session.files.offer(
      folder([
        ["a", bytesOf(0, 1)],
        ["b/c", bytesOf(0, 1)],
      ]),
    );
    await guest.becomes("in-1", "offered");
    const destination = new SetDestination();
    guest.session.files.accept("in-1", destination);
    await Promise.all([maker.becomes("out-1", "delivered"), guest.becomes("in-1", "delivered")]);
    expect([...destination.files.keys()]).toEqual(["a", "b/c"]);
  });

  test.each(["sender", "receiver"])(
    "is given up by its %s half-way: nothing is left, and the talk goes on",
    async (who) => {
      using people = await TwoPeople.connect();
      const { maker, guest } = people;
      maker.session.files.offer(folder());
      await guest.becomes("in-1", "offered");
      const destination = new SetDestination();
      guest.session.files.accept("in-1", destination);
      await until("some of it", () => (guest.transfers.get("in-1")?.moved ?? 0) > 70_000);
      if (who === "sender") maker.session.files.cancel("out-1");
      else guest.session.files.cancel("in-1");
      await Promise.all([maker.becomes("out-1", "cancelled"), guest.becomes("in-1", "cancelled")]);
      await until("nothing", () => destination.files.size === 0);
      maker.session.files.offer(fileOffering(new File(["next"], "next.txt")));
      await guest.becomes("in-2", "offered");
      guest.session.files.accept("in-2", plainDestination());
      await guest.becomes("in-2", "delivered");
    },
  );

  test("whose files are larger together than allowed is not offered, and nothing of it", async () => {
    using people = await TwoPeople.connect();
    const { maker } = people;
    const half = bytesOf(2 ** 23, 1);
    expect(() =>
      maker.session.files.offer(
        folder([
          ["a", half],
          ["b", half],
          ["c", bytesOf(1, 1)],
        ]),
      ),
    ).toThrow(/E_FILE_LIMIT/);
    expect(maker.transfers.size).toBe(0);
  });

  test("goes on where it was over a new connection, and nobody is asked about it again", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    maker.session.files.offer(folder());
    await guest.becomes("in-1", "offered");
    const destination = new SetDestination();
    guest.session.files.accept("in-1", destination);
    await until("some of it", () => (guest.transfers.get("in-1")?.moved ?? 0) > 70_000);
    people.breakConnections();
    await Promise.all([maker.becomes("out-1", "delivered"), guest.becomes("in-1", "delivered")]);
    expectWhole(destination);
    expect(guest.statuses("in-1").filter((status) => status === "offered")).toHaveLength(1);
    expect(people.network.connections.length).toBeGreaterThan(2);
  });

  test("that was lost with a connection before it was heard is offered over the next", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    people.network.cut(false);
    maker.session.files.offer(folder());
    await maker.becomes("out-1", "offered");
    people.breakConnections();
    await guest.becomes("in-1", "offered");
    people.breakConnections();
    await people.reach("secure");
    const destination = new SetDestination();
    guest.session.files.accept("in-1", destination);
    await maker.becomes("out-1", "delivered");
    expectWhole(destination);
    expect(guest.statuses("in-1").filter((status) => status === "offered")).toHaveLength(1);
  });
});

test("an offer that was lost with a connection and given up meanwhile leaves a gap, and the talk goes on", async () => {
  using people = await TwoPeople.connect();
  const { maker, guest } = people;
  people.network.cut(false);
  maker.session.files.offer(folder());
  maker.session.files.offer(fileOffering(new File(["lost too"], "lost.txt")));
  await maker.becomes("out-2", "offered");
  maker.session.files.cancel("out-1");
  people.breakConnections();
  await guest.becomes("in-2", "offered");
  people.breakConnections();
  await people.reach("secure");
  guest.session.files.accept("in-2", plainDestination());
  await maker.becomes("out-2", "delivered");
  expect(guest.transfers.has("in-1")).toBe(false);
});

/** A connection that can have no lanes, as far as the policy about them asks. */
const WITHOUT_LANES = { secured: { canHaveLanes: false } } as LiveConnection;

/** Files of a session whose other side is this test. */
function filesAlone(takesSets: boolean) {
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
  const { sent, files } = filesAlone(false);
  expect(files.offer(folder())).toHaveLength(FOLDER.length);
  await until("the offers", () => sent.length === FOLDER.length);
  expect(sent.map((frame) => frame.type === "file_offer" && frame.name)).toEqual(
    FOLDER.map(([path]) => path.split("/").pop()),
  );
});

test("an offer that nobody could save, or that is too large together, is refused without asking", async () => {
  const { sent, transfers, hear } = filesAlone(true);
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
  const { hear } = filesAlone(true);
  await hear({ type: "file_set", fileId: 2, size: 1, entries: 1, name: "s" });
  await expect(
    hear({ type: "file_set_part", fileId: 2, files: [{ path: "a", size: 1 }] }),
  ).rejects.toMatchObject({ code: "E_RECORD_TYPE" });
  const later = filesAlone(true);
  await later.hear({ type: "file_set", fileId: 1, size: 2, entries: 2, name: "half" });
  await later.hear({ type: "file_set_part", fileId: 1, files: [{ path: "a", size: 1 }] });
  later.files.sayAgain();
  const offer = { type: "file_offer", size: 1, name: "a", mime: "text/plain" } as const;
  await later.hear({ ...offer, fileId: 3 });
  expect([...later.transfers.keys()]).toEqual(["in-3"]);
  await expect(later.hear({ ...offer, fileId: 0 })).rejects.toMatchObject({ code: "E_RECORD_TYPE" });
});
