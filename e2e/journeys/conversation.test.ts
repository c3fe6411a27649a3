import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { Browsers, PAIRINGS } from "../browsers.ts";
import { handOver, makeFile, progressSeen, sha256, watchProgress } from "../files.ts";
import {
  createRoom,
  destroy,
  expectClean,
  hears,
  isToldOfTheEnd,
  join,
  meet,
  reaches,
  say,
  state,
  talk,
  textOf,
  traces,
} from "../people.ts";

const MIB = 1024 * 1024;

const browsers = new Browsers();
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(async () => {
  await browsers[Symbol.asyncDispose]();
  await server.stop();
});

describe.each(PAIRINGS)("%s makes the room, %s opens the link", (first, second) => {
  test("they meet, talk, hand over 16 MiB both ways, and leave nothing", async () => {
    await using a = await browsers.open(first);
    await using b = await browsers.open(second);
    const link = await meet(a, b, server);
    for (const tab of [a, b]) {
      await until("the path", async () => /direct/i.test(await textOf(tab, '[role="status"]')));
      expect(await textOf(tab, '[role="timer"]')).toMatch(/1[45]:\d\d/);
    }

    await talk(a, b, "canary-words");
    await say(b, "two\nlines <b>not bold</b> & canary-markup");
    await hears(a, "<b>not bold</b> & canary-markup");

    for (const [from, to] of [[a, b] as const, [b, a] as const]) {
      const file = await makeFile(16 * MIB, `canary-file-${from === a ? "a" : "b"}.bin`);
      await watchProgress(from);
      await watchProgress(to);
      expect(await sha256(await handOver(from, to, file))).toBe(await sha256(file));
      expect(
        (await progressSeen(from, basename(file))).length,
        "progress seen by the sender",
      ).toBeGreaterThan(0);
      expect(
        (await progressSeen(to, basename(file))).length,
        "progress seen by the receiver",
      ).toBeGreaterThan(0);
    }

    await a.fill("Message", "canary-draft of a");
    await b.fill("Message", "canary-draft of b");
    const toldAt = isToldOfTheEnd(b, 3000);
    await destroy(a);
    await toldAt;
    for (const tab of [a, b]) {
      expect(await traces(tab, ["canary", new URL(link).hash.slice(1)])).toEqual([]);
      await expectClean(tab, server);
    }
  });

  test("a third person is refused while the two go on", async () => {
    await using a = await browsers.open(first);
    await using b = await browsers.open(second);
    await using c = await browsers.open(first);
    const link = await meet(a, b, server);
    await join(c, link);
    await reaches(c, "ended");
    expect(await textOf(c, "main")).not.toContain("undefined");
    await talk(a, b, "still here");
    expect(await state(a)).toBe("secure");
  });

  test.each(["reload", "back", "close"] as const)("%s ends it for both", async (way) => {
    await using a = await browsers.open(first);
    const b = await browsers.open(second);
    await b.goto(`${server.url}privacy`);
    await meet(a, b, server);
    await talk(a, b, "canary before the end");
    if (way === "reload") await b.reload();
    if (way === "back") await b.back();
    if (way === "close") await b.close();
    await isToldOfTheEnd(a);
    expect(await traces(a, ["canary"])).toEqual([]);
    if (way === "close") return;
    expect(await traces(b, ["canary"])).toEqual([]);
    await b.close();
  });

  test("the creator's reload ends it too, and the link is dead", async () => {
    await using a = await browsers.open(first);
    await using b = await browsers.open(second);
    await using c = await browsers.open(second);
    const link = await meet(a, b, server);
    await a.reload();
    await isToldOfTheEnd(b);
    await join(c, link);
    await reaches(c, "ended");
  });

  test("edges of a file: nothing, one byte, a chunk and its neighbours, and two", async () => {
    await using a = await browsers.open(first);
    await using b = await browsers.open(second);
    await meet(a, b, server);
    for (const size of [0, 1, 65_279, 65_280, 65_281, 65_536, 130_561]) {
      const file = await makeFile(size);
      expect(await sha256(await handOver(a, b, file)), `${size} bytes`).toBe(await sha256(file));
    }
  });
});

test("two rooms in one browser do not disturb each other", async () => {
  const open = () => browsers.open("chromium");
  const [a1, b1, a2, b2] = [await open(), await open(), await open(), await open()];
  const link1 = await createRoom(a1, server);
  const link2 = await createRoom(a2, server);
  await join(b2, link2);
  await join(b1, link1);
  await Promise.all([a1, b1, a2, b2].map((tab) => reaches(tab, "secure")));
  await talk(a1, b1, "first room");
  await talk(a2, b2, "second room");
  await destroy(a1);
  await isToldOfTheEnd(b1);
  await talk(a2, b2, "second room again");
  expect(await textOf(a2, '[role="log"]')).not.toContain("first room");
  for (const tab of [a1, b1, a2, b2]) await tab.close();
});

test("the creator never has the key in the address, the joiner not for long", async () => {
  await using a = await browsers.open("chromium");
  await using b = await browsers.open("chromium");
  const link = await createRoom(a, server);
  const key = new URL(link).hash.slice(1);
  expect(key.length).toBeGreaterThan(20);
  expect(await a.address()).not.toContain("#");
  await b.goto(link);
  await until("the invitation", async () => (await state(b)) === "invited");
  expect(await b.address()).not.toContain("#");
  expect(b.record.requests.filter((url) => url.includes(key.slice(0, 12)) && !url.includes("#"))).toEqual([]);
});
