import { readdir, readFile } from "node:fs/promises";
import puppeteer, { type Browser } from "puppeteer-core";
import { ChromiumTab } from "../../browsers/chromium.ts";
import { FirefoxTab } from "../../browsers/firefox.ts";
import { until } from "../../until.ts";
import { Profile } from "./profile.ts";

/** A browser whose profile stays on the disk after it has ended, so that a test can search what it kept. */
export type KeptBrowser = AsyncDisposable & {
  readonly profile: Profile;
  openTab(): Promise<ChromiumTab | FirefoxTab>;
  close(): Promise<void>;
  /** End it as a crash or an empty battery does. */
  kill(): Promise<void>;
};

export async function openKeptBrowser(engine: "chromium" | "firefox"): Promise<KeptBrowser> {
  const profile = await Profile.create();
  return engine === "chromium" ? openChromium(profile) : openFirefox(profile);
}

async function openChromium(profile: Profile): Promise<KeptBrowser> {
  const context = await profile.open();
  let isOpen = true;
  const gone = new Promise<void>((resolve) => {
    context.on("close", () => {
      isOpen = false;
      resolve();
    });
  });
  return {
    profile,
    openTab: async () => new ChromiumTab(await context.newPage()),
    close: () => context.close(),
    kill: async () => {
      await Promise.all([killProcessesNaming(profile.folder), gone]);
    },
    [Symbol.asyncDispose]: async () => {
      if (isOpen) await context.close();
      await profile[Symbol.asyncDispose]();
    },
  };
}

async function openFirefox(profile: Profile): Promise<KeptBrowser> {
  const browser: Browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    userDataDir: profile.folder,
    extraPrefsFirefox: {
      "media.peerconnection.ice.obfuscate_host_addresses": false,
      // The defaults that people have: the driver's own settings keep no list of open tabs.
      "browser.sessionstore.resume_from_crash": true,
      "browser.sessionstore.interval": 1_000,
    },
  });
  return {
    profile,
    openTab: async () => new FirefoxTab(await browser.newPage(), profile.folder),
    close: () => browser.close(),
    kill: async () => {
      await killProcessesNaming(profile.folder);
      await browser.close();
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await profile[Symbol.asyncDispose]();
    },
  };
}

/** Kill the processes whose command line names this folder: a browser and what it started, and nothing else. */
async function killProcessesNaming(folder: string): Promise<void> {
  for (const pid of await processesNaming(folder)) process.kill(pid, "SIGKILL");
  await until("the browser to be gone", async () => (await processesNaming(folder)).length === 0);
}

async function processesNaming(folder: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const named = await Promise.all(pids.map(async (pid) => ({ pid, line: await commandLine(pid) })));
  return named.filter(({ line }) => line.includes(folder)).map(({ pid }) => pid);
}

function commandLine(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""); // because the process may have ended meanwhile.
}
