import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import { hasherOf } from "../../../files/hasher.ts";
import { fileOffering } from "../../../files/offering.ts";
import { hashOfSevens, OFFERED_BYTES, sevens } from "../../../testing/hostile-frames.ts";
import { type PeopleOptions, TwoPeople } from "../../../testing/two-people.ts";
import { limitsOf } from "../files/file-limits.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

/** FILE_END's hash as the other side hears it, and the file delivered on the same one. */
async function hashSaid(options: PeopleOptions = {}): Promise<Uint8Array> {
  using people = await TwoPeople.connectHostile(options);
  const { maker, guest } = people;
  maker.session.files.offer(fileOffering(new File([sevens(OFFERED_BYTES)], "a.txt")));
  await until("the offer", () => guest.said("file_offer")[0]);
  await guest.say({ type: "accept", fileId: 1, offset: 0, creditEnd: OFFERED_BYTES });
  const { sha256 } = await until("the end", () => guest.said("file_end")[0]);
  await guest.say({ type: "file_done", fileId: 1, size: OFFERED_BYTES, sha256 });
  await maker.becomes("out-1", "delivered");
  return sha256;
}

test("between two that have PIECES a file's hash is made of its pieces, with anybody else of the whole", async () => {
  expect(await hashSaid()).toEqual(await hashOfSevens(OFFERED_BYTES));
  const hasher = hasherOf("whole");
  await hasher.update(sevens(OFFERED_BYTES));
  expect(await hashSaid({ guest: { features: 0 } })).toEqual(await hasher.digest());
});

test("bits that nobody knows yet change nothing", () => {
  const theirs = (features: number) => limitsOf({ type: "hello", features, maxFile: 7, ttlSeconds: 900 }, 9);
  expect(theirs(0)).toEqual({ theirs: 7, ours: 9, takesSets: false, hashing: "whole" });
  expect(theirs(0xffff_fff0)).toEqual(theirs(0));
  expect(theirs(0xffff_ffff)).toEqual({ theirs: 7, ours: 9, takesSets: true, hashing: "pieces" });
});
