import { afterAll, beforeAll, expect, test } from "vitest";
import { ChromiumTab, crash, launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import type { Tab } from "../../testing/browsers/tab.ts";
import { SCALE } from "../../testing/scale.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { Browsers } from "../browsers.ts";
import { makeFile, receives } from "../files.ts";
import { hears, isToldOfTheEnd, meet, reaches, say, state, talk, textOf, traces } from "../people.ts";

/** What phones, tabs and browsers do with a page while a conversation is in it. */
/** How long a lost connection is looked for, spec/3-session.md §8. */
const WINDOW_MS = 120_000;

const browsers = new Browsers();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(async () => {
  await browsers[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

async function openChromium(): Promise<ChromiumTab> {
  const tab = await browsers.open("chromium");
  if (!(tab instanceof ChromiumTab)) throw new TypeError("not Chromium");
  return tab;
}

type Locks = { locks: string[] };

/** Note when the page asks for the screen to stay on and when it lets go. */
async function noteLocks({ page }: ChromiumTab): Promise<void> {
  await page.addInitScript(() => {
    const locks: string[] = [];
    Object.assign(globalThis, { locks });
    const { request } = WakeLock.prototype;
    WakeLock.prototype.request = async function (type) {
      const lock = await request.call(this, type);
      locks.push("held");
      lock.addEventListener("release", () => locks.push("released"));
      return lock;
    };
  });
}

function locksOf(tab: Tab): Promise<string[]> {
  return tab.evaluate(() => (globalThis as unknown as Locks).locks, undefined);
}

/** As the browser tells it to a page that is covered by another one, or is looked at again. */
async function look(tab: Tab, hidden: boolean): Promise<void> {
  await tab.evaluate((isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

test("the screen is kept on while a file moves, again after a look elsewhere, and not a moment longer", async () => {
  await using a = await openChromium();
  await using b = await openChromium();
  await Promise.all([noteLocks(a), noteLocks(b)]);
  await meet(a, b, server);
  await talk(a, b, "words alone");
  expect([await locksOf(a), await locksOf(b)]).toEqual([[], []]);

  await a.choose("Choose file", [await makeFile(16 * 1024 * 1024, "lock.bin")]);
  const arrived = receives(b, "lock.bin");
  await until("the first lock", async () => (await locksOf(a)).length === 1);
  await freeze(b); // With nobody to take it, the file goes on moving for as long as is needed.
  await look(a, true);
  await until("its end", async () => (await locksOf(a)).length === 2);
  await look(a, false);
  await until("the second lock", async () => (await locksOf(a)).length === 3);
  await thaw(b);
  await arrived;
  for (const tab of [a, b]) {
    await until("the last lock to be let go", async () => (await locksOf(tab)).at(-1) === "released");
  }
  expect(await locksOf(a)).toEqual(["held", "released", "held", "released"]);
});

async function freeze({ page }: ChromiumTab): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
}

async function thaw({ page }: ChromiumTab): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "active" });
}

test("a frozen tab misses nothing, and looks after its connection as soon as it thaws", async () => {
  await using a = await openChromium();
  await using b = await openChromium();
  await meet(a, b, server);
  await talk(a, b, "before");
  await freeze(b);
  await say(a, "said into the ice");
  await thaw(b);
  await hears(b, "said into the ice");
  await talk(a, b, "afterwards");
});

test.each(["chromium", "firefox"] as const)(
  "whoever goes away in %s and comes back finds nothing, and the other is told",
  async (engine) => {
    await using browser = await launchChromium([], { keepsPages: true });
    await using a = await (engine === "chromium" ? openTab(browser) : browsers.open(engine));
    await using b = await openChromium();
    await meet(a, b, server);
    await talk(a, b, "canary words");
    await a.fill("Message", "canary draft");
    await a.goto(`${server.url}privacy`);
    await a.back();
    await until("a page", async () => (await textOf(a, "main")) !== "");
    expect(await traces(a, ["canary"])).toEqual([]);
    expect(["secure", "reconnecting", "waiting"]).not.toContain(await state(a));
    await isToldOfTheEnd(b);
    expect(await traces(b, ["canary"])).toEqual([]);
  },
);

test("a page that crashes is looked for, and in the end it is a connection that was lost", async () => {
  await using a = await openChromium();
  const b = await openChromium();
  await meet(a, b, server);
  await talk(a, b, "canary words");
  await crash(b);
  await reaches(a, "reconnecting", 60_000);
  expect(await textOf(a, ".retrying")).toMatch(/another [12]:\d\d/);
  await b.close();
  if (SCALE < 0.1) return; // What follows takes two minutes.
  await isToldOfTheEnd(a, WINDOW_MS + 20_000);
  expect(await textOf(a, "[role=alertdialog]")).toContain("The connection was lost");
  expect(await traces(a, ["canary"])).toEqual([]);
});

test("a page that a browser has kept against our wish goes away when it is shown again", async () => {
  await using a = await openChromium();
  await using b = await openChromium();
  await meet(a, b, server);
  await talk(a, b, "canary words");
  await a.evaluate(() => {
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  }, undefined);
  await until("the page after the end", async () => new URL(await a.address()).pathname === "/gone");
  await isToldOfTheEnd(b);
});

test("a tab that is duplicated is an incomplete link, and disturbs nothing", async () => {
  await using a = await openChromium();
  await using b = await openChromium();
  await meet(a, b, server);
  for (const tab of [a, b]) {
    const [twin] = await Promise.all([
      tab.page.context().waitForEvent("page"),
      tab.evaluate(() => void open(location.href), undefined),
    ]);
    await twin.getByText("This link is incomplete").first().waitFor();
  }
  await talk(a, b, "as before");
  expect([await state(a), await state(b)]).toEqual(["secure", "secure"]);
});

test("the time left is said at its marks, and not each second", async () => {
  await using short = await TestServer.start({ NULLROOM_ROOM_TTL_SECONDS: "63" });
  await using a = await openChromium();
  await using b = await openChromium();
  await meet(a, b, short);
  expect(await Promise.all([spokenFor(5_000, a), spokenFor(5_000, b)])).toEqual([
    ["One minute left."],
    ["One minute left."],
  ]);
});

/** What the clock gives to a screen reader in so many milliseconds. */
function spokenFor(ms: number, tab: Tab): Promise<string[]> {
  return tab.evaluate(
    (patience) =>
      new Promise<string[]>((resolve) => {
        const said: string[] = [];
        const line = document.querySelector('[data-countdown-target="spoken"]');
        const note = () => said.push(line?.textContent ?? "");
        new MutationObserver(note).observe(line ?? document, { childList: true });
        setTimeout(() => resolve(said), patience);
      }),
    ms,
  );
}
