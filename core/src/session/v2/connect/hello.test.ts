import { setMaxListeners } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { until } from "../../../../../testing/until.ts";
import { hasherOf } from "../../../files/hasher.ts";
import { fileOffering } from "../../../files/offering.ts";
import { hashOfSevens, OFFERED_BYTES, sevens } from "../../../testing/hostile-frames.ts";
import { HostileRendezvous } from "../../../testing/hostile-rendezvous.ts";
import { limitsOf } from "../files/file-limits.ts";
import { featuresOf } from "./hello.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

vi.mock("./hello.ts", async (original) => {
  const actual = await original<typeof import("./hello.ts")>();
  return { ...actual, featuresOf: vi.fn(actual.featuresOf) };
});

afterEach(() => void vi.mocked(featuresOf).mockReset());

/** FILE_END's hash as the other side hears it, and the file delivered on the same one. */
async function hashSaid(): Promise<Uint8Array> {
  using rendezvous = await HostileRendezvous.begin(until);
  const { peer } = rendezvous;
  rendezvous.session.files.offer(fileOffering(new File([sevens(OFFERED_BYTES)], "a.txt")));
  await until("the offer", () => peer.said("file_offer")[0]);
  await peer.say({ type: "accept", fileId: 1, offset: 0, creditEnd: OFFERED_BYTES });
  const { sha256 } = await until("the end", () => peer.said("file_end")[0]);
  await peer.say({ type: "file_done", fileId: 1, size: OFFERED_BYTES, sha256 });
  await rendezvous.becomes("out-1", "delivered");
  return sha256;
}

test("between two that have PIECES a file's hash is made of its pieces, with anybody else of the whole", async () => {
  expect(await hashSaid()).toEqual(await hashOfSevens(OFFERED_BYTES));
  vi.mocked(featuresOf).mockReturnValue(0);
  const hasher = hasherOf("whole");
  await hasher.update(sevens(OFFERED_BYTES));
  expect(await hashSaid()).toEqual(await hasher.digest());
});

test("bits that nobody knows yet change nothing", () => {
  const theirs = (features: number) => limitsOf({ type: "hello", features, maxFile: 7, ttlSeconds: 900 }, 9);
  expect(theirs(0)).toEqual({ theirs: 7, ours: 9, takesSets: false, hashing: "whole" });
  expect(theirs(0xffff_fff0)).toEqual(theirs(0));
  expect(theirs(0xffff_ffff)).toEqual({ theirs: 7, ours: 9, takesSets: true, hashing: "pieces" });
});
