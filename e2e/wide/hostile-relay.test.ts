import { setTimeout as wait } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Adversary } from "../../testing/adversaries/hostile-relay/adversary.ts";
import { FORGERIES } from "../../testing/adversaries/hostile-relay/forgery.ts";
import type { Recording } from "../../testing/adversaries/hostile-relay/recording.ts";
import { type HostileRelay, startHostileRelay } from "../../testing/adversaries/hostile-relay/relay.ts";
import {
  type Attack,
  attacks,
  TAMPERINGS,
  tamperOnce,
} from "../../testing/adversaries/hostile-relay/tampering.ts";
import { type ChromiumTab, launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { roomBytes } from "../../testing/instruments/secrets/exhibit.ts";
import { type PageHeap, readHeap, watchHeap } from "../../testing/instruments/secrets/heap.ts";
import { judge } from "../../testing/instruments/secrets/judge.ts";
import { holding, type Values } from "../../testing/instruments/secrets/values.ts";
import { SCALE } from "../../testing/scale.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { hears, isToldOfTheEnd, join, reaches, say, state, talk, textOf } from "../people.ts";

vi.setConfig({ testTimeout: 120_000, maxConcurrency: 4 });

let browser: Browser;
let server: TestServer;
/** Another session's recording, from which replays are taken. */
let earlier: Recording;

beforeAll(async () => {
  browser = await launchChromium();
  server = await TestServer.start();
  await using room = await Room.open();
  await room.meet();
  await until("the last candidates", () => room.relay.recording.firstOf("candidate"));
  earlier = room.relay.recording;
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** Two real pages whose server is the relay: they know no other address. */
class Room implements AsyncDisposable {
  readonly relay: HostileRelay;
  readonly both: readonly [ChromiumTab, ChromiumTab];
  link = "";

  private constructor(relay: HostileRelay, both: readonly [ChromiumTab, ChromiumTab]) {
    this.relay = relay;
    this.both = both;
  }

  static async open(adversary: Adversary = {}): Promise<Room> {
    const relay = await startHostileRelay(server.origin);
    relay.setAdversary(adversary);
    const both = [await openTab(browser), await openTab(browser)] as const;
    for (const { page } of both) await page.addInitScript(noteStates);
    return new Room(relay, both);
  }

  async create(): Promise<void> {
    const [a] = this.both;
    await a.goto(`${this.relay.url}/`);
    await a.click("button", "Create room");
    await reaches(a, "waiting");
    this.link = await until("the link", () =>
      a.evaluate(() => document.querySelector<HTMLInputElement>("#room-link")?.value || undefined, undefined),
    );
    expect(this.link).toMatch(/#2\.[\w-]{43}$/);
  }

  async begin(): Promise<void> {
    await this.create();
    await join(this.both[1], this.link);
  }

  async meet(): Promise<void> {
    await this.begin();
    await Promise.all(this.both.map((tab) => reaches(tab, "secure", 60_000)));
  }

  /** Every state that a page has ever shown, however briefly. */
  states(): Promise<string[][]> {
    return Promise.all(
      this.both.map((tab) => tab.evaluate(() => (globalThis as unknown as Noted).states, undefined)),
    );
  }

  /** Whether the attempt has failed or got secure: undefined as long as it is open. */
  async outcome(): Promise<"failed" | "secure" | undefined> {
    if ((await Promise.all(this.both.map(hasFailed))).some(Boolean)) return "failed";
    const states = await Promise.all(this.both.map(state));
    return states.every((one) => one === "secure") ? "secure" : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tab of this.both) await tab.close();
    await this.relay[Symbol.asyncDispose]();
  }
}

type Noted = { states: string[] };

/** Runs in the page, before its own scripts. */
function noteStates(): void {
  const noted = globalThis as unknown as Noted;
  noted.states = [];
  new MutationObserver(() => {
    const now = document.querySelector("main")?.dataset.sessionState;
    if (now !== undefined && noted.states.at(-1) !== now) noted.states.push(now);
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

/** In `npm run test:wide` each stage comes once, each time with another tampering; at full size every pair comes. */
function chosen(): readonly Attack[] {
  const all = attacks();
  if (SCALE >= 1) return all;
  const quick = TAMPERINGS.filter((tampering) => tampering !== "drop" && tampering !== "reorder");
  const stages = [...new Set(all.map(({ stage }) => stage))];
  return stages.flatMap((stage, index) =>
    all.filter((attack) => attack.stage === stage && attack.tampering === quick[(index * 4) % quick.length]),
  );
}

// Side by side: such rooms mostly wait, for the 15 s and the 30 s after which an attempt is given up.
describe.concurrent("two pages and a relay that tampers", () => {
  test.each(chosen())("$name: nobody is falsely secure, and no address leaves early", async (attack) => {
    const adversary = tamperOnce(attack, earlier);
    await using room = await Room.open(adversary);
    await room.begin();
    await until("it to act", () => adversary.hasActed, 60_000);
    const outcome = await until("one page to say so", () => room.outcome(), 60_000);
    await wait(1_000); // For what is still on its way.
    if (attack.mayBeLate && outcome === "secure") await talk(...room.both, "as if nothing had been said");
    else {
      expect((await room.states()).flat()).not.toContain("secure");
      for (const tab of room.both) expect((await textOf(tab, "[role=log]")).trim()).toBe("");
    }
    for (const role of attack.silent) expect(room.relay.recording.phase1From(role)).toEqual([]);
  });
});

/** It offers another attempt, says what went wrong, or has ended. */
async function hasFailed(tab: ChromiumTab): Promise<boolean> {
  if ((await state(tab)) === "ended") return true;
  return (await tab.find("button", "Try again").count()) > 0 && tab.find("button", "Try again").isVisible();
}

describe("two pages that are secure", () => {
  test("go on as they are, whatever the relay says, repeats, changes or cuts", async () => {
    await using room = await Room.open();
    await room.meet();
    const [a, b] = room.both;
    await talk(a, b, "before");
    const frozen = [...room.relay.recording.signals, ...earlier.signals].map(({ blob }) => blob);
    const changed = frozen.map((blob) => blob.map((byte, at) => (at === blob.length - 1 ? byte ^ 1 : byte)));
    room.relay.setAdversary({ signal: () => [], message: () => [] });
    for (const role of ["I", "R"] as const) {
      const victim = room.relay.side(role);
      expect(victim).toBeDefined();
      for (const message of Object.values(FORGERIES)) victim?.tell(message);
      for (const blob of [...frozen, ...changed]) victim?.deliver(blob);
    }
    await talk(a, b, "after the lies");
    room.relay.goAway();
    await talk(a, b, "without a cable");
    expect((await room.states()).map((states) => states.at(-1))).toEqual(["secure", "secure"]);
    expect((await room.states()).flat()).not.toContain("ended");
  });
});

describe("what a page keeps after the end", () => {
  test("opens nothing of what was recorded, and is neither link nor key", async () => {
    await using room = await Room.open();
    for (const { page } of room.both) await watchHeap(page);
    await room.create();
    const [a, b] = room.both;
    const secret = new Uint8Array(Buffer.from(room.link.split("#2.")[1] ?? "", "base64url"));
    // While it waits, the page must have the link: that it is found shows that the look goes deep enough.
    expect(holding(bytesOf(await readHeap(a.page)), secret)).not.toEqual([]);

    await join(b, room.link);
    await Promise.all(room.both.map((tab) => reaches(tab, "secure", 60_000)));
    await say(a, "a sentence that nobody else says 5c1f0b7e");
    await hears(b, "a sentence that nobody else says 5c1f0b7e");
    const during = await readHeap(b.page);
    expect(during.keys).not.toEqual([]);
    for (const { page } of room.both) expect(holding(bytesOf(await readHeap(page)), secret)).toEqual([]);

    const { signals } = room.relay.recording;
    const exhibit = {
      room: roomBytes(new URL(room.link).pathname.split("/").at(-1) ?? ""),
      link: secret,
      blobs: signals.map(({ blob }) => blob),
      records: [],
      fingerprints: [],
    };
    await a.click("button", "Destroy room");
    await a.click("button", "Destroy room", "dialog");
    await isToldOfTheEnd(b);
    const after = await until("the page to let go of its keys", async () => {
      const heap = await readHeap(b.page);
      return heap.keys.length === 0 && heap;
    });
    expect(await judge(exhibit, bytesOf(after))).toEqual([]);
    expect(holding(bytesOf(after), secret)).toEqual([]);
  });
});

/** The strings of a whole page are its code and its words; keys are bytes there, and the link was one string once. */
function bytesOf({ bytes }: PageHeap): Values {
  return { bytes, strings: [], keys: [] };
}
