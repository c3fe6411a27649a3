import type { Browser } from "playwright-core";
import { launchChromium, openTab } from "../testing/browsers/chromium.ts";
import { Firefox } from "../testing/browsers/firefox.ts";
import type { Tab } from "../testing/browsers/tab.ts";

export type Engine = "chromium" | "firefox";

/** Who makes the room, and who opens the link. */
export const PAIRINGS: readonly (readonly [Engine, Engine])[] = [
  ["chromium", "chromium"],
  ["chromium", "firefox"],
  ["firefox", "chromium"],
];

type BrowsersOptions = {
  /** On top of the usual ones. */
  chromiumFlags?: readonly string[];
  firefoxPrefs?: Record<string, unknown>;
};

/** The browsers of one test file, started when first asked for. */
export class Browsers implements AsyncDisposable {
  readonly #options: BrowsersOptions;
  #chromium: Promise<Browser> | undefined;
  #firefox: Promise<Firefox> | undefined;

  constructor(options: BrowsersOptions = {}) {
    this.#options = options;
  }

  async open(engine: Engine): Promise<Tab> {
    if (engine === "firefox") {
      this.#firefox ??= Firefox.launch(this.#options.firefoxPrefs);
      return (await this.#firefox).openTab();
    }
    this.#chromium ??= launchChromium(this.#options.chromiumFlags);
    return openTab(await this.#chromium);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#chromium)?.close();
    await (await this.#firefox)?.[Symbol.asyncDispose]();
  }
}
