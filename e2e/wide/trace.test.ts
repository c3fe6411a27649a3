import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChromiumTab } from "../../testing/browsers/chromium.ts";
import type { FirefoxTab } from "../../testing/browsers/firefox.ts";
import type { Canary } from "../../testing/instruments/trace/encodings.ts";
import { type KeptBrowser, openKeptBrowser } from "../../testing/instruments/trace/kept-browser.ts";
import { keysSeen, noteKeys } from "../../testing/instruments/trace/keys.ts";
import { scaled } from "../../testing/scale.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import type { Engine } from "../browsers.ts";
import { makeFile, receives } from "../files.ts";
import { destroy, hears, isToldOfTheEnd, meet, say, state } from "../people.ts";

/**
 * What lies on the disk of each of the two after a conversation, and after a crash in the middle of one. Beside every
 * room stands a page that is not careful: as long as the disk does not show that one's words, it has shown nothing.
 */
const careless = createServer((_, response) => {
  response
    .setHeader("content-type", "text/html")
    .end("<!doctype html><title>careless</title><textarea aria-label=Message></textarea>");
});
let server: TestServer;
beforeAll(async () => {
  careless.listen(0, "127.0.0.1");
  [server] = await Promise.all([TestServer.start(), once(careless, "listening")]);
});
afterAll(async () => {
  careless.closeAllConnections();
  careless.close();
  await server[Symbol.asyncDispose]();
});

type Kept = { browser: KeptBrowser; tab: ChromiumTab | FirefoxTab };

function word(): string {
  return randomBytes(24).toString("hex");
}

async function open(engine: Engine): Promise<Kept> {
  const browser = await openKeptBrowser(engine);
  const tab = await browser.openTab();
  await noteKeys(tab);
  return { browser, tab };
}

/** All that two say, hand each other and have typed in one conversation, and the keys of both. */
async function converse(a: Kept["tab"], b: Kept["tab"]): Promise<{ canaries: Canary[]; secret: Canary }> {
  const said = { fromA: word(), fromB: word(), name: `${word()}.bin`, draftA: word(), draftB: word() };
  const content = randomBytes(2_000);
  const link = await meet(a, b, server);
  await say(a, said.fromA);
  await hears(b, said.fromA);
  await say(b, said.fromB);
  await hears(a, said.fromB);
  await a.choose("Choose file", [await makeFile(content, said.name)]);
  await receives(b, said.name);
  await a.fill("Message", said.draftA);
  await b.fill("Message", said.draftB);
  const keys = [...(await keysSeen(a)), ...(await keysSeen(b))];
  const secret = Buffer.from(link.split("#2.")[1] ?? "", "base64url");
  return {
    canaries: [
      ...Object.entries({ ...said, content }).map(([name, value]) => ({ name, value })),
      ...keys.filter((key) => !secret.equals(key)).map((value, at) => ({ name: `key ${at}`, value })),
    ],
    secret: { name: "the link's secret", value: secret },
  };
}

/** A draft in a page that lets it be kept, and the moment at which the disk has it among the open tabs. */
async function plant({ browser }: Kept): Promise<void> {
  const planted = { name: "planted", value: word() };
  const tab = await browser.openTab();
  await tab.goto(`http://127.0.0.1:${(careless.address() as AddressInfo).port}/`);
  await tab.fill("Message", planted.value);
  await until(
    "the planted draft on the disk",
    async () => (await browser.profile.scan([planted])).some(({ file }) => /session/i.test(file)),
    60_000,
  );
}

async function tracesIn({ browser }: Kept, canaries: readonly Canary[]): Promise<string[]> {
  const traces = await browser.profile.scan(canaries);
  return [...new Set(traces.map(({ canary, file }) => `${canary} in ${file}`))];
}

/**
 * The one exception, SECURITY.md: where the link was opened, the browser's own lists of visited addresses and open
 * tabs have it. It opens nothing any more.
 */
const ADDRESSES: Record<Engine, RegExp> = {
  chromium: /^Default\/(History|Favicons|Top Sites|Sessions\/|Shortcuts)|^segmentation_platform\/ukm_db/,
  firefox: /^(places|favicons)\.sqlite/,
};

type Run = [maker: Engine, guest: Engine, end: "kill" | "close"];
const RUNS: Run[] = [
  ["chromium", "firefox", "kill"],
  ["firefox", "chromium", "kill"],
  ["chromium", "firefox", "close"],
  ["firefox", "chromium", "close"],
];

test.each(RUNS.slice(0, scaled(RUNS.length, 2)))(
  "%s makes a room, %s joins; after one that ended and one cut off by a %s, nothing of either is on a disk",
  async (maker, guest, end) => {
    const [a, b] = [await open(maker), await open(guest)];
    await using _ = a.browser;
    await using __ = b.browser;
    const ended = await converse(a.tab, b.tab);
    await destroy(a.tab);
    await isToldOfTheEnd(b.tab);
    const cutOff = await converse(a.tab, b.tab);
    await Promise.all([plant(a), plant(b)]);
    expect([await state(a.tab), await state(b.tab)]).toEqual(["secure", "secure"]);
    await Promise.all([a.browser[end](), b.browser[end]()]);

    const canaries = [...ended.canaries, ...cutOff.canaries];
    expect(canaries.length).toBeGreaterThan(50);
    const links = [ended.secret, cutOff.secret];
    expect(await tracesIn(a, [...canaries, ...links])).toEqual([]);
    expect(await tracesIn(b, canaries)).toEqual([]);
    const kept = await b.browser.profile.scan(links);
    expect(kept.filter(({ file }) => !ADDRESSES[guest].test(file))).toEqual([]);
    // A scan that did not even find the address would prove nothing. One link in four has neither - nor _ in it, and
    // is the same in both alphabets.
    expect(kept).not.toEqual([]);
    expect(kept.filter(({ encoding }) => !encoding.startsWith("base64"))).toEqual([]);
  },
);
