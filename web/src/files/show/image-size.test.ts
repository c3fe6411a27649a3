import fc from "fast-check";
import { expect, test } from "vitest";
import { imageSize } from "./image-size.ts";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));

const PNG = bytes("89504e470d0a1a0a 0000000d 49484452 00000140 000000f0 08060000");
const JPEG = bytes(
  "ffd8 ffe00010 4a46494600010101004800480000 ff ffc2 0011 08 00f0 0140 03012200021101031101",
);
const VP8 = bytes("52494646 10000000 57454250 56503820 00000000 000000 9d012a 4001 f000");
const VP8L = bytes("52494646 10000000 57454250 5650384c 00000000 2f 3fc13b00");
const VP8X = bytes("52494646 10000000 57454250 56503858 0a000000 00000000 3f0100 ef0000");

test.each([
  ["png", PNG, "image/png"],
  ["jpeg", JPEG, "image/jpeg"],
  ["webp, lossy", VP8, "image/webp"],
  ["webp, lossless", VP8L, "image/webp"],
  ["webp, extended", VP8X, "image/webp"],
])("%s: type and size from the first bytes, and nothing from fewer", (_, head, type) => {
  expect(imageSize(head)).toEqual({ type, width: 320, height: 240 });
  for (let length = 0; length < 20; length++) expect(imageSize(head.subarray(0, length))).toBeUndefined();
});

test("other formats are none, whatever they are called", () => {
  for (const text of [
    "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "GIF89a",
    "%PDF-1.7",
    "<!doctype html>",
    "BM",
  ]) {
    expect(imageSize(new TextEncoder().encode(text))).toBeUndefined();
  }
});

test("no bytes make it throw or go round for ever", () => {
  const start = fc.constantFrom(PNG.slice(0, 8), JPEG.slice(0, 2), VP8.slice(0, 12), new Uint8Array());
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, rest) => {
      const size = imageSize(new Uint8Array([...head, ...rest]));
      expect(size === undefined || (size.width >= 0 && size.height >= 0)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
