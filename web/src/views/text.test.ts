import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partsOf } from "./text.ts";

const kinds = (text: string) => partsOf(text).map(({ kind, text: shown }) => [kind, shown]);

describe("links", () => {
  test.each(["https://example.org/a?b=c#d", "http://127.0.0.1:3000/", "https://EXAMPLE.org"])(
    "%s is one",
    (link) => {
      expect(kinds(`see ${link}, then`)).toEqual([
        ["text", "see "],
        ["link", link],
        ["text", ", then"],
      ]);
    },
  );

  test.each([
    ["a name that passes for a host", "https://bank.example@evil.example/"],
    ["letters that look alike", "https://ехample.org/"],
    ["a host that the browser rewrites", "https://0x7f.1/"],
    ["another scheme", "javascript:alert(1)"],
    ["no scheme", "example.org"],
  ])("%s stays text", (_why, text) => {
    expect(kinds(text)).toEqual([["text", text]]);
  });
});

describe("code blocks", () => {
  test("stand between fences, which are not shown", () => {
    expect(kinds("login:\n```sh\nuser: a\npass: https://b.example/\n```\nthanks")).toEqual([
      ["text", "login:\n"],
      ["code", "user: a\npass: https://b.example/"],
      ["text", "thanks"],
    ]);
  });

  test.each(["```", "```\n```", "```\nnever closed", "a ``` b ``` c"])("%j is text", (text) => {
    expect(kinds(text)).toEqual([["text", text]]);
  });
});

test("without a fence, not one character is lost or changed", () => {
  const word = fc.constantFrom("https://a.example/b", "http://", " ", "\n", "``", "<b>", "é", "😀", ".", ")");
  const anything = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.array(word).map((words) => words.join("")),
  );
  fc.assert(
    fc.property(anything, (text) => {
      fc.pre(!text.includes("```"));
      expect(
        partsOf(text)
          .map((part) => part.text)
          .join(""),
      ).toBe(text);
    }),
  );
});
