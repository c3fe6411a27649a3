import { setTimeout as wait } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHostileRelay } from "../../testing/adversaries/hostile-relay/relay.ts";
import { launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { scaled } from "../../testing/scale.ts";
import { TestServer } from "../../testing/services/server.ts";
import { createRoom, join, reaches, state } from "../people.ts";

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

/** What mail and chat services do with a link before its reader sees it: open it in a real browser, and wait. */
const SCAN_MS = scaled(60, 15) * 1_000;

/** All that a page may ask for before somebody has touched it. */
const HARMLESS =
  /^(GET \/(rooms\/[^/ ]+|assets\/[^ ]+|features|[a-z-]+\.(svg|png|ico|webmanifest)|robots\.txt)) /;

describe("a headless browser that runs the page of a link without input", () => {
  test("takes no seat, opens no socket, and leaves the link as good as it was", async () => {
    await using relay = await startHostileRelay(server.origin);
    await using creator = await openTab(browser);
    const link = await createRoom(creator, server);

    expect(link).toContain("#2.");
    await using scanner = await openTab(browser);
    await scanner.goto(link.replace(server.origin, relay.url));
    await reaches(scanner, "invited");
    await wait(SCAN_MS); // Not for anything to happen: for nothing to.

    const asked = relay.recording.texts.flatMap(({ way, text }) => (way === "to-server" ? [text] : []));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((text) => !HARMLESS.test(text))).toEqual([]);
    expect(relay.recording.saw(new URL(link).hash.slice(3))).toBe(false);
    expect(await state(creator)).toBe("waiting");
    expect(await state(scanner)).toBe("invited");

    await using reader = await openTab(browser);
    await join(reader, link);
    await Promise.all([reaches(creator, "secure"), reaches(reader, "secure")]);
  });

  test("and a click is what the same instrument does see", async () => {
    await using relay = await startHostileRelay(server.origin);
    await using creator = await openTab(browser);
    const link = (await createRoom(creator, server)).replace(server.origin, relay.url);
    await using reader = await openTab(browser);
    await join(reader, link);
    await reaches(reader, "secure");
    const asked = relay.recording.texts.flatMap(({ way, text }) => (way === "to-server" ? [text] : []));
    expect(asked.some((text) => text.startsWith("UPGRADE "))).toBe(true);
    expect(asked.some((text) => !HARMLESS.test(text))).toBe(true);
  });
});
