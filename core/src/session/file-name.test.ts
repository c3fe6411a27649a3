import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import { FILE_NAME_BYTES, safeFileName, safeMimeType, UNKNOWN_TYPE } from "./file-name.ts";
import { utf8Length } from "./text.ts";

describe("safeFileName", () => {
  test.each([
    ["report.pdf", "report.pdf"],
    ["Überweisung – März.ods", "Überweisung – März.ods"],
    ["../../etc/passwd", "__.._etc_passwd"],
    ["C:\\Windows\\x.dll", "C__Windows_x.dll"],
    [".bashrc", "_bashrc"],
    ["...", "_"],
    ["", "file"],
    ["  \u202E ", "file"],
    ["photo\u202Egpj.exe", "photogpj.exe"],
    ["a\u0000b\u001b[2J.txt", "ab[2J.txt"],
    ["trailing. . ", "trailing"],
    ["NUL", "_NUL"],
    ["con.txt", "_con.txt"],
    ["COM1 .log", "_COM1 .log"],
    ["lpt\u00B9", "_lpt\u00B9"],
    ["console.txt", "console.txt"],
    ["harmless.png                         .exe", "harmless.png .exe"],
    ["e\u0301.txt", "\u00E9.txt"],
    ["e\u200B\u0301.txt", "\u00E9.txt"],
    ["a \u0000 b.txt", "a b.txt"],
  ])("%j becomes %j", (given, safe) => {
    expect(safeFileName(given)).toBe(safe);
  });

  test("a long name keeps its extension and whole characters", () => {
    const safe = safeFileName(`${"🙂".repeat(100)}.tar`);
    expect(utf8Length(safe)).toBeLessThanOrEqual(FILE_NAME_BYTES);
    expect(safe).toMatch(/^🙂+\.tar$/u);
  });

  test("whatever is given: never empty, within bounds, no separator, no control, and stable", () => {
    const hostile = fc.string({
      unit: fc.oneof(
        fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
        fc.constantFrom(..."./\\ :con\u202E"),
      ),
      maxLength: 300,
    });
    fc.assert(
      fc.property(hostile, (name) => {
        const safe = safeFileName(name);
        expect(safe).not.toBe("");
        expect(utf8Length(safe)).toBeLessThanOrEqual(FILE_NAME_BYTES);
        expect(safe).not.toMatch(/[\\/:*?"<>|\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/u);
        expect(safe).not.toMatch(/^[. ]|[. ]$/);
        expect(safe.normalize("NFC")).toBe(safe);
        expect(safeFileName(safe)).toBe(safe);
      }),
      { numRuns: scaled(100_000, 1_000) },
    );
  });
});

test.each([
  ["image/png", "image/png"],
  ["TEXT/PLAIN; charset=utf-8", "text/plain"],
  ["text/html", UNKNOWN_TYPE],
  ["image/svg+xml", UNKNOWN_TYPE],
  ["", UNKNOWN_TYPE],
  ["x".repeat(1000), UNKNOWN_TYPE],
])("type %j becomes %j", (given, safe) => {
  expect(safeMimeType(given)).toBe(safe);
});
