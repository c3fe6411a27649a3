import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChromiumTab, launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { clearPicked, standInForPickers } from "../../testing/browsers/pickers.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { makeFile, receives, saved, sha256 } from "../files.ts";
import { expectClean, meet, say, talk, textOf } from "../people.ts";

const MIB = 1024 * 1024;

/** What people see and do with files, beyond that they arrive. */

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  browser = await launchChromium();
  server = await TestServer.start({ NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(400 * MIB) });
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

test("before a byte moves: name, size, kind, where it goes, and that it can run; declined, nothing comes", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, server);
  expect(await textOf(a, "main")).toContain("Files up to 400 MB");
  await a.choose("Choose file", [await makeFile(20 * MIB, "canary-setup.exe")]);
  await b.find("button", "Accept").waitFor();
  const offer = await textOf(b, '[role="log"]');
  for (const said of ["canary-setup.exe", "20 MB", "EXE", "can run a program", "You choose where"]) {
    expect(offer).toContain(said);
  }
  await until("the wait", async () => /waiting for their answer/.test(await textOf(a, '[role="log"]')));
  await b.click("button", "Decline");
  await until("the answer", async () => /declined/.test(await textOf(a, '[role="log"]')));
  expect(await b.find("progressbar").count()).toBe(0);
  await talk(a, b, "after declining");
  for (const tab of [a, b]) await expectClean(tab, server);
});

test("too large for this browser is said with the honest number, and only declining is left", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, server);
  await b.page.evaluate(() => {
    Object.assign(window, { showSaveFilePicker: undefined });
    navigator.storage.estimate = async () => ({ quota: 0, usage: 0 });
  });
  await a.choose("Choose file", [await makeFile(130 * MIB, "large.bin")]);
  await until("the number", async () => /can take 128 MB/.test(await textOf(b, '[role="log"]')));
  expect(await b.find("button", "Accept").count()).toBe(0);
  await b.click("button", "Decline");
  await until("the answer", async () => /declined/.test(await textOf(a, '[role="log"]')));
});

test("a large file rests when either side pauses, goes on where it was, and arrives whole", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, server);
  await standInForPickers(b);
  const path = await makeFile(48 * MIB, "paused.bin");
  await a.choose("Choose file", [path]);
  await b.click("button", "Accept");
  for (const tab of [a, b]) await until("the title", async () => /Moving/.test(await tab.page.title()));
  for (const who of [a, b]) {
    await who.click("button", "Pause");
    const at = await rests(b);
    expect(at, "it began").toBeGreaterThan(0);
    expect(at, "it is not over").toBeLessThan(1);
    await talk(a, b, `while it rests, ${who === a}`);
    await who.click("button", "Resume");
    await until("it to go on", async () => (await share(b)) > at);
  }
  await receives(b, "paused.bin");
  expect(await sha256(await saved(b, "paused.bin"))).toBe(await sha256(path));
  await until("the sender's word", async () => /delivered/.test(await textOf(a, '[role="log"]')));
  await until("the usual title", async () => (await b.page.title()) === "nullroom");
  await clearPicked(b);
  for (const tab of [a, b]) await expectClean(tab, server);
});

test("a large file that is kept is said to be made ready while it is saved", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, server);
  await b.page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }));
  const path = await makeFile(17 * MIB, "kept.bin");
  await a.choose("Choose file", [path]);
  await until("where it goes", async () => /Kept encrypted/.test(await textOf(b, '[role="log"]')));
  await b.click("button", "Accept");
  await receives(b, "kept.bin");
  await b.page.evaluate(noteLines);
  expect(await sha256(await saved(b, "kept.bin"))).toBe(await sha256(path));
  await until("the usual line", async () => /Save it before/.test(await textOf(b, '[role="log"]')));
  expect(await b.page.evaluate(() => window.lines)).toContain("17 MB, getting it ready to save…");
  await expectClean(a, server);
});

test("a text too long for a message goes as a file; a pasted image is offered; a picture is shown on request", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, server);
  const text = "Every word of it. ".repeat(1_000);
  await a.fill("Message", text);
  await a.click("button", "Send it as a file");
  await until("an empty box", async () => (await a.find("textbox", "Message").inputValue()) === "");
  await receives(b, "text.txt");
  expect(await sha256(await saved(b, "text.txt"))).toBe(
    await sha256(await makeFile(Buffer.from(text), "expected.txt")),
  );

  await pasteImage(a);
  await receives(b, "image.png");
  await b.click("button", "Show picture");
  await b.page.locator("canvas").waitFor();
  expect(
    await b.page.locator("canvas").evaluate((canvas: HTMLCanvasElement) => [canvas.width, canvas.height]),
  ).toEqual([30, 20]);
  await say(a, "seen?");
  for (const tab of [a, b]) await expectClean(tab, server);
});

declare global {
  interface Window {
    lines?: string[];
  }
}

/** What the line of the last file says from now on. */
function noteLines(): void {
  const lines: string[] = [];
  window.lines = lines;
  const line = [...document.querySelectorAll(".file > .file-line")].at(-1);
  if (line) {
    new MutationObserver(() => lines.push(line.textContent ?? "")).observe(line, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  }
}

/** Paste as a screenshot is pasted: an image and no words. */
function pasteImage(tab: ChromiumTab): Promise<void> {
  return tab.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(30, 20);
    canvas.getContext("2d")?.fillRect(0, 0, 10, 10);
    const data = new DataTransfer();
    data.items.add(new File([await canvas.convertToBlob()], "image.png", { type: "image/png" }));
    const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    document.querySelector("#message")?.dispatchEvent(event);
  });
}

function share(tab: ChromiumTab): Promise<number> {
  return tab.page.evaluate(() => document.querySelector("progress")?.value ?? 0);
}

/** @returns how far it is once nothing moves any more */
async function rests(tab: ChromiumTab): Promise<number> {
  let last = -1;
  let since = performance.now();
  return until("it to rest", async () => {
    const now = await share(tab);
    if (now !== last) [last, since] = [now, performance.now()];
    return performance.now() - since > 1_500 && now > 0 ? now : undefined;
  });
}
