import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clearPicked, standInForPickers } from "../../testing/browsers/pickers.ts";
import type { Tab } from "../../testing/browsers/tab.ts";
import { type LabEngine, launchLab } from "../../testing/labs/file-lab/people.ts";
import { descendants, heldMemory } from "../../testing/labs/file-lab/process-tree.ts";
import { scaled } from "../../testing/scale.ts";
import { TestCoturn } from "../../testing/services/coturn.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { makeFile, receives, saved, sha256, shareOf } from "../files.ts";
import { createRoom, join, reaches, talk } from "../people.ts";

const MIB = 1024 * 1024;
const SIZE = scaled(1024 * MIB, 20 * MIB);
/** The bound is for both pages together, which is stricter than one for each. */
const GROWTH_BYTES = 64 * MIB;
/** The limit allows for a megabyte a second, which is far below what was ever measured. */
const PATIENCE_MS = 60_000 + SIZE / 1024;

/** Without this preference Firefox asks no relay on loopback. */
const FIREFOX_PREFS = { "media.peerconnection.ice.loopback": true };

let coturn: TestCoturn;
/** Where there is a relay, two who do not ask for it may come by it all the same: who answers first is chosen. */
let servers: Record<"direct" | "relay", TestServer>;

beforeAll(async () => {
  coturn = await TestCoturn.start("loopback");
  const limit = { NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(SIZE) };
  servers = {
    direct: await TestServer.start(limit),
    relay: await TestServer.start({
      ...limit,
      NULLROOM_ICE_SERVERS: JSON.stringify([coturn.iceServer("udp")]),
    }),
  };
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.stop();
  await coturn[Symbol.asyncDispose]();
});

const WAYS: readonly (readonly [LabEngine, LabEngine, path: "direct" | "relay"])[] = [
  ["chromium", "firefox", "direct"],
  ["firefox", "chromium", "direct"],
  ["chromium", "firefox", "relay"],
  ["firefox", "chromium", "relay"],
];

describe.each(WAYS)("from %s to %s, %s", (from, to, path) => {
  // Measured anew where it fails: what a browser holds by itself moves by some 60 MiB in its first seconds.
  test("a file larger than a page may hold comes whole, and neither page grows with it", {
    retry: 2,
  }, async () => {
    const server = servers[path];
    await using sender = await launchLab(from, server.url, FIREFOX_PREFS);
    await using receiver = await launchLab(to, server.url, FIREFOX_PREFS);
    const [a, b] = [sender.tab, receiver.tab];
    const wishes = { hideAddress: path === "relay" };
    await join(b, await createRoom(a, server, wishes), wishes);
    await Promise.all([a, b].map((tab) => reaches(tab, "secure", 45_000)));
    await until(`the path “${path}”`, async () => (await pathOf(a)) === path && (await pathOf(b)) === path);
    await standInForPickers(b);
    const file = await makeFile(SIZE, "large.bin");
    await a.choose("Choose file", [file]);
    await b.click("button", "Accept");
    const early = await peak(until("a quarter", async () => (await shareOf(b)) >= 0.25, PATIENCE_MS));
    const late = await peak(receives(b, "large.bin", PATIENCE_MS));
    expect(late - early).toBeLessThan(GROWTH_BYTES);
    expect(await sha256(await saved(b, "large.bin", PATIENCE_MS))).toBe(await sha256(file));
    await talk(a, b, "afterwards");
    await clearPicked(b);
  });
});

function pathOf(tab: Tab): Promise<string | undefined> {
  return tab.evaluate(() => document.querySelector("main")?.dataset.path, undefined);
}

/** The most memory that the browsers hold until then. */
async function peak(task: Promise<unknown>): Promise<number> {
  let highest = 0;
  let isOver = false;
  const finished = task.finally(() => {
    isOver = true;
  });
  while (!isOver) highest = Math.max(highest, await heldMemory(await descendants()));
  await finished;
  return highest;
}
