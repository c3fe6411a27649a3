import type { RoomId } from "@nullroom/core/brand";
import type { Platform } from "@nullroom/core/platform";
import { chunk, offer } from "@nullroom/core/testing/hostile-frames";
import { HostilePeer } from "@nullroom/core/testing/hostile-peer";
import type { CtlFrame } from "@nullroom/core/wire/frames";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChromiumTab, launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { nodePlatform } from "../../testing/peers/node-platform.ts";
import { scaled } from "../../testing/scale.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { createRoom, expectClean, isToldOfTheEnd, reaches, say, textOf } from "../people.ts";

/** A page alone with somebody who holds every key and follows no rule. */

/** The bulk channel's number. */
const BULK = 1;
const MANY = scaled(100_000, 1_000);

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  browser = await launchChromium();
  server = await TestServer.start();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

type Harm = (record: Uint8Array) => void;

/** @param harm - what becomes of each record on bulk */
async function meetHostile(tab: ChromiumTab, harm: Harm = () => undefined): Promise<HostilePeer> {
  const link = new URL(await createRoom(tab, server));
  const roomId = link.pathname.split("/").at(-1) as RoomId;
  const peer = await HostilePeer.join(harming(nodePlatform(server.url), harm), roomId, link.hash.slice(1));
  await reaches(tab, "secure");
  return peer;
}

function harming(platform: Platform, harm: Harm): Platform {
  const createPeerConnection: Platform["createPeerConnection"] = (configuration) => {
    const connection = platform.createPeerConnection(configuration);
    const make = connection.createDataChannel.bind(connection);
    connection.createDataChannel = (label, init) => {
      const channel = make(label, init);
      const send = channel.send.bind(channel) as (record: Uint8Array) => void;
      const harmed = (record: Uint8Array) => {
        harm(record);
        send(record);
      };
      return init?.id === BULK ? Object.assign(channel, { send: harmed }) : channel;
    };
    return connection;
  };
  return { ...platform, createPeerConnection };
}

/** Everything said so far has been taken. */
async function heard(peer: HostilePeer): Promise<void> {
  const before = peer.said("pong").length;
  await peer.say({ type: "ping", token: new Uint8Array(8) });
  await until("an answer", () => peer.said("pong").length > before, 60_000);
}

const BIDI = String.fromCodePoint(0x202e, 0x2066, 0x200f, 0x2067);
const NAMES = [
  `<img src=x onerror="document.body.dataset.pwned=1">.png`,
  "<script>document.body.dataset.pwned=1</script>",
  "</p><iframe srcdoc='<script>parent.document.body.dataset.pwned=1</script>'>",
  "<svg/onload=document.body.dataset.pwned=1>",
  "javascript:document.body.dataset.pwned=1",
  `"><a href="https://elsewhere.example/">click</a>`,
  "{{constructor.constructor('document.body.dataset.pwned=1')()}}",
  `${BIDI}gpj.exe`,
  "nul\0l.txt",
  "CON",
  "",
  "\u001b[2J\u0007\r\n.sh",
  "W".repeat(255),
  `${"\u0301".repeat(120)}z`,
  "\u{1F469}\u200d\u{1F469}\u200d\u{1F467}".repeat(14),
];

/** What the cards of files are made of, and whether each can be answered. */
function cards(tab: ChromiumTab) {
  return tab.evaluate(() => {
    const found = [...document.querySelectorAll<HTMLElement>(".file")];
    const parts = found.flatMap((card) => [card, ...card.querySelectorAll("*")]);
    return {
      names: found.map((card) => card.querySelector(".file-name")?.textContent ?? ""),
      toAnswer: found.filter((card) => card.querySelector("[data-choice=accept]")).length,
      tags: [...new Set(parts.map(({ tagName }) => tagName))].sort(),
      attributes: [...new Set(parts.flatMap((part) => part.getAttributeNames()))].sort(),
    };
  }, undefined);
}

test("whatever a name holds, the page shows text, and nothing else comes of it", async () => {
  await using tab = await openTab(browser, { viewport: { width: 320, height: 640 } });
  using peer = await meetHostile(tab);
  await peer.say(offer(1, { name: "honest.exe" })); // Whose card has a warning, as some of the others have.
  await until("an honest offer", async () => (await cards(tab)).toAnswer === 1);
  const honest = await cards(tab);
  for (const [at, name] of NAMES.entries()) await peer.say(offer(at + 2, { name, mime: "text/html" }));
  await until("the others", async () => (await cards(tab)).toAnswer === NAMES.length + 1);
  const { names, tags, attributes } = await cards(tab);
  expect({ tags, attributes }).toEqual({ tags: honest.tags, attributes: honest.attributes });
  for (const name of names) {
    expect(name).not.toMatch(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
    expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(120);
    expect(name).not.toBe("");
  }
  expect(await tab.evaluate(() => document.body.dataset.pwned, undefined)).toBeUndefined();
  const overhang = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  expect(await tab.evaluate(overhang, undefined)).toBeLessThanOrEqual(0);
  for (let fileId = 1; fileId <= NAMES.length + 1; fileId++) await peer.say(cancel(fileId));
  await heard(peer);
  await expectClean(tab, server);
});

test("a name of 64 KiB ends it, in words", async () => {
  await using tab = await openTab(browser);
  using peer = await meetHostile(tab);
  await peer.say(offer(1, { name: "n".repeat(65_000) }));
  await isToldOfTheEnd(tab);
  expect(await textOf(tab, '[role="alertdialog"]')).not.toContain("nnnn");
  await expectClean(tab, server);
});

test("a bit that is flipped in a record ends it, and no byte of the file is kept", async () => {
  await using tab = await openTab(browser);
  let flips = 0;
  using peer = await meetHostile(tab, (record) => {
    flips += 1;
    const at = 12 + Math.floor(Math.random() * (record.length - 12));
    if (flips === 20) record[at] = (record[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
  });
  await peer.say(offer(1, { size: 4_000_000 }));
  await tab.click("button", "Accept");
  await until("the answer", () => peer.said("accept")[0]);
  for (let record = 0; record < 40; record++)
    await peer.move(chunk(1, record * 65_280, 65_280)).catch(() => undefined);
  await isToldOfTheEnd(tab);
  const told = await textOf(tab, '[role="alertdialog"]');
  expect(told).toContain("nothing of it is kept");
  await expectClean(tab, server);
});

test(`${MANY} offers leave the page small and quick`, async () => {
  await using tab = await openTab(browser);
  using peer = await meetHostile(tab);
  await peer.say(offer(1));
  await until("the first", async () => (await cards(tab)).toAnswer === 1);
  await watchPauses(tab);
  const before = await weight(tab);
  for (let fileId = 2; fileId <= MANY; fileId++) {
    await peer.say(offer(fileId, { name: `${fileId}.txt` }));
    // Every other one stays open, until there are sixteen and the next are refused unseen.
    if (fileId % 2 === 0) await peer.say(cancel(fileId));
    if (fileId % 100 === 0) await heard(peer);
    if (fileId % 100 === 0) peer.heard.length = 0;
  }
  await say(tab, "I can still write");
  await until("the person's words", () => peer.said("chat")[0]?.text === "I can still write");
  const after = await weight(tab);
  expect(after.elements - before.elements).toBeLessThan(32 * 30);
  expect(after.bytes - before.bytes).toBeLessThan(16 * 1024 * 1024);
  expect(await longestPause(tab)).toBeLessThan(2_000);
  expect(peer.said("chat")).toHaveLength(1);
});

/** Elements of the page, and what its heap holds after a collection. */
async function weight(tab: ChromiumTab): Promise<{ elements: number; bytes: number }> {
  const inside = await tab.page.context().newCDPSession(tab.page);
  await inside.send("HeapProfiler.enable");
  await inside.send("HeapProfiler.collectGarbage");
  const { usedSize } = await inside.send("Runtime.getHeapUsage");
  await inside.detach();
  const elements = await tab.evaluate(() => document.querySelectorAll("*").length, undefined);
  return { elements, bytes: usedSize };
}

/** From now on the page notes for how long its main thread was blocked. */
function watchPauses(tab: ChromiumTab): Promise<void> {
  return tab.evaluate(() => {
    let last = performance.now();
    document.body.dataset.pause = "0";
    setInterval(() => {
      const pause = Math.max(Number(document.body.dataset.pause), performance.now() - last);
      document.body.dataset.pause = String(pause);
      last = performance.now();
    }, 20);
  }, undefined);
}

function longestPause(tab: ChromiumTab): Promise<number> {
  return tab.evaluate(() => Number(document.body.dataset.pause), undefined);
}

function cancel(fileId: number): CtlFrame {
  return { type: "cancel", fileId, reason: 3 };
}
