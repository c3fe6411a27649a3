import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import puppeteer, { type Browser as FirefoxBrowser } from "puppeteer-core";
import { CHROMIUM_FLAGS } from "../../browsers/chromium-flags.ts";
import { freePort } from "../../services/free-port.ts";
import type { Host } from "./host.ts";

type BrowserOptions = {
  /** Origins that count as secure. The lab has no certificates, and without this pages would get no Web Crypto. */
  trusted: readonly string[];
  flags?: readonly string[];
};

/**
 * Start Chromium on a machine of the lab. It is driven from outside through a pipe, which no pulled cable can cut.
 */
export async function chromiumOn(host: Host, { trusted, flags = [] }: BrowserOptions): Promise<Browser> {
  const program = await wrapped(host, process.env.CHROMIUM ?? "/usr/bin/chromium");
  const browser = await chromium.launch({ executablePath: program.path, args: chromiumArgs(trusted, flags) });
  browser.on("disconnected", () => void program.remove());
  return browser;
}

/** Start Firefox on a machine of the lab. It knows no pipe, so that its port on the loopback is reached through a passage. */
export async function firefoxOn(
  host: Host,
  { trusted }: BrowserOptions,
): Promise<AsyncDisposable & { browser: FirefoxBrowser }> {
  const profile = await mkdtemp(join(tmpdir(), "nullroom-firefox-"));
  const port = await freePort(); // The same port on both sides of the passage, since Firefox refuses a Host header with another one.
  await writeFile(join(profile, "user.js"), firefoxPrefs(trusted));
  const firefox = host.start(
    process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    [
      "--headless",
      "--no-remote",
      "--profile",
      profile,
      "--remote-debugging-port",
      String(port),
      "about:blank",
    ],
    { MOZ_DISABLE_CONTENT_SANDBOX: "1" },
  );
  await firefox.said(/WebDriver BiDi listening on ws:/, 60_000);
  await host.reach(port, port);
  const browser = await puppeteer.connect({
    browserWSEndpoint: `ws://127.0.0.1:${port}/session`,
    protocol: "webDriverBiDi",
  });
  return {
    browser,
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await firefox.kill();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

function chromiumArgs(trusted: readonly string[], flags: readonly string[]): string[] {
  return [...CHROMIUM_FLAGS, `--unsafely-treat-insecure-origin-as-secure=${trusted.join(",")}`, ...flags];
}

function firefoxPrefs(trusted: readonly string[]): string {
  const prefs: Record<string, string | boolean | number> = {
    "dom.securecontext.allowlist": trusted.map((origin) => new URL(origin).hostname).join(","),
    "browser.shell.checkDefaultBrowser": false,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": false,
    "app.update.enabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "browser.safebrowsing.downloads.remote.enabled": false,
    "services.settings.server": "http://127.0.0.1:9/",
    "remote.active-protocols": 1,
  };
  return Object.entries(prefs)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join("");
}

/** A program that starts `program` on the machine, since Playwright starts one program. It inherits the pipe. */
async function wrapped(host: Host, program: string): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "nullroom-lab-"));
  const path = join(folder, "browser");
  await writeFile(path, `#!/bin/sh\nexec ${host.inside.join(" ")} ${program} "$@"\n`);
  await chmod(path, 0o755);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
