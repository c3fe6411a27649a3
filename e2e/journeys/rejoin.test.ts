import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tab } from "../../testing/browsers/tab.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { Browsers } from "../browsers.ts";
import {
  createRoom,
  destroy,
  isToldOfTheEnd,
  join,
  meet,
  reaches,
  say,
  talk,
  textOf,
  traces,
} from "../people.ts";

/** Where the operator lets links be used again: who stays waits for whoever comes next, and of before nothing is left. */
const browsers = new Browsers();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ NULLROOM_DESTROY_ROOM_ON_PEER_LEAVE: "false" });
});
afterAll(async () => {
  await browsers[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function linkOf(tab: Tab): Promise<string | undefined> {
  return tab.evaluate(() => document.querySelector<HTMLInputElement>("#room-link")?.value, undefined);
}

function wordsOf(tab: Tab): Promise<string> {
  return textOf(tab, ".word-row");
}

describe("a link that can be used again", () => {
  test("says so while the room waits, and until when", async () => {
    await using a = await browsers.open("chromium");
    await createRoom(a, server);
    const words = () => textOf(a, "main");
    await until("until when", async () => /can be used again until \d\d:\d\d/.test(await words()));
    expect(await words()).not.toContain("ends the room");
  });

  test.each([
    ["chromium", "firefox"],
    ["firefox", "chromium"],
  ] as const)(
    "the guest of %s leaves; the next one, %s, finds new words and nothing of before",
    async (first, next) => {
      await using a = await browsers.open(first);
      const b = await browsers.open("chromium");
      await using c = await browsers.open(next);
      const link = await meet(a, b, server);
      await talk(a, b, "canary of the first");
      await a.fill("Message", "canary draft");
      const words = await wordsOf(a);
      expect(words).not.toBe("");
      await b.close();
      await reaches(a, "waiting");
      expect(await traces(a, ["canary"])).toEqual([]);
      expect(await textOf(a, "main")).toContain("Nothing of the conversation is left");
      expect(await linkOf(a)).toBe(link);

      await join(c, link);
      await Promise.all([reaches(a, "secure"), reaches(c, "secure")]);
      expect(await wordsOf(a)).toBe(await wordsOf(c));
      expect(await wordsOf(a)).not.toBe(words);
      await talk(a, c, "the second");
      for (const tab of [a, c]) expect(await traces(tab, ["canary"])).toEqual([]);
      await destroy(c);
      await isToldOfTheEnd(a);
    },
  );

  test("its maker leaves; the guest waits with the link, and a destroyed room is none for anybody", async () => {
    const a = await browsers.open("chromium");
    await using b = await browsers.open("chromium");
    await using c = await browsers.open("chromium");
    await using d = await browsers.open("chromium");
    const link = await meet(a, b, server);
    await say(a, "canary of the first");
    await a.close();
    await reaches(b, "waiting");
    expect(await linkOf(b)).toBe(link);
    await join(c, link);
    await Promise.all([reaches(b, "secure"), reaches(c, "secure")]);
    await talk(b, c, "the second");
    await destroy(b);
    await isToldOfTheEnd(c);
    await join(d, link);
    await reaches(d, "ended");
  });
});
