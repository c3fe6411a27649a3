import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Browser, type ElementHandle, type KeyInput, type Page } from "puppeteer-core";
import { until } from "../until.ts";
import { againInNewDocument, type Role, type Tab, type TabRecord } from "./tab.ts";

/** The name of an unfinished download: eight characters of Firefox's own, which it replaces at the end. */
const UNFINISHED = /^[\w-]{8}\.\w+$/;

/** Debian's Firefox ESR, headless, over WebDriver BiDi. */
export class Firefox implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #downloads: string;

  private constructor(browser: Browser, downloads: string) {
    this.#browser = browser;
    this.#downloads = downloads;
  }

  static async launch(prefs: Record<string, unknown> = {}): Promise<Firefox> {
    const downloads = await mkdtemp(join(tmpdir(), "nullroom-saved-"));
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
      extraPrefsFirefox: {
        // Names in place of addresses need multicast, which busy machines drop. Chromium goes on using them.
        "media.peerconnection.ice.obfuscate_host_addresses": false,
        "browser.download.folderList": 2,
        "browser.download.dir": downloads,
        "browser.download.always_ask_before_handling_new_types": false,
        ...prefs,
      },
    });
    return new Firefox(browser, downloads);
  }

  /** Open a tab that shares nothing with other tabs but the browser. */
  async openTab(): Promise<FirefoxTab> {
    const context = await this.#browser.createBrowserContext();
    return new FirefoxTab(await context.newPage(), this.#downloads);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await rm(this.#downloads, { recursive: true, force: true });
  }
}

export class FirefoxTab implements Tab {
  readonly page: Page;
  readonly record: TabRecord = { complaints: [], requests: [] };
  readonly #downloads: string;

  constructor(page: Page, downloads: string) {
    this.page = page;
    this.#downloads = downloads;
    const { complaints, requests } = this.record;
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  async back(): Promise<void> {
    await this.page.goBack();
  }

  async address(): Promise<string> {
    return this.page.url();
  }

  async click(role: Role, name: string | RegExp, within?: Role): Promise<void> {
    const element = await until(`${role} ${name}`, () => this.#usable(role, name, within));
    await element.click();
  }

  async fill(name: string, text: string): Promise<void> {
    const element = await until(`textbox ${name}`, () => this.#usable("textbox", name));
    await element.click({ count: 3 });
    await element.type(text);
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key as KeyInput);
  }

  async choose(label: string, paths: readonly string[]): Promise<void> {
    const input = await until(`input ${label}`, async () => {
      const handle = await this.page.evaluateHandle(
        (text) =>
          [...document.querySelectorAll<HTMLInputElement>("input[type=file]")].find(
            (candidate) =>
              candidate.ariaLabel === text ||
              [...(candidate.labels ?? [])].some((found) => found.textContent?.trim() === text),
          ),
        label,
      );
      return (handle.asElement() ?? undefined) as ElementHandle<HTMLInputElement> | undefined;
    });
    await input.uploadFile(...paths);
  }

  async save(fileName: string, ms?: number): Promise<string> {
    const before = new Set(await readdir(this.#downloads));
    const pattern = new RegExp(fileName.replace(/[^\w]/g, "\\$&"));
    const saver = await until(
      `what saves ${fileName}`,
      async () =>
        (await this.#usable("link", pattern, "log")) ?? (await this.#usable("button", pattern, "log")),
    );
    await saver.click();
    const landed = async () => {
      const files = await readdir(this.#downloads);
      if (files.some((file) => file.endsWith(".part"))) return undefined;
      const [stem = ""] = fileName.split(".");
      const isNamed = (file: string) => file.startsWith(stem) || !UNFINISHED.test(file);
      const fresh = files.find((file) => !before.has(file) && isNamed(file));
      return fresh === undefined ? undefined : join(this.#downloads, fresh);
    };
    return until("the download", landed, ms);
  }

  evaluate<T, A>(task: (argument: A) => T | Promise<T>, argument: A): Promise<T> {
    const run = () => this.page.evaluate(task as (argument: unknown) => T | Promise<T>, argument);
    return run().catch((error) => againInNewDocument(error, run));
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path: path as `${string}.png`, fullPage: true });
  }

  close(): Promise<void> {
    return this.page.browserContext().close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The element with this role and name, once it is visible and enabled. */
  async #usable(role: Role, name: string | RegExp, within?: Role): Promise<ElementHandle | undefined> {
    const scope = within === undefined ? "" : `::-p-aria([role="${within}"]) >>> `;
    const named = typeof name === "string" ? `[name="${name}"]` : "";
    for (const element of await this.page.$$(`${scope}::-p-aria([role="${role}"]${named})`)) {
      const fits = await element.evaluate(
        (node, source) =>
          node instanceof HTMLElement &&
          node.checkVisibility({ visibilityProperty: true }) &&
          !node.matches(":disabled") &&
          (source === undefined || new RegExp(source).test(node.ariaLabel ?? node.textContent ?? "")),
        typeof name === "string" ? undefined : name.source,
      );
      if (fits) return element;
    }
    return undefined;
  }
}
