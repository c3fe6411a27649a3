import { fileURLToPath } from "node:url";
import type { Tab } from "../../testing/browsers/tab.ts";
import { serveLab } from "../../testing/labs/file-lab/serve.ts";
import { TestServer } from "../../testing/services/server.ts";
import { Measurements } from "../measurements.ts";
import { meet, OURS } from "../protocols.ts";
import { rounds } from "../rounds.ts";
import { whileBareMoves } from "./bare.ts";
import { Browsers, firstPairings, type Pair } from "./pairings.ts";
import { type File, handOver, makeFile } from "./room.ts";

export const NO_TRANSFER = "nothing moves";
/** Bytes move between two other tabs, which shows what a busy machine costs without any work in the page. */
const BARE = "bare channel beside";
const MOVING = "a file moves";

const BYTES = 1024 * 1024 * 1024;
const ROUNDS = rounds(3);
const TEXTS = 20;
const LIMIT_MS = 8 * 60_000;

/** Measure what a person notices of a large file under way: a page that stalls, a text that waits. */
export async function measureSmoothness(): Promise<Measurements> {
  await using server = await TestServer.start({ NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(BYTES) });
  await using lab = await serveLab(fileURLToPath(new URL("../link-lab/", import.meta.url)));
  await using browsers = await Browsers.launch();
  const whileOthersMove = <T>(task: () => Promise<T>) =>
    browsers.pair(["Chromium", "Chromium"], (pair) => whileBareMoves(pair, lab, task));
  const file = await makeFile(BYTES);
  const results = new Measurements();
  const deadline = performance.now() + LIMIT_MS;
  for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < deadline); round++) {
    for (const pairing of firstPairings(2)) {
      await browsers.pair(pairing, (pair) =>
        measurePair(pair, { server, file, engine: pairing[0], whileOthersMove, results }),
      );
    }
  }
  return results;
}

type Setting = {
  server: TestServer;
  file: File;
  engine: string;
  whileOthersMove: (task: () => Promise<Smoothness>) => Promise<Smoothness>;
  results: Measurements;
};

async function measurePair(
  pair: Pair,
  { server, file, engine, whileOthersMove, results }: Setting,
): Promise<void> {
  await meet(OURS, pair, server);
  for (const contender of [NO_TRANSFER, BARE, MOVING]) {
    if (contender === MOVING) await handOver(pair, file);
    for (const [who, tab] of [
      ["sender", pair[0]],
      ["receiver", pair[1]],
    ] as const) {
      const talk = () => converse(tab);
      const { roundTrips, task, frame } = await (contender === BARE ? whileOthersMove(talk) : talk());
      for (const ms of roundTrips) results.add(`${engine}, ${who}, chat round trip, ms`, contender, ms);
      results.add(`${engine}, ${who}, worst of these, ms`, contender, Math.max(...roundTrips));
      results.add(`${engine}, ${who}, longest gap between frames, ms`, contender, frame);
      if (task !== undefined)
        results.add(`${engine}, ${who}, longest task, ms (50 or less: 50)`, contender, task);
    }
  }
}

/** Milliseconds: chat round trips, the longest task of the page's thread and the longest gap between frames. */
type Smoothness = { roundTrips: number[]; task: number | undefined; frame: number };

/** Write texts as a person does, and watch the page's own thread meanwhile. */
function converse(tab: Tab): Promise<Smoothness> {
  return tab.evaluate(async (count): Promise<Smoothness> => {
    const measured: Smoothness = { roundTrips: [], task: undefined, frame: 0 };
    if (PerformanceObserver.supportedEntryTypes.includes("longtask")) {
      measured.task = 50; // The browser reports no shorter ones.
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) measured.task = Math.max(measured.task ?? 0, duration);
      }).observe({ type: "longtask" });
    }
    let frameAt = performance.now();
    const frame = (now: number) => {
      measured.frame = Math.max(measured.frame, now - frameAt);
      frameAt = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    const box = document.querySelector<HTMLTextAreaElement>("#message");
    const send = [...document.querySelectorAll("button")].find((button) => button.innerText === "Send");
    const log = document.querySelector('[role="log"]');
    if (!box || !send || !log) throw new Error("no conversation");
    for (let at = 0; at < count; at++) {
      const begun = performance.now();
      box.value = `word ${at} of ${begun}`;
      const text = box.value;
      const delivered = new Promise<void>((resolve) => {
        const observer = new MutationObserver(() => {
          const own = [...log.querySelectorAll<HTMLElement>(".message")].find((view) =>
            view.textContent?.includes(text),
          );
          if (!own?.textContent?.includes("delivered")) return;
          observer.disconnect();
          resolve();
        });
        observer.observe(log, { subtree: true, childList: true, characterData: true });
      });
      send.click();
      await delivered;
      measured.roundTrips.push(performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return measured;
  }, TEXTS);
}
