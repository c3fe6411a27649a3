import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FRAME_OVERHEAD_BYTES, openFrame, openText, sealFrame, sealText } from "./frames.ts";

const key = await importKey(1);
const another = await importKey(2);

function importKey(fill: number): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", new Uint8Array(32).fill(fill), "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
}

describe("frames", () => {
  test("open undoes seal", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
        const plaintext = new Uint8Array(bytes);
        const frame = await sealFrame(key, plaintext);
        expect(frame.length).toBe(plaintext.length + FRAME_OVERHEAD_BYTES);
        expect(await openFrame(key, frame)).toEqual(plaintext);
      }),
    );
  });

  test("any flipped bit, another key and any shorter frame are refused alike", async () => {
    const frame = await sealFrame(key, new TextEncoder().encode("hello"));
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const flipped = frame.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(openFrame(key, flipped)).rejects.toMatchObject({ code: "E_RECORD_AUTH" });
    }
    for (let length = 0; length < frame.length; length++) {
      await expect(openFrame(key, frame.slice(0, length))).rejects.toMatchObject({ code: "E_RECORD_AUTH" });
    }
    await expect(openFrame(another, frame)).rejects.toMatchObject({ code: "E_RECORD_AUTH" });
  });

  test("texts keep what they are, a leading mark included", async () => {
    for (const text of ["", "grüße 👋", "\uFEFFx", "\u0001{}"]) {
      expect(await openText(key, await sealText(key, text))).toBe(text);
    }
  });

  test("what is no base64, and what is no text, is refused", async () => {
    await expect(openText(key, "not base64!")).rejects.toMatchObject({ code: "E_RECORD_AUTH" });
    const frame = await sealFrame(key, new Uint8Array([0xff, 0xfe]));
    const text = btoa(String.fromCharCode(...frame));
    await expect(openText(key, text)).rejects.toMatchObject({ code: "E_RECORD_UTF8" });
  });
});
