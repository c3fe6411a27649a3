import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tab } from "../../testing/browsers/tab.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { Browsers } from "../browsers.ts";
import { expectClean, isToldOfTheEnd, meet, talk, textOf } from "../people.ts";

const browsers = new Browsers();
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(async () => {
  await browsers[Symbol.asyncDispose]();
  await server.stop();
});

async function words(tab: Tab): Promise<string[]> {
  return (await textOf(tab, ".word")).split("\n").map((word) => word.trim());
}

function hasVerdict(tab: Tab, verdict: RegExp): Promise<boolean> {
  return until(`${verdict}`, async () => verdict.test(await textOf(tab, "summary")));
}

test("both see the same five; each hears what the other says of them, and one no ends it for both", async () => {
  await using a = await browsers.open("chromium");
  await using b = await browsers.open("firefox");
  await meet(a, b, server);
  expect(await words(a)).toHaveLength(5);
  expect(await words(b)).toEqual(await words(a));

  await a.click("button", "They match");
  await hasVerdict(a, /You said that they match/);
  await hasVerdict(b, /The other person says that they match/);
  // That it folds away what has been compared must not lose the keyboard's place.
  expect(await a.evaluate(() => document.activeElement?.localName, undefined)).toBe("summary");
  await talk(a, b, "after comparing");

  await b.click("button", "They don’t match");
  await isToldOfTheEnd(a);
  expect(await textOf(a, '[role="alertdialog"]')).toContain("did not match");
  await isToldOfTheEnd(b);
  for (const tab of [a, b]) await expectClean(tab, server);
});

test("where both say that they match, both are told so", async () => {
  await using a = await browsers.open("chromium");
  await using b = await browsers.open("chromium");
  await meet(a, b, server);
  for (const tab of [a, b]) await tab.click("button", "They match");
  for (const tab of [a, b]) await hasVerdict(tab, /Both of you said that they match/);
});
