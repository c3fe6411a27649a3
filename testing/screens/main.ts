import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { CHROMIUM_FLAGS } from "../browsers/chromium-flags.ts";
import type { Scene } from "./scene.ts";
import { SCENES } from "./scenes.ts";
import { serve } from "./site.ts";

/**
 * Photographs every page in every state, and checks each with axe.
 *
 *     npx tsx testing/screens/main.ts FOLDER [part of a scene's name]
 *
 * The exit code is 1 when axe objects, when a page writes to the console, or when something is wider than the screen.
 */
const FORMATS: Record<string, BrowserContextOptions> = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true },
  small: { viewport: { width: 320, height: 568 }, deviceScaleFactor: 2, hasTouch: true },
  tablet: { viewport: { width: 820, height: 1180 } },
  desktop: { viewport: { width: 1360, height: 850 } },
};
const SCHEMES = ["light", "dark"] as const;

const [folder = "screens", only = ""] = process.argv.slice(2);
const formats = (process.env.FORMATS ?? Object.keys(FORMATS).join()).split(",");
const complaints: string[] = [];

await mkdir(folder, { recursive: true });
const dist = await mkdtemp(join(tmpdir(), "nullroom-screens-"));
await buildWithFakeSession(dist);
const site = await serve(dist);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: CHROMIUM_FLAGS,
});
try {
  for (const format of formats) {
    for (const colorScheme of SCHEMES) await photographAll(browser, format, colorScheme);
  }
} finally {
  await browser.close();
  site.close();
  await rm(dist, { recursive: true });
}
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;

async function buildWithFakeSession(outDir: string): Promise<void> {
  const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  await build({
    configFile: at("../../web/vite.config.ts"),
    logLevel: "error",
    resolve: { alias: { "@nullroom/core/session": at("./fake-session.ts") } },
    build: { outDir, emptyOutDir: true },
  });
}

async function photographAll(from: Browser, format: string, colorScheme: "light" | "dark"): Promise<void> {
  const options: BrowserContextOptions = { ...FORMATS[format], colorScheme, reducedMotion: "reduce" };
  for (const scene of SCENES.filter(({ name }) => name.includes(only))) {
    const context = await from.newContext({ ...options, javaScriptEnabled: scene.without !== "script" });
    await context.grantPermissions(["clipboard-write"]);
    const page = await context.newPage();
    const title = `${scene.name}-${format}-${colorScheme}`;
    listen(page, scene, title);
    await photograph(page, scene, title).catch((error) => complaints.push(`${title}: ${error}`));
    await context.close();
  }
}

function listen(page: Page, scene: Scene, title: string): void {
  page.on("console", (message) => {
    // Chromium itself logs the status of an error page.
    if (!scene.name.startsWith("error-")) complaints.push(`${title}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${title}: ${error.message}`));
}

/** Remove the feature that the scene's browser lacks. */
async function impoverish(page: Page, { without }: Scene): Promise<void> {
  if (without === "webrtc")
    await page.addInitScript(() => Reflect.deleteProperty(window, "RTCPeerConnection"));
  if (without === "secure-context") {
    await page.addInitScript(() => Object.defineProperty(window, "isSecureContext", { value: false }));
  }
}

async function photograph(page: Page, scene: Scene, title: string): Promise<void> {
  page.setDefaultTimeout(5_000);
  await impoverish(page, scene);
  await page.goto(site.url + (scene.path ?? ""));
  await scene.show?.(page);
  if (scene.without !== "script") await settled(page);
  await page.screenshot({ path: resolve(folder, `${title}.png`), fullPage: scene.tall ?? false });
  if (scene.without === "script") return; // A page without scripts cannot be checked by scripts.
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (overflow > 0) complaints.push(`${title}: ${overflow} px wider than the screen`);
  for (const id of await askAxe(page)) complaints.push(`${title}: axe: ${id}`);
}

async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle"); // The safety words' symbols load by themselves.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Run axe in the page. It is injected through the debugger, because the page's own policy would refuse it. */
async function askAxe(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id} at ${target.join(" ")}`));
}
