import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tempTree } from "../testing/temp-tree.ts";
import { LONG_PARTS } from "./long-parts.mjs";
import { addUp, readReport } from "./tally.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

type Part = { proves: string; project: string; files: string[]; pattern?: string };

describe.each(Object.entries<Part>(LONG_PARTS))(
  "the part %s of test:long",
  (_, { project, files, pattern }) => {
    test("names files that exist, in the project that runs them", () => {
      expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
      const home = project === "unit" ? /^(core|server|testing)/ : new RegExp(`^e2e/${project}/`);
      expect(files.filter((file) => !home.test(file))).toEqual([]);
    });

    test("chooses tests that exist", () => {
      if (pattern === undefined) return;
      // Some names are put together from tables elsewhere, so each alternative has to stand in some file of the tests.
      const sources = [...files, "testing/labs/room-lab/interruptions.ts"].map((file) =>
        readFileSync(join(root, file), "utf8"),
      );
      const words = pattern.split("|").map((word) => word.replace(/, at$/, ""));
      expect(words.filter((word) => !sources.some((source) => source.includes(word)))).toEqual([]);
    });
  },
);

test("every file with journeys or proofs in browsers is in one of the two folders", async () => {
  const files = await readdir(join(root, "e2e"), { recursive: true });
  const tests = files.filter((file) => file.endsWith(".test.ts"));
  expect(tests.length).toBeGreaterThan(20);
  expect(tests.filter((file) => !/^(journeys|wide)\//.test(file))).toEqual([]);
});

describe("the count", () => {
  const report = (...statuses: string[]) =>
    JSON.stringify({
      testResults: [
        { name: "a.test.ts", assertionResults: statuses.map((status) => ({ status, fullName: status })) },
      ],
    });

  test.each([
    ["what passed and failed", ["passed", "passed", "failed"], false, { passed: 2, failed: 1 }],
    ["a skipped test as failed", ["passed", "skipped"], false, { passed: 1, failed: 1 }],
    ["only what was asked for", ["passed", "skipped"], true, { passed: 1, failed: 0 }],
    ["no test at all as failed", ["skipped"], true, { passed: 0, failed: 1 }],
  ])("counts %s", async (_, statuses, isSelection, expected) => {
    await using tree = await tempTree({ "report.json": report(...statuses) });
    expect(await readReport(join(tree.path, "report.json"), isSelection)).toMatchObject(expected);
  });

  test("a run that left no report has failed", async () => {
    expect(await readReport(join(root, "no-such-report.json"), false)).toMatchObject({
      passed: 0,
      failed: 1,
    });
  });

  test("a command that came to no end has failed", async () => {
    expect(await addUp(["never-run"])).toMatchObject({ passed: 0, failed: 1 });
  });
});
