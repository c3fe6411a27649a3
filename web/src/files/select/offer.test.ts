import { type ErrorCode, NullroomError } from "@nullroom/core/errors";
import type { Offering } from "@nullroom/core/files/offering";
import { expect, test } from "vitest";
import { offer } from "./offer.ts";

type OfferingSession = Parameters<typeof offer>[0];

/** The part of a session that `offer` uses. */
function session(refusal?: ErrorCode): OfferingSession & { offered: Offering[] } {
  const offered: Offering[] = [];
  const files = {
    offer(offering: Offering) {
      if (refusal) throw new NullroomError(refusal, "planted");
      offered.push(offering);
      return [];
    },
  };
  return { fileSizeLimit: 16 * 1024 * 1024, files, offered };
}

const chosen = (...names: string[]) =>
  ({ type: "files", files: names.map((name) => new File(["12345"], name)) }) as const;

test("one file is offered as itself, several as one", async () => {
  const room = session();
  expect(await offer(room, chosen("a.txt"))).toBe("");
  expect(await offer(room, chosen("a.txt", "b.txt"))).toBe("");
  expect(room.offered.map(({ name, set }) => [name, set?.entries.length])).toEqual([
    ["a.txt", undefined],
    ["files", 2],
  ]);
});

test("a text that became a file has left the box, one that did not is still there", async () => {
  let left = 0;
  const text = { type: "text", text: "words", onOffered: () => (left += 1) } as const;
  expect(await offer(session("E_CHANNEL"), text)).toMatch(/interrupted/);
  expect(left).toBe(0);
  expect(await offer(session(), text)).toBe("");
  expect(left).toBe(1);
});

test.each([
  ["a file above the limit", "E_FILE_LIMIT", /“a.txt” is larger than this room allows \(16 MB\)/],
  ["a connection that is down", "E_CHANNEL", /Send the file again/],
  ["a file that cannot be read", "E_FILE_READ", /Choose it again/],
] as const)("%s is said in a sentence", async (_what, code, sentence) => {
  expect(await offer(session(code), chosen("a.txt"))).toMatch(sentence);
});

test("files that are too large together are said to be so, all of them", async () => {
  expect(await offer(session("E_FILE_LIMIT"), chosen("a.txt", "b.txt"))).toMatch(/These 2 files .*\(16 MB\)/);
  const large = new File([new Uint8Array(2 ** 24 + 1)], "large.bin");
  const two = { type: "files", files: [new File(["1"], "a.txt"), large] } as const;
  expect(await offer(session("E_FILE_LIMIT"), two)).toMatch(/“large.bin” is larger/);
});

test("nothing, and too many, are said before anything is offered", async () => {
  const room = session();
  expect(await offer(room, chosen())).toMatch(/no files/);
  expect(await offer(room, chosen(...Array.from({ length: 5_000 }, (_, at) => `${at}`)))).toMatch(/too many/);
  expect(room.offered).toEqual([]);
});
