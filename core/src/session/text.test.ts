import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanText, utf8Length } from "./text.ts";

describe("cleanText", () => {
  test("keeps line breaks, tabs, emoji sequences and every script", () => {
    const text = "a\n\tb é 👩‍💻 مرحبا שלום हिन्दी";
    expect(cleanText(text)).toEqual({ text, cleaned: false });
  });

  test("writes every line break as a line feed without calling that cleaning", () => {
    expect(cleanText("a\r\nb\rc\u2028d")).toEqual({ text: "a\nb\nc\nd", cleaned: false });
  });

  test.each([
    ["a terminal sequence", "a\u001b[31mb", "a[31mb"],
    ["a bidi override", "invoice\u202Efdp.exe", "invoicefdp.exe"],
    ["a bidi isolate", "a\u2066b\u2069", "ab"],
    ["a zero-width space", "pay\u200Bpal", "paypal"],
    ["a nul", "a\u0000b", "ab"],
    ["a C1 control", "a\u009bb", "ab"],
    ["half a pair", "a\ud800b", "a\uFFFDb"],
  ])("takes out %s and says so", (_, text, shown) => {
    expect(cleanText(text)).toEqual({ text: shown, cleaned: true });
  });

  test("what it returns needs no second cleaning", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const once = cleanText(text).text;
        expect(cleanText(once)).toEqual({ text: once, cleaned: false });
      }),
    );
  });
});

test("utf8Length is the length of what TextEncoder makes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});
