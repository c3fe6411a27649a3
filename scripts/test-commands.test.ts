import { spawnSync } from "node:child_process";
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

test("every proof whose size is scaled is in some part of test:long", async () => {
  const chosen = Object.values<Part>(LONG_PARTS).flatMap(({ files }) => files);
  const scaled: string[] = [];
  for (const folder of ["core/src", "server", "web/src", "testing", "e2e", "scripts", "bench"]) {
    for (const file of await readdir(join(root, folder), { recursive: true })) {
      if (!/\.(test|contract)\.ts$/.test(file) || /(^|\/)(node_modules|dist)\//.test(file)) continue;
      const path = `${folder}/${file}`;
      if (/import \{[^}]*\} from "[./]+\/(testing\/)?scale\.ts"/.test(readFileSync(join(root, path), "utf8")))
        scaled.push(path);
    }
  }
  expect(scaled.length).toBeGreaterThan(25);
  const isIn = (path: string, part: string) => path === part || path.startsWith(`${part}/`);
  expect(scaled.filter((path) => !chosen.some((part) => isIn(path, part)))).toEqual([]);
});

describe("the commands themselves", () => {
  const start = (script: string, args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [join(root, "scripts", script), ...args], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    });

  test("test:long without a part lists all of them", () => {
    const { status, stdout } = start("test.mjs", ["--long"]);
    expect(status).toBe(0);
    for (const [name, { proves }] of Object.entries<Part>(LONG_PARTS)) {
      expect(stdout).toContain(`  ${name} `);
      expect(stdout).toContain(proves);
    }
  });

  test.each([
    ["a part that nobody knows", ["--long", "no-such-part"], "no-such-part"],
    ["a word that every object knows", ["--long", "constructor"], "constructor"],
    ["a command that nobody knows", ["--everything"], "--everything"],
    ["a part of what has none", ["--wide", "crypto"], "crypto"],
  ])("%s is an error, and nothing runs", (_, args, named) => {
    const { status, stdout, stderr } = start("test.mjs", args);
    expect(status).toBe(1);
    expect(stderr).toContain(named);
    expect(stdout).not.toContain("—");
  });

  test("NULLROOM_SETUP=off installs nothing, and says what is missing and what for", async () => {
    await using empty = await tempTree({});
    const { status, stdout, stderr } = start("setup.mjs", [], { NULLROOM_SETUP: "off", PATH: empty.path });
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("chromium (journeys in Chromium)");
    expect(stderr).toContain("NULLROOM_SETUP=off forbids");
    expect(stderr).toMatch(/sudo apt-get install .*firefox-esr/);
  });
});

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
