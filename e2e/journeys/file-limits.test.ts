import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { standInForPickers } from "../../testing/browsers/pickers.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { handOver, makeFile, receives, sha256 } from "../files.ts";
import { expectClean, meet, state, talk, textOf } from "../people.ts";

const LIMIT = 300_000;

let browser: Browser;
let server: TestServer;

beforeAll(async () => {
  browser = await launchChromium();
  server = await TestServer.start({ NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(LIMIT) });
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

test("the limit itself passes; one byte more is refused in words, and the talk goes on", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, server);
  const whole = await makeFile(LIMIT, "exactly.bin");
  expect(await sha256(await handOver(a, b, whole))).toBe(await sha256(whole));

  await a.choose("Choose file", [await makeFile(LIMIT + 1, "too-large.bin")]);
  await until("the refusal", async () =>
    /larger than this room allows \(292 KB\)/.test(await textOf(a, "main")),
  );
  await talk(a, b, "after the refusal");
  expect(await textOf(b, "main")).not.toContain("too-large.bin");
  for (const tab of [a, b]) await expectClean(tab, server);
});

test("a dropped file is handed over", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, server);
  await a.page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["dropped here"], "dropped.txt", { type: "text/plain" }));
    const target = document.querySelector("main");
    for (const type of ["dragenter", "dragover", "drop"]) {
      target?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  });
  await receives(b, "dropped.txt");
});

test("names that would harm the receiver's system arrive harmless", async () => {
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, server);
  await a.page
    .getByLabel("Choose file", { exact: true })
    .setInputFiles([
      { name: "<img src=x onerror=alert(1)>.txt", mimeType: "text/html", buffer: Buffer.from("1") },
    ]);
  await until("a file", () =>
    b.page.evaluate(() => document.querySelector('[role="log"]')?.textContent?.includes(".txt")),
  );
  expect(await b.page.locator('[role="log"] img[src="x"]').count()).toBe(0);
  await expectClean(b, server);
});

test("a large file can be cancelled on either side, and the next one passes", async () => {
  await using roomy = await TestServer.start({
    NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(300 * 1024 * 1024),
  });
  await using a = await openTab(browser);
  await using b = await openTab(browser);
  await meet(a, b, roomy);
  await standInForPickers(b);
  for (const who of [a, b]) {
    await a.choose("Choose file", [await makeFile(200 * 1024 * 1024, "cancelled.bin")]);
    await b
      .find("button", /Accept|Cancel/)
      .first()
      .waitFor();
    if (await b.find("button", "Accept").isVisible()) await b.click("button", "Accept");
    await who.find("button", "Cancel").first().click();
    await until("the sender's word for it", async () => /cancel/i.test(await textOf(a, '[role="log"]')));
    expect([await state(a), await state(b)]).toEqual(["secure", "secure"]);
    await talk(a, b, `after cancelling, ${who === a}`);
  }
  const next = await makeFile(1000, "next.bin");
  expect(await sha256(await handOver(a, b, next))).toBe(await sha256(next));
});
