import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChromiumTab, crash, launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { axe } from "../../testing/instruments/axe.ts";
import { missedByFingers } from "../../testing/instruments/fingers.ts";
import { TestServer } from "../../testing/services/server.ts";
import { makeFile, receives } from "../files.ts";
import { createRoom, destroy, join, meet, openLink, reaches, say, talk } from "../people.ts";

/** Kept for whoever wants to look at them; never in the repository. */
const folder = fileURLToPath(new URL("../../.cache/screens/", import.meta.url));

const SCREENS = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 800 },
};

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  browser = await launchChromium();
  server = await TestServer.start();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

/**
 * In light and dark, on phone and desktop: a picture, and nothing that axe objects to. Everything large enough for a
 * finger; at 320 px no sideways scrolling.
 */
async function examine(tab: ChromiumTab, name: string): Promise<void> {
  const { page } = tab;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const [screen, size] of Object.entries(SCREENS)) {
      await page.setViewportSize(size);
      await tab.screenshot(`${folder}${name}-${screen}-${colorScheme}.png`);
      expect(await axe(page), `${name}, ${screen}, ${colorScheme}`).toEqual([]);
    }
  }
  await page.setViewportSize(SCREENS.phone);
  expect(await missedByFingers(page), `${name}: 44 px for a finger`).toEqual([]);
  await page.setViewportSize({ width: 320, height: 640 });
  await tab.screenshot(`${folder}${name}-320.png`);
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth),
    `${name} at 320 px`,
  ).toBeLessThanOrEqual(320);
  expect(await page.evaluate(() => document.getAnimations().length), `${name}: motion`).toBe(0);
  await page.setViewportSize(SCREENS.desktop);
}

test("axe finds a fault that was put there", async () => {
  await using tab = await openTab(browser);
  await tab.goto(server.url);
  await tab.page.evaluate(() => document.querySelector("main")?.append(document.createElement("button")));
  expect((await axe(tab.page)).join()).toContain("button-name");
});

describe("pages", () => {
  test.each([
    ["landing", ""],
    ["privacy", "privacy"],
    ["gone", "gone"],
    ["not-found", "nothing-of-this-name"],
    ["malformed-room", "rooms/not-a-uuid"],
  ])("%s", async (name, path) => {
    await using tab = await openTab(browser);
    await tab.goto(`${server.url}${path}`);
    await examine(tab, name);
  });
});

test("a link without its key", async () => {
  await using tab = await openTab(browser);
  await tab.goto(`${server.url}rooms/00000000-0000-4000-8000-000000000000`);
  await tab.page.getByText("This link is incomplete").first().waitFor();
  await examine(tab, "incomplete");
});

test("invited, waiting, secure, and the two ends", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  const link = await createRoom(a, server);
  await examine(a, "waiting");
  await openLink(b, link);
  await examine(b, "invited");
  await b.click("button", "Join room");
  await Promise.all([reaches(a, "secure"), reaches(b, "secure")]);
  await examine(a, "secure-empty");

  await talk(a, b, "A first line");
  await say(b, "Several\nlines, a link https://example.org/path?query and\n```\ncode();\n```");
  await say(a, `A word without a break: ${"x".repeat(300)}`);
  const name = "a rather long name of a file that somebody hands over.bin";
  await a.choose("Choose file", [await makeFile(100_000, name)]);
  await receives(b, name);
  await examine(a, "secure-talk-sender");
  await examine(b, "secure-talk-receiver");

  await a.click("button", "Destroy room");
  await a.find("dialog").waitFor();
  await examine(a, "destroy-asks");
  await a.press("Escape");
  await a.find("dialog").waitFor({ state: "hidden" });
  await destroy(a);
  await reaches(b, "ended");
  await a.find("button", "Start over").or(a.find("link", "Start over")).waitFor();
  await examine(b, "ended-by-peer");
});

test("what a colour tells is told without colours too, and paper is told nothing", async () => {
  await using tab = await openTab(browser, { forcedColors: "active" });
  await tab.goto(server.url);
  const hide = tab.find("checkbox", "Hide my IP address");
  const { x, y, width, height } = (await hide.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  // Within its border: another shade of a line tells nobody anything.
  const clip = { x: x + 14, y: y + 5, width: width - 28, height: height - 10 };
  const before = await tab.page.screenshot({ clip });
  await hide.click();
  await tab.page.mouse.move(0, 0);
  expect((await tab.page.screenshot({ clip })).equals(before), "on looks like off").toBe(false);
  await hide.click();
  await tab.click("button", "Create room");
  await reaches(tab, "waiting");
  await tab.page.emulateMedia({ media: "print" });
  expect(await tab.page.evaluate(() => document.body.checkVisibility())).toBe(false);
});

test("reconnecting: the other page has crashed, and what is written waits", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, server);
  await talk(a, b, "A first line");
  await crash(b);
  await reaches(a, "reconnecting", 60_000);
  await say(a, "Are you still there?");
  await a.page.getByText("waiting to be sent").waitFor();
  await examine(a, "reconnecting");
});

test("waiting again, where a link can be used twice", async () => {
  await using lasting = await TestServer.start({ NULLROOM_DESTROY_ROOM_ON_PEER_LEAVE: "false" });
  await using a = await openTab(browser);
  const b = await openTab(browser);
  await meet(a, b, lasting);
  await b.close();
  await reaches(a, "waiting");
  await examine(a, "waiting-again");
});

test("refused: the room is full", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await using c = await openTab(browser);
  await join(c, await meet(a, b, server));
  await reaches(c, "ended");
  await examine(c, "refused-full");
});

test("connecting: the other side never answers", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  const link = await createRoom(a, server);
  // It sits down, but its candidates and its answer go nowhere.
  await b.page.addInitScript(() => {
    const never = () => new Promise(() => undefined);
    Object.assign(RTCPeerConnection.prototype, { createAnswer: never, setLocalDescription: never });
  });
  await join(b, link);
  await Promise.all([reaches(a, "connecting"), reaches(b, "connecting")]);
  await examine(a, "connecting");
});
