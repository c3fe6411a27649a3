import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { CHROMIUM_FLAGS } from "./chromium-flags.ts";
import { againInNewDocument, type Role, type Tab, type TabRecord } from "./tab.ts";

/**
 * Start Debian's Chromium, headless. `flags` come on top of the usual ones. With `keepsPages` a page that is left stays in
 * memory for the way back, as it does in people's browsers, though not by the driver's default.
 */
export function launchChromium(
  flags: readonly string[] = [],
  { keepsPages = false }: { keepsPages?: boolean } = {},
): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...CHROMIUM_FLAGS, ...flags],
    ignoreDefaultArgs: keepsPages ? ["--disable-back-forward-cache"] : false,
  });
}

/** Open a tab that shares nothing with other tabs but the browser's process. */
export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<ChromiumTab> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  return new ChromiumTab(await context.newPage());
}

/** Kill the process behind a tab, so that the page cannot send anything before it ends. */
export async function crash({ page }: ChromiumTab): Promise<void> {
  const crashed = page.waitForEvent("crash");
  // The navigation never ends, so that it is not awaited.
  page.goto("chrome://crash").catch(() => undefined); // because a page that crashes rejects its navigation.
  await crashed;
}

export class ChromiumTab implements Tab {
  readonly page: Page;
  readonly record: TabRecord = { complaints: [], requests: [] };

  constructor(page: Page) {
    this.page = page;
    const { complaints, requests } = this.record;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    page.on("websocket", (socket) => requests.push(socket.url()));
  }

  /** A locator, for what only Playwright can ask. */
  find(role: Role, name?: string | RegExp, within?: Role): Locator {
    const scope = within === undefined ? this.page : this.page.getByRole(within);
    if (name === undefined) return scope.getByRole(role);
    return scope.getByRole(role, typeof name === "string" ? { name, exact: true } : { name });
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

  click(role: Role, name: string | RegExp, within?: Role): Promise<void> {
    return this.find(role, name, within).click();
  }

  fill(name: string, text: string): Promise<void> {
    return this.find("textbox", name).fill(text);
  }

  press(key: string): Promise<void> {
    return this.page.keyboard.press(key);
  }

  choose(label: string, paths: readonly string[]): Promise<void> {
    return this.page.getByLabel(label, { exact: true }).setInputFiles([...paths]);
  }

  async save(fileName: string, ms = 30_000): Promise<string> {
    const log = this.page.getByRole("log");
    const saver = log.getByRole("link", { name: fileName }).or(log.getByRole("button", { name: fileName }));
    const [download] = await Promise.all([
      this.page.waitForEvent("download", { timeout: ms }),
      saver.click(),
    ]);
    const path = join(tmpdir(), `nullroom-${process.pid}-${Math.random().toString(36).slice(2)}`);
    await download.saveAs(path);
    return path;
  }

  evaluate<T, A>(task: (argument: A) => T | Promise<T>, argument: A): Promise<T> {
    // Playwright's own types spell out what may be serialised; ours leave that to the caller.
    const run = () => this.page.evaluate(task as (argument: unknown) => T | Promise<T>, argument);
    return run().catch((error) => againInNewDocument(error, run));
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path, fullPage: true });
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
