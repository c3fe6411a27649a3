import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { ChromiumTab } from "../../browsers/chromium.ts";
import { CHROMIUM_FLAGS } from "../../browsers/chromium-flags.ts";
import { Firefox } from "../../browsers/firefox.ts";
import type { Tab } from "../../browsers/tab.ts";
import type { Lab } from "./lab.ts";
import { profileOf } from "./process-tree.ts";

export type LabEngine = "chromium" | "firefox";

/** Another tab of the same browser and origin. */
export type Sibling = Pick<Tab, "evaluate"> & {
  /** End it without a chance to clean up. */
  kill(): Promise<void>;
};

/**
 * A browser whose tabs share one origin's storage on a real disk. The drivers in testing/browsers give each tab a storage
 * of its own instead, which in Chromium lies in memory.
 */
export interface LabBrowser extends AsyncDisposable {
  readonly tab: Tab;
  /** The folder that everything which this browser writes lies in. */
  readonly profile: string;
  sibling(): Promise<Sibling>;
  /** Close the first tab as a person does. The browser goes on as long as it has a sibling. */
  closeTab(): Promise<void>;
  /** Set the origin's quota in bytes, or remove the limit. */
  limit(bytes: number | undefined): Promise<void>;
}

/** @param firefoxPrefs - on top of the usual ones */
export function launchLab(
  engine: LabEngine,
  url: string,
  firefoxPrefs: Record<string, unknown> = {},
): Promise<LabBrowser> {
  return engine === "chromium" ? launchChromium(url) : launchFirefox(url, firefoxPrefs);
}

async function launchChromium(url: string): Promise<LabBrowser> {
  const profile = await mkdtemp(join(tmpdir(), "nullroom-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: CHROMIUM_FLAGS,
  });
  const tab = new ChromiumTab(await context.newPage());
  await tab.goto(url);
  return {
    tab,
    profile,
    sibling: () => chromiumSibling(context, url),
    closeTab: () => tab.page.close({ runBeforeUnload: true }),
    async limit(bytes) {
      const browser = await context.newCDPSession(tab.page);
      const { origin } = new URL(url);
      await browser.send(
        "Storage.overrideQuotaForOrigin",
        bytes === undefined ? { origin } : { origin, quotaSize: bytes },
      );
    },
    async [Symbol.asyncDispose]() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function chromiumSibling(context: BrowserContext, url: string): Promise<Sibling> {
  const tab = new ChromiumTab(await context.newPage());
  await tab.goto(url);
  return {
    evaluate: (task, argument) => tab.evaluate(task, argument),
    async kill() {
      const crashed = new Promise((resolve) => tab.page.once("crash", resolve));
      const session = await context.newCDPSession(tab.page);
      // A crashed page never answers.
      session.send("Page.crash").catch(() => undefined);
      await crashed;
    },
  };
}

async function launchFirefox(url: string, prefs: Record<string, unknown>): Promise<LabBrowser> {
  const firefox = await Firefox.launch(prefs);
  const tab = await firefox.openTab();
  await tab.goto(url);
  return {
    tab,
    profile: await profileOf("--profile"),
    /** Opens in the container of the first tab, so that they share its storage. */
    async sibling() {
      const page = await tab.page.browserContext().newPage();
      await page.goto(url);
      return {
        evaluate: <T, A>(task: (argument: A) => T | Promise<T>, argument: A): Promise<T> =>
          page.evaluate(task as (argument: unknown) => T | Promise<T>, argument),
        kill: () => page.close({ runBeforeUnload: false }),
      };
    },
    closeTab: () => tab.page.close({ runBeforeUnload: true }),
    limit: () => Promise.reject(new Error("Firefox takes its quota only at its start: see the preference")),
    [Symbol.asyncDispose]: () => firefox[Symbol.asyncDispose](),
  };
}

/** Call the lab's function of that name in the page. */
export function ask<Name extends keyof Lab>(
  tab: Pick<Tab, "evaluate">,
  name: Name,
  ...given: Parameters<Lab[Name]>
): Promise<Awaited<ReturnType<Lab[Name]>>> {
  return tab.evaluate(
    (call) => {
      const task = window.lab[call.name] as (...given: unknown[]) => Awaited<ReturnType<Lab[Name]>>;
      return task(...call.given);
    },
    { name, given },
  );
}
