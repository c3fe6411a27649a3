import type { Browser } from "playwright-core";
import { launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { Firefox } from "../../testing/browsers/firefox.ts";
import type { Tab } from "../../testing/browsers/tab.ts";

type Engine = "Chromium" | "Firefox";

/** The pairs of browsers: the first one sends, the second one receives. */
const PAIRINGS: readonly (readonly [Engine, Engine])[] = [
  ["Chromium", "Chromium"],
  ["Firefox", "Firefox"],
  ["Chromium", "Firefox"],
  ["Firefox", "Chromium"],
];

/** The first `usual` pairs, or as many as BENCH_PAIRINGS says. */
export function firstPairings(usual: number): typeof PAIRINGS {
  return PAIRINGS.slice(0, Number(process.env.BENCH_PAIRINGS ?? usual));
}

export type Pair = readonly [sender: Tab, receiver: Tab];

/** The browsers of one section. Each Firefox has one tab at a time, since Firefox slows down a tab that is not in front. */
export class Browsers implements AsyncDisposable {
  readonly #chromium: Browser;
  readonly #firefoxes: readonly [Firefox, Firefox];

  static async launch(): Promise<Browsers> {
    const prefs = { "media.peerconnection.ice.loopback": true }; // Without this Firefox uses no relay on loopback.
    const firefoxes = [await Firefox.launch(prefs), await Firefox.launch(prefs)] as const;
    return new Browsers(await launchChromium(), firefoxes);
  }

  private constructor(chromium: Browser, firefoxes: readonly [Firefox, Firefox]) {
    this.#chromium = chromium;
    this.#firefoxes = firefoxes;
  }

  /** Run a task with two fresh tabs, which are closed after it. */
  async pair<T>([sender, receiver]: readonly [Engine, Engine], task: (pair: Pair) => Promise<T>): Promise<T> {
    await using first = await this.#open(sender, this.#firefoxes[0]);
    await using second = await this.#open(receiver, this.#firefoxes[1]);
    return await task([first, second]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chromium.close();
    for (const firefox of this.#firefoxes) await firefox[Symbol.asyncDispose]();
  }

  #open(engine: Engine, firefox: Firefox): Promise<Tab> {
    return engine === "Firefox" ? firefox.openTab() : openTab(this.#chromium);
  }
}
