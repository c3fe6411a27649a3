import { setMaxListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import { fileOffering } from "../../../files/offering.ts";
import { hashOfSevens, OFFERED_BYTES, sevens } from "../../../testing/hostile-frames.ts";
import { goesOn } from "../../../testing/hostile-guest.ts";
import type { HostilePeer } from "../../../testing/hostile-peer.ts";
import { TwoPeople } from "../../../testing/two-people.ts";
import type { CtlFrame } from "../../../wire/frames.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

const MIB = 2 ** 20;
const HASH = new Uint8Array(32);

async function begin(): Promise<TwoPeople<HostilePeer>> {
  const people = await TwoPeople.connectHostile();
  people.maker.session.files.offer(fileOffering(new File([sevens(OFFERED_BYTES)], "a.txt")));
  await until("the offer", () => people.guest.said("file_offer")[0]);
  return people;
}

const accept = (fileId: number, offset: number, creditEnd: number): CtlFrame => ({
  type: "accept",
  ...{ fileId, offset, creditEnd },
});
const credit = (fileId: number, creditEnd: number): CtlFrame => ({
  type: "credit",
  ...{ fileId, offset: 0, creditEnd },
});
const done = (fileId: number, size = OFFERED_BYTES, sha256 = HASH): CtlFrame => ({
  type: "file_done",
  ...{ fileId, size, sha256 },
});
const reject = (fileId: number, reason: 0 | 1 | 2 | 3 | 4 | 5): CtlFrame => ({
  type: "reject",
  fileId,
  reason,
});
const cancel = (fileId: number, reason: 0 | 3): CtlFrame => ({ type: "cancel", fileId, reason });
const sent = ({ guest }: TwoPeople<HostilePeer>) =>
  guest.said("chunk").reduce((sum, { data }) => sum + data.length, 0);

describe("an answer that ends the session", () => {
  test.each([
    ["ACCEPT", accept(2, 0, MIB)],
    ["CREDIT", credit(2, MIB)],
    ["REJECT", reject(2, 0)],
    ["CANCEL", cancel(2, 3)],
    ["FILE_DONE", done(2)],
    ["CANCEL of number 0", cancel(0, 3)],
    ["REJECT of the last number there is", reject(2 ** 32 - 1, 0)],
  ])("%s for a file that was never offered", async (_, lie) => {
    using people = await begin();
    await people.guest.say(lie);
    expect(await people.maker.fails()).toBe("E_RECORD_TYPE");
  });

  test.each([
    ["an ACCEPT from the middle", [accept(1, 1, MIB)], "E_RECORD_TYPE"],
    ["an ACCEPT beyond the end", [accept(1, OFFERED_BYTES + 1, 2 * MIB)], "E_RECORD_TYPE"],
    ["a second ACCEPT", [accept(1, 0, 10), accept(1, 0, 10)], "E_RECORD_TYPE"],
    ["a second ACCEPT, further on", [accept(1, 0, 10), accept(1, 10, MIB)], "E_RECORD_TYPE"],
    ["FILE_DONE before ACCEPT", [done(1)], "E_RECORD_TYPE"],
    ["credit that falls", [accept(1, 0, 1_000), credit(1, 999)], "E_FILE_CREDIT"],
    ["credit that falls later on", [accept(1, 0, 10), credit(1, 1_000), credit(1, 11)], "E_FILE_CREDIT"],
    ["a reason that nobody knows", [{ type: 0x22, body: Uint8Array.of(0, 0, 0, 1, 6) }], "E_RECORD_TYPE"],
    ["a number that nobody can count", [accept(1, 0, 2 ** 60)], "E_RECORD_TYPE"],
  ])("%s", async (_, lies, code) => {
    using people = await begin();
    await people.guest.say(...lies);
    expect(await people.maker.fails()).toBe(code);
    expect(people.maker.transfers.get("out-1")?.status).not.toBe("delivered");
  });
});

describe("no byte leaves that nobody may have", () => {
  test("before ACCEPT, whatever credit is given", async () => {
    using people = await begin();
    await people.guest.say(credit(1, MIB));
    await goesOn(people);
    expect(sent(people)).toBe(0);
    await people.guest.say(accept(1, 0, 10));
    await until("what ACCEPT allows", () => sent(people) === 10);
  });

  test("beyond the credit; and no more than the file has, however much that is", async () => {
    using people = await begin();
    const { guest } = people;
    await guest.say(accept(1, 0, 1));
    await until("the first", () => sent(people) === 1);
    await guest.say(credit(1, 70_000));
    await until("the rest of it", () => sent(people) === 70_000);
    await goesOn(people);
    expect(sent(people)).toBe(70_000);
    await guest.say(credit(1, Number.MAX_SAFE_INTEGER));
    await until("the end", () => guest.said("file_end")[0]);
    expect(sent(people)).toBe(OFFERED_BYTES);
    expect(guest.said("file_end")).toEqual([
      { type: "file_end", fileId: 1, size: OFFERED_BYTES, sha256: await hashOfSevens(OFFERED_BYTES) },
    ]);
  });

  test("credit without end, in drops, moves what it allows and nothing else", async () => {
    using people = await begin();
    await people.guest.say(accept(1, 0, 0));
    for (let end = 1; end <= 300; end++) await people.guest.say(credit(1, end), credit(1, end));
    await until("all of that", () => sent(people) === 300);
    expect(people.guest.said("chunk").every(({ data }) => data.length > 0)).toBe(true);
  });
});

describe("what is said of a file that was sent", () => {
  test.each([
    ["another hash", OFFERED_BYTES, HASH],
    ["another size", OFFERED_BYTES - 1, undefined],
  ])("FILE_DONE with %s: it has failed", async (_, size, sha256) => {
    using people = await begin();
    await people.guest.say(accept(1, 0, MIB));
    await until("the end", () => people.guest.said("file_end")[0]);
    await people.guest.say(done(1, size, sha256 ?? (await hashOfSevens(OFFERED_BYTES))));
    expect(await people.maker.becomes("out-1", "failed")).toMatchObject({ code: "E_FILE_HASH" });
    await goesOn(people);
  });

  test("FILE_DONE ahead of the bytes is believed only if it is true in the end", async () => {
    using people = await begin();
    const { guest } = people;
    await guest.say(accept(1, 0, 1), done(1, OFFERED_BYTES, await hashOfSevens(OFFERED_BYTES)));
    await goesOn(people);
    expect(people.maker.transfers.get("out-1")?.status).toBe("moving");
    await guest.say(credit(1, MIB));
    await people.maker.becomes("out-1", "delivered");
  });

  test.each([
    [0, "declined", undefined],
    [1, "declined", "E_FILE_LIMIT"],
    [2, "declined", "E_FILE_BUSY"],
    [3, "cancelled", "E_FILE_CANCELLED"],
    [4, "failed", "E_FILE_READ"],
    [5, "failed", "E_FILE_HASH"],
  ] as const)(
    "refused in the middle for reason %i: no byte more, and it is said",
    async (reason, status, code) => {
      using people = await begin();
      const { guest } = people;
      await guest.say(accept(1, 0, 10));
      await until("the first", () => sent(people) === 10);
      await guest.say(reject(1, reason), credit(1, MIB));
      const transfer = await people.maker.becomes("out-1", status);
      expect(transfer.code).toBe(code);
      await goesOn(people);
      expect(sent(people)).toBe(10);
    },
  );

  test("whatever is said of a file that is over is dropped", async () => {
    using people = await begin();
    const { guest } = people;
    await guest.say(reject(1, 0));
    await people.maker.becomes("out-1", "declined");
    await guest.say(accept(1, 5, MIB), credit(1, 0), reject(1, 5), cancel(1, 3), done(1), accept(1, 0, MIB));
    await goesOn(people);
    expect(people.maker.transfers.get("out-1")?.status).toBe("declined");
    expect(sent(people)).toBe(0);
  });
});
