import { setMaxListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import {
  chunk,
  fileEnd,
  OFFERED_BYTES,
  offer,
  rawOffer,
  sevens,
  sized,
  stuckDestination,
} from "../../../testing/hostile-frames.ts";
import { accepted, goesOn } from "../../../testing/hostile-guest.ts";
import type { HostilePeer } from "../../../testing/hostile-peer.ts";
import { savedBytes } from "../../../testing/plain-destination.ts";
import { TwoPeople } from "../../../testing/two-people.ts";
import type { CtlFrame, FrameBytes } from "../../../wire/frames.ts";
import { FILE_NAME_BYTES } from "../../file-name.ts";
import { utf8Length } from "../../text.ts";
import { CREDIT_BYTES } from "../engine/receiver.ts";
import { MAX_OPEN_OFFERS } from "./file-options.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

/** What the honest side takes, by its own server's word. */
const LIMIT = 2 ** 24;
const begin = () => TwoPeople.connectHostile();
const utf8 = (text: string) => sized(new TextEncoder().encode(text));

describe("an offer that ends the session", () => {
  const LIES: readonly (readonly [string, CtlFrame | FrameBytes, string])[] = [
    ["number 0", offer(0), "E_RECORD_TYPE"],
    ["a number left out", offer(2), "E_RECORD_TYPE"],
    ["the last number there is", offer(2 ** 32 - 1), "E_RECORD_TYPE"],
    ["a size that nobody can count", offer(1, { size: 2 ** 53 }), "E_RECORD_TYPE"],
    ["a name of 64 KiB", offer(1, { name: "n".repeat(65_000) }), "E_RECORD_TYPE"],
    ["a name that is not UTF-8", rawOffer(Uint8Array.of(2, 0xc3, 0x28, 0)), "E_RECORD_UTF8"],
    ["a name longer than the record", rawOffer(Uint8Array.of(200, 0x61)), "E_RECORD_TYPE"],
    ["a type that is not UTF-8", rawOffer(utf8("a"), Uint8Array.of(1, 0xff)), "E_RECORD_UTF8"],
    ["something behind it", rawOffer(utf8("a"), utf8("b"), Uint8Array.of(0)), "E_RECORD_TYPE"],
  ];

  test.each(LIES)("%s", async (_, lie, code) => {
    using people = await begin();
    await people.guest.say(lie);
    expect(await people.maker.fails()).toBe(code);
    expect(people.maker.transfers.size).toBe(0);
  });
});

describe("an offer that is refused without asking", () => {
  test("above the limit, and above whatever a disk may hold", async () => {
    using people = await begin();
    await people.guest.say(offer(1, { size: LIMIT + 1 }), offer(2, { size: Number.MAX_SAFE_INTEGER }));
    await goesOn(people);
    expect(people.guest.said("reject")).toEqual([
      { type: "reject", fileId: 1, reason: 1 },
      { type: "reject", fileId: 2, reason: 1 },
    ]);
    expect(people.maker.transferReports).toBe(0);
  });

  test("the seventeenth that is open, until one is not any more", async () => {
    using people = await begin();
    const { maker, guest } = people;
    const { session, transfers } = maker;
    for (let fileId = 1; fileId <= MAX_OPEN_OFFERS + 1; fileId++) await guest.say(offer(fileId));
    await goesOn(people);
    expect(guest.said("reject")).toEqual([{ type: "reject", fileId: 17, reason: 2 }]);
    session.files.decline("in-3");
    await guest.say(offer(18));
    await people.maker.becomes("in-18", "offered");
    expect(transfers.size).toBe(17);
  });

  test("the same one again asks nobody twice", async () => {
    using people = await begin();
    const { guest } = people;
    for (let again = 0; again < 50; again++) await guest.say(offer(1, { name: `other ${again}` }));
    await goesOn(people);
    expect(people.maker.transfers.get("in-1")?.name).toBe("other 0");
    expect(people.maker.transferReports).toBe(1);
    people.maker.session.files.decline("in-1");
    await guest.say(offer(1));
    await goesOn(people);
    expect(people.maker.transferReports).toBe(2);
    expect(guest.said("reject")).toEqual([{ type: "reject", fileId: 1, reason: 0 }]);
  });
});

describe("a name", () => {
  const BIDI = String.fromCodePoint(0x202e, 0x2066, 0x200f, 0x61c, 0x2069);
  const NAMES: readonly (readonly [string, string, string])[] = [
    ["empty", "", "file"],
    ["with NUL", "safe.txt\0.exe", "safe.txt.exe"],
    ["with control characters", "a\u001b[2Jb\r\n\u0085.txt", "a[2Jb .txt"],
    ["that runs backwards", `${BIDI}gpj.exe`, "gpj.exe"],
    ["that leads elsewhere", "../../.ssh/authorized_keys", "__.._.ssh_authorized_keys"],
    ["that DOS reserves", "nul.txt", "_nul.txt"],
    ["that DOS reserves, behind what is not seen", `C\u200bO\u200bN`, "_CON"],
    ["of markup", `<img src=x onerror="alert(1)">`, "_img src=x onerror=_alert(1)__"],
    ["of nothing but dots", "....", "_"],
  ];

  test.each(NAMES)("%s", async (_, hostile, safe) => {
    using people = await begin();
    await people.guest.say(offer(1, { name: hostile }));
    expect((await people.maker.becomes("in-1", "offered")).name).toBe(safe);
  });

  test("as long as a record's byte can say is cut before its extension", async () => {
    using people = await begin();
    await people.guest.say(offer(1, { name: `${"n".repeat(251)}.exe` }));
    const { name } = await people.maker.becomes("in-1", "offered");
    expect(utf8Length(name)).toBe(FILE_NAME_BYTES);
    expect(name.endsWith("n.exe")).toBe(true);
  });

  test.each(["text/html", "image/svg+xml", "t\u00e9xt/plain", "text/plain\r\n<b>", "", "x".repeat(255)])(
    "with the type %j is of no type that anybody would run",
    async (mime) => {
      using people = await begin();
      await people.guest.say(rawOffer(utf8("a"), utf8(mime)));
      expect((await people.maker.becomes("in-1", "offered")).type).toBe("application/octet-stream");
    },
  );
});

describe("bytes that end the session", () => {
  type Lie = (people: TwoPeople<HostilePeer>) => Promise<void>;
  const LIES: readonly (readonly [string, Lie, string])[] = [
    ["of a file that was never offered", ({ guest }) => guest.move(chunk(9, 0, 1)), "E_RECORD_TYPE"],
    [
      "the end of a file that was never offered",
      async ({ guest }) => guest.move(await fileEnd(9, 0)),
      "E_RECORD_TYPE",
    ],
    [
      "before anybody accepted",
      async ({ guest }) => {
        await guest.say(offer(2));
        await guest.move(chunk(2, 0, 1));
      },
      "E_RECORD_TYPE",
    ],
    [
      "of a file that was declined",
      async (people) => {
        await people.guest.say(offer(2));
        await people.maker.becomes("in-2", "offered");
        people.maker.session.files.decline("in-2");
        await people.guest.move(chunk(2, 0, 1));
      },
      "E_RECORD_TYPE",
    ],
    ["that leave one out", ({ guest }) => guest.move(chunk(1, 1, 10)), "E_FILE_OFFSET"],
    ["that come twice", ({ guest }) => guest.move(chunk(1, 0, 10), chunk(1, 9, 10)), "E_FILE_OFFSET"],
    ["from the far end", ({ guest }) => guest.move(chunk(1, Number.MAX_SAFE_INTEGER, 1)), "E_FILE_OFFSET"],
    [
      "more than was offered",
      ({ guest }) => guest.move(chunk(1, 0, 60_000), chunk(1, 60_000, 40_001)),
      "E_FILE_SIZE",
    ],
    ["none at all", ({ guest }) => guest.move(chunk(1, 0, 0)), "E_RECORD_TYPE"],
    ["too many at once", ({ guest }) => guest.move(chunk(1, 0, 65_281)), "E_RECORD_TYPE"],
  ];

  test.each(LIES)("%s", async (_, lie, code) => {
    using people = await begin();
    await accepted(people, { fileId: 1, size: OFFERED_BYTES });
    await lie(people);
    expect(await people.maker.fails()).toBe(code);
    expect([...people.maker.transfers.values()].filter(({ status }) => status === "delivered")).toEqual([]);
  });

  test("one byte more than the credit", async () => {
    using people = await begin();
    const { maker, guest } = people;
    const { session } = maker;
    const size = CREDIT_BYTES + 1_000_000;
    expect(await accepted(people, { fileId: 1, size })).toMatchObject({ creditEnd: CREDIT_BYTES });
    await guest.move(chunk(1, 0, 1));
    await people.maker.becomes("in-1", "moving");
    session.files.pause("in-1"); // No more credit from here on.
    let offset = 1;
    for (; offset + 65_280 <= CREDIT_BYTES; offset += 65_280) await guest.move(chunk(1, offset, 65_280));
    await until("all of it", () => people.maker.transfers.get("in-1")?.moved === offset);
    expect(people.maker.state.phase).toBe("secure");
    await guest.move(chunk(1, offset, CREDIT_BYTES + 1 - offset));
    expect(await people.maker.fails()).toBe("E_FILE_CREDIT");
  });

  test("thousands of records that nobody can take so fast", async () => {
    using people = await begin();
    const { guest, network } = people;
    await accepted(people, { fileId: 1, size: LIMIT }, stuckDestination());
    await guest.move(chunk(1, 0, 1)); // Behind which everything waits.
    await people.maker.becomes("in-1", "moving");
    const bulk = network.connections[0]?.channels.get(1);
    for (let count = 0; count < 2_048; count++) bulk?.receive(new ArrayBuffer(1));
    expect(people.maker.state.phase).toBe("secure");
    bulk?.receive(new ArrayBuffer(1));
    expect(await people.maker.fails()).toBe("E_FILE_CREDIT");
  });
});

describe("bytes that fail their file, and nothing else", () => {
  /** Bytes sent, and size and length of what is hashed as FILE_END says them; 1,000 were offered. */
  const ENDS: readonly (readonly [string, number, number, number, string])[] = [
    ["another hash", 1_000, 1_000, 999, "E_FILE_HASH"],
    ["another size", 1_000, 1_001, 1_001, "E_FILE_SIZE"],
    ["fewer bytes than offered", 999, 1_000, 1_000, "E_FILE_SIZE"],
    ["fewer bytes, and true to it", 999, 999, 999, "E_FILE_SIZE"],
  ];

  test.each(ENDS)("an end with %s", async (_, sent, size, hashed, code) => {
    using people = await begin();
    const { guest } = people;
    await accepted(people, { fileId: 1, size: 1_000 });
    await guest.move(chunk(1, 0, sent), await fileEnd(1, size, hashed));
    expect(await people.maker.becomes("in-1", "failed")).toMatchObject({ code });
    await goesOn(people);
    expect(guest.said("cancel")).toEqual([{ type: "cancel", fileId: 1, reason: 5 }]);
    expect(guest.said("file_done")).toEqual([]);
    await accepted(people, { fileId: 2, size: 3 });
    await guest.move(chunk(2, 0, 3), await fileEnd(2, 3));
    const { received } = await people.maker.becomes("in-2", "delivered");
    expect(await savedBytes(received)).toEqual(sevens(3));
  });

  test("what comes after the end, or after a cancel of either side, is dropped", async () => {
    using people = await begin();
    const { maker, guest } = people;
    const { session, transfers } = maker;
    for (const fileId of [1, 2, 3]) await accepted(people, { fileId, size: 10 });
    await guest.move(chunk(1, 0, 10), await fileEnd(1, 10));
    await people.maker.becomes("in-1", "delivered");
    session.files.cancel("in-2");
    await guest.say({ type: "cancel", fileId: 3, reason: 3 });
    await people.maker.becomes("in-3", "cancelled");
    for (const fileId of [1, 2, 3])
      await guest.move(chunk(fileId, 0, 10), chunk(fileId, 99, 5), await fileEnd(fileId, 7));
    await accepted(people, { fileId: 4, size: 0 });
    await guest.move(await fileEnd(4, 0)); // Behind all of them.
    await people.maker.becomes("in-4", "delivered");
    expect([1, 2, 3].map((id) => transfers.get(`in-${id}`)?.status)).toEqual([
      "delivered",
      "cancelled",
      "cancelled",
    ]);
    expect(await savedBytes(transfers.get("in-1")?.received)).toEqual(sevens(10));
    await expect.poll(() => guest.said("file_done").map(({ fileId }) => fileId)).toEqual([1, 4]);
  });
});
