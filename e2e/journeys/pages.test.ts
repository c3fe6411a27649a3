import { setTimeout as wait } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { TestServer } from "../../testing/services/server.ts";
import {
  createRoom,
  destroy,
  expectClean,
  isToldOfTheEnd,
  meet,
  openLink,
  reaches,
  state,
  talk,
} from "../people.ts";

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  // A name that is no loopback to the browser: plain http there is an insecure context, as on a LAN.
  browser = await launchChromium(["--host-resolver-rules=MAP nullroom.test 127.0.0.1"]);
  server = await TestServer.start();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

test("a link that is looked at and not joined asks the server for nothing but the page", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  const link = await createRoom(a, server);
  const asked: string[] = [];
  b.page.on("request", (request) => asked.push(`${request.method()} ${request.resourceType()}`));
  b.page.on("websocket", (socket) => asked.push(`socket ${socket.url()}`));
  await openLink(b, link);
  await b.page.mouse.move(200, 200);
  await wait(3000); // Not for anything to happen: for nothing to.
  const kinds = new Set(asked);
  for (const harmless of ["document", "script", "stylesheet", "image", "font", "other"])
    kinds.delete(`GET ${harmless}`);
  expect([...kinds]).toEqual([]);
  expect(await state(a)).toBe("waiting");
  await expectClean(b, server);
});

test.each([
  ["", "JavaScript"],
  ["rooms/00000000-0000-4000-8000-000000000000", "JavaScript"],
  ["privacy", "Who sees what"],
])("without JavaScript /%s says what is missing", async (path, words) => {
  await using tab = await openTab(browser, { javaScriptEnabled: false });
  await tab.goto(`${server.url}${path}`);
  await tab.page.getByText(words).first().waitFor();
});

test.each(["RTCPeerConnection", "crypto.subtle"])("a browser without %s is told so", async (missing) => {
  await using tab = await openTab(browser);
  await tab.page.addInitScript((what) => {
    if (what === "crypto.subtle") Object.defineProperty(crypto, "subtle", { value: undefined });
    else Object.defineProperty(window, what, { value: undefined });
  }, missing);
  await tab.goto(server.url);
  await tab.find("button", "Create room").waitFor({ state: "detached" });
  expect(await tab.page.locator("#create-problem").innerText()).toMatch(/browser/i);
});

test("plain http on a LAN says that it needs https", async () => {
  await using tab = await openTab(browser);
  await tab.goto(`http://nullroom.test:${server.port}/`);
  expect(await tab.page.evaluate(() => isSecureContext)).toBe(false);
  await tab.page.getByText(/https/i).first().waitFor();
  await tab.find("button", "Create room").waitFor({ state: "hidden" });
});

test("everything works below a base path", async () => {
  await using below = await TestServer.start({ NULLROOM_BASE_PATH: "/below/here" });
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  const link = await meet(a, b, below);
  expect(new URL(link).pathname).toMatch(/^\/below\/here\/rooms\//);
  await talk(a, b, "below");
  await destroy(a);
  await isToldOfTheEnd(b);
  expect(a.record.requests.filter((url) => !new URL(url).pathname.startsWith("/below/here/"))).toEqual([]);
  for (const tab of [a, b]) await expectClean(tab, below);
});

describe("with the keyboard alone", () => {
  test("create, join, talk, destroy", async () => {
    await using a = await openTab(browser);
    await using b = await openTab(browser);
    await a.goto(server.url);
    await tabTo(a, "Create room");
    await a.press("Enter");
    await reaches(a, "waiting");
    await openLink(b, await a.page.getByRole("textbox", { name: "Room link" }).inputValue());
    await tabTo(b, "Join room");
    await b.press("Enter");
    await Promise.all([reaches(a, "secure"), reaches(b, "secure")]);

    // Whoever gets connected can type at once.
    await a.find("textbox", "Message").and(a.page.locator(":focus")).waitFor();
    await a.page.keyboard.type("by keyboard");
    await a.press("Shift+Enter");
    await a.page.keyboard.type("second line");
    await a.press("Enter");
    await b
      .find("log")
      .getByText(/by keyboard\s+second line/)
      .waitFor();

    await tabTo(a, "Destroy room");
    await a.press("Enter");
    await a.find("dialog").waitFor();
    await a.press("Escape");
    await a.find("dialog").waitFor({ state: "hidden" });
    await a.press("Enter");
    await tabTo(a, "Destroy room", "dialog *");
    await a.press("Enter");
    await isToldOfTheEnd(b);
    expect(
      await b.page.evaluate(() => document.querySelector('[role="alertdialog"]')?.matches(":focus-within")),
    ).toBe(true);
  });
});

/** Press Tab until the element of that name has the focus, and see that the focus can be seen. */
async function tabTo(tab: Awaited<ReturnType<typeof openTab>>, name: string, within = "*"): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    const found = await tab.page.evaluate(
      ([wanted, scope]) => {
        const { activeElement } = document;
        const fits = activeElement instanceof HTMLElement && activeElement.matches(scope as string);
        return fits && (activeElement.ariaLabel ?? activeElement.innerText).trim() === wanted;
      },
      [name, within],
    );
    if (found) return;
    await tab.press("Tab");
  }
  throw new Error(`forty times Tab did not lead to "${name}"`);
}
