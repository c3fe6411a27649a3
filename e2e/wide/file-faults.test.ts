import { truncate } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChromiumTab } from "../../testing/browsers/chromium.ts";
import { clearPicked, standInForPickers } from "../../testing/browsers/pickers.ts";
import type { Tab } from "../../testing/browsers/tab.ts";
import { type LabBrowser, launchLab } from "../../testing/labs/file-lab/people.ts";
import { type DelayedUdp, startDelay } from "../../testing/network/delay/delay.ts";
import { scaled } from "../../testing/scale.ts";
import { TestCoturn } from "../../testing/services/coturn.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { makeFile, saved, sha256, shareOf } from "../files.ts";
import { createRoom, join, reaches, state } from "../people.ts";

const MIB = 1024 * 1024;
/** Files of this size are larger than what is held in memory, so that they go to a disk. */
const SIZE = 24 * MIB;
/** Faults strike at this share of the file at the latest: after it the sender may have read everything already. */
const LATEST = 0.6;
/** An outcome may take this long, because a lost connection is looked for for two minutes. */
const OUTCOME_MS = 180_000;
/** A relay is cut off for no longer than this, so that it is found again within the two minutes. */
const LONGEST_CUT_MS = 12_000;

let coturn: TestCoturn;
/** The delay line stands between the browsers and their relay. */
let line: DelayedUdp;
let server: TestServer;
let sender: LabBrowser;
let receiver: LabBrowser;

beforeAll(async () => {
  coturn = await TestCoturn.start("loopback");
  line = await startDelay({ target: { port: coturn.ports.plain }, delayMs: 0 });
  server = await TestServer.start({
    NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(SIZE),
    NULLROOM_ICE_SERVERS: JSON.stringify([coturn.iceServer("udp", line.port)]),
  });
  sender = await launchLab("chromium", server.url);
  receiver = await launchLab("chromium", server.url);
  await rememberConnections(sender.tab);
});
afterAll(async () => {
  await sender[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
  await server.stop();
  await line[Symbol.asyncDispose]();
  await coturn[Symbol.asyncDispose]();
});

type Fault = {
  name: string;
  strike: (path: string) => Promise<unknown>;
  heal?: () => Promise<unknown>;
  /** The file goes over the relay and nothing else. */
  isRelayed?: true;
  /** What comes of it at least once: some faults come too late, others are overcome. */
  leadsTo?: "failed" | "delivered";
};

const both = (task: (tab: Tab) => Promise<unknown>) =>
  Promise.all([sender, receiver].map(({ tab }) => task(tab)));

const FAULTS: readonly Fault[] = [
  { name: "the sender’s file is cut off", strike: (path) => truncate(path, 1), leadsTo: "failed" },
  { name: "the connection dies", strike: () => closeConnections(sender.tab) },
  {
    name: "the disk is full",
    strike: () => receiver.limit(MIB),
    heal: () => receiver.limit(undefined),
    leadsTo: "failed",
  },
  { name: "both pages are put aside", strike: () => both(hide), leadsTo: "delivered" },
  { name: "both networks change", strike: () => both(changeNetwork), leadsTo: "delivered" },
  { name: "the relay is cut off for a while", strike: cutForAWhile, isRelayed: true },
  {
    name: "bits flip on the way",
    strike: async () => line.setTrouble({ flipShare: 0.01 }),
    heal: async () => {
      line.setTrouble();
      expect((await line.counts()).flipped).toBeGreaterThan(0);
    },
    isRelayed: true,
    leadsTo: "delivered",
  },
];

const RUNS = Math.ceil(scaled(200, 1) / FAULTS.length);

/** What must never be is a whole file that is not the sender's. */
test.each(FAULTS)(`$name, at whatever byte: no wrong file is complete, ${RUNS} times`, async (fault) => {
  const outcomes = new Set<string>();
  for (let run = 0; run < RUNS; run++) outcomes.add(await suffer(fault, Math.random() * LATEST));
  if (fault.leadsTo) expect([...outcomes]).toContain(fault.leadsTo);
});

async function suffer({ name, strike, heal, isRelayed }: Fault, at: number): Promise<string> {
  const [a, b] = [sender.tab, receiver.tab];
  const wishes = { hideAddress: isRelayed === true };
  await join(b, await createRoom(a, server, wishes), wishes);
  await Promise.all([a, b].map((tab) => reaches(tab, "secure", 45_000)));
  await standInForPickers(b);
  const path = await makeFile(SIZE, "struck.bin");
  const expected = await sha256(path);
  await a.choose("Choose file", [path]);
  await b.click("button", "Accept");
  await until(`${at} of the file`, async () => (await shareOf(b)) >= at, OUTCOME_MS);
  await strike(path);
  const outcome = await until(`an outcome after ${name}`, () => outcomeOf(b), OUTCOME_MS);
  await heal?.();
  if (outcome === "delivered")
    expect(await sha256(await saved(b, "struck.bin")), `${name} at ${at}`).toBe(expected);
  else await until(`nothing to be left after ${name} at ${at}`, async () => (await pickedBytes(b)) === 0);
  await clearPicked(b);
  return outcome;
}

async function cutForAWhile(): Promise<void> {
  line.setTrouble({ isCut: true });
  await wait(Math.random() * LONGEST_CUT_MS);
  line.setTrouble();
}

/** The page is told what it is told when a machine goes to another network, so that it looks for a new path. */
function changeNetwork(tab: Tab): Promise<void> {
  return tab.evaluate(() => void window.dispatchEvent(new Event("online")), undefined);
}

async function outcomeOf(tab: Tab): Promise<string | undefined> {
  if ((await state(tab)) === "ended") return "ended";
  const status = await tab.evaluate(
    () => document.querySelector<HTMLElement>(".file")?.dataset.status,
    undefined,
  );
  return ["delivered", "failed", "cancelled"].find((final) => final === status);
}

/** Bytes on the disk that stands in for the person's. */
function pickedBytes(tab: Tab): Promise<number> {
  return tab.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    let bytes = 0;
    for await (const folder of root.values()) {
      if (!(folder instanceof FileSystemDirectoryHandle)) continue;
      for await (const file of folder.values()) {
        if (file instanceof FileSystemFileHandle) bytes += (await file.getFile()).size;
      }
    }
    return bytes;
  }, undefined);
}

declare global {
  interface Window {
    connections?: RTCPeerConnection[];
  }
}

/** From the next document on the page remembers its connections, which it gives to nobody by itself. */
async function rememberConnections(tab: Tab): Promise<void> {
  if (!(tab instanceof ChromiumTab)) throw new TypeError("only Chromium's tabs can be prepared");
  await tab.page.addInitScript(() => {
    const made: RTCPeerConnection[] = [];
    window.connections = made;
    const Original = window.RTCPeerConnection;
    window.RTCPeerConnection = new Proxy(Original, {
      construct(target, given) {
        const connection = Reflect.construct(target, given);
        made.push(connection);
        return connection;
      },
    });
  });
}

function closeConnections(tab: Tab): Promise<void> {
  return tab.evaluate(() => {
    for (const connection of window.connections ?? []) connection.close();
  }, undefined);
}

/** The page is told what it is told when the person looks at something else. */
function hide(tab: Tab): Promise<void> {
  return tab.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, undefined);
}
