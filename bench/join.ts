import type { Browser } from "playwright-core";
import { type ChromiumTab, launchChromium, openTab } from "../testing/browsers/chromium.ts";
import { TestServer } from "../testing/services/server.ts";
import { Measurements } from "./measurements.ts";
import * as protocols from "./protocols.ts";
import { type RoomProtocol, reaches } from "./protocols.ts";

export const CLASSIC = "classic, with its key upgrade";
const OURS = "protocol 2";
const METRIC = 'ms from "Join room" to secure';
const ROUNDS = 30;

/** No round begins later, so that a busy machine measures less often and comes to an end. */
const LIMIT_MS = 10 * 60_000;

/** Measure how long people wait from "Join room" to secure, with both pages in one Chromium and all on loopback. */
export async function measureJoin(): Promise<Measurements> {
  await using server = await TestServer.start();
  const browser = await launchChromium();
  const results = new Measurements();
  try {
    const deadline = performance.now() + LIMIT_MS;
    for (let round = -1; round < ROUNDS && performance.now() < deadline; round++) {
      const order = round % 2 === 0 ? PROTOCOLS : PROTOCOLS.toReversed();
      for (const [name, { wait }] of order) {
        const ms = await meet(browser, (tab) => wait(tab, server, false));
        if (round >= 0) results.add(METRIC, name, ms); // The first round only warms up.
      }
    }
    return results;
  } finally {
    await browser.close();
  }
}

const PROTOCOLS: readonly (readonly [string, RoomProtocol])[] = [
  [CLASSIC, protocols.CLASSIC],
  [OURS, protocols.OURS],
];

/** Let two fresh tabs join a room. @returns the milliseconds that the second waits, by its own page's clock */
async function meet(browser: Browser, wait: (first: ChromiumTab) => Promise<string>): Promise<number> {
  await using first = await openTab(browser);
  await using second = await openTab(browser);
  await second.goto(await wait(first));
  await reaches(second, "invited");
  const waited = second.page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        let clickedAt = Number.NaN;
        addEventListener("click", () => (clickedAt = performance.now()), { capture: true, once: true });
        new MutationObserver(() => {
          const state = document.querySelector("main")?.dataset.sessionState;
          if (state === "secure") resolve(performance.now() - clickedAt);
          if (state === "ended") reject(new Error("it ended"));
        }).observe(document.documentElement, { attributes: true, subtree: true });
      }),
  );
  await second.click("button", "Join room");
  const ms = await waited;
  await reaches(first, "secure");
  return ms;
}
