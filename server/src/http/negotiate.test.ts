import { expect, test } from "vitest";
import { pickEncoding, prefersJson, wantsPage } from "./negotiate.ts";

const CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ["", false],
  ["*/*", false],
  ["application/json", true],
  ["application/json, text/plain, */*", true],
  ["Application/JSON; charset=utf-8", true],
  [CHROMIUM, false],
  ["text/html, application/json", false],
  ["text/html;q=0.8, application/json", true],
  ["text/html, application/json;q=0.9", false],
  ["application/json;q=0, */*", false],
  ["application/*", true],
])("Accept %s prefers JSON: %s", (accept, expected) => {
  expect(prefersJson(accept)).toBe(expected);
});

test.each<[string, string | undefined, boolean]>([
  ["GET", CHROMIUM, true],
  ["HEAD", CHROMIUM, true],
  ["POST", CHROMIUM, false],
  ["GET", "*/*", false],
  ["GET", undefined, false],
  ["GET", "application/json", false],
])("%s with Accept %s wants a page: %s", (method, accept, expected) => {
  expect(wantsPage(method, accept)).toBe(expected);
});

test.each<[string | undefined, string]>([
  [undefined, "identity"],
  ["gzip, deflate, br, zstd", "br"],
  ["gzip", "gzip"],
  ["br;q=0, gzip;q=0.5", "gzip"],
  ["br;q=0.0", "identity"],
  ["identity", "identity"],
])("Accept-Encoding %s gets %s", (header, expected) => {
  expect(pickEncoding(header)).toBe(expected);
});
