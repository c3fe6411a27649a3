import fc from "fast-check";
import { expect, test } from "vitest";
import { NullroomError } from "../errors.ts";
import { SET_ENTRIES, SET_PATH_BYTES } from "../limits.ts";
import { safeFileName } from "../session/file-name.ts";
import { fileSet, safePath } from "./file-set.ts";

const paths = (...given: string[]) =>
  fileSet(
    "s",
    given.map((path) => ({ path, size: 1 })),
  ).entries.map((one) => one.path);

test("no path leaves the folder or names a device", () => {
  expect(paths("../../etc/passwd")).toEqual(["_/_/etc/passwd"]);
  expect(paths("/a//b/")).toEqual(["a/b"]);
  expect(paths("C:\\Windows\\x")).toEqual(["C__Windows_x"]);
  expect(paths("a/CON/nul.txt")).toEqual(["a/_CON/_nul.txt"]);
  expect(paths("")).toEqual(["file"]);
});

test("no two files share a path, however case is treated, and none is a folder", () => {
  expect(paths("a.txt", "A.TXT", "a.txt")).toEqual(["a.txt", "A (2).TXT", "a (3).txt"]);
  expect(paths("a", "a/b")).toEqual(["a (2)", "a/b"]);
  expect(paths("a/b", "A")).toEqual(["a/b", "A (2)"]);
  expect(paths("a (2)", "a", "a")).toEqual(["a (2)", "a", "a (3)"]);
  expect(paths("\u00e9", "e\u0301")).toEqual(["\u00e9", "\u00e9 (2)"]);
});

test("what is too long, deep or many is refused, and so is a size that is none", () => {
  expect(() => paths("a/".repeat(17))).toThrow(/E_FILE_NAME/);
  expect(() => paths(["x".repeat(100), "y".repeat(100)].join("/"))).toThrow(/E_FILE_NAME/);
  expect(() => fileSet("s", [])).toThrow(/E_FILE_LIMIT/);
  expect(() => paths(...Array.from({ length: SET_ENTRIES + 1 }, (_, at) => `${at}`))).toThrow(/E_FILE_LIMIT/);
  for (const size of [-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1]) {
    expect(() => fileSet("s", [{ path: "a", size }])).toThrow(/E_FILE_SIZE/);
  }
  const huge = { size: Number.MAX_SAFE_INTEGER };
  expect(() =>
    fileSet("s", [
      { path: "a", ...huge },
      { path: "b", ...huge },
    ]),
  ).toThrow(/E_FILE_SIZE/);
});

test("thousands of equal names cost no square of that", () => {
  const started = performance.now();
  const many = paths(...Array.from({ length: SET_ENTRIES }, () => "same.txt"));
  expect(new Set(many).size).toBe(SET_ENTRIES);
  expect(performance.now() - started).toBeLessThan(3_000);
});

test("any set is safe or refused, and a safe one stays as it is", () => {
  const path = fc.array(
    fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), fc.constantFrom("a", "A", "..", "con")),
    {
      maxLength: 4,
    },
  );
  const given = fc.array(
    path.map((parts) => ({ path: parts.join("/"), size: 3 })),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), given, (name, files) => {
      try {
        const set = fileSet(name, files);
        expect(fileSet(set.name, set.entries)).toEqual(set);
        expect(set.size).toBe(3 * files.length);
        expect(new Set(set.entries.map((entry) => entry.path.toLowerCase())).size).toBe(files.length);
        for (const entry of set.entries) {
          expect(safePath(entry.path)).toBe(entry.path);
          expect(Buffer.byteLength(entry.path)).toBeLessThanOrEqual(SET_PATH_BYTES);
          for (const part of entry.path.split("/")) expect(safeFileName(part)).toBe(part);
        }
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(NullroomError);
      }
    }),
  );
});
