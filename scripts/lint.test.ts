import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { tempTree } from "../testing/temp-tree.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What must never ship, one line each, and the rule that must say so. */
const plants: [name: string, file: string, source: string, rule: string][] = [
  ["chat to a log", "server/src/console.ts", 'console.log("hello");', "noConsole"],
  ["a forgotten promise", "core/src/floating.ts", "const f = async () => 1;\nf();", "noFloatingPromises"],
  ["any", "core/src/any.ts", "export const a: any = 1;", "noExplicitAny"],
  ["an empty catch", "core/src/catch.ts", "try {\n  JSON.parse(text);\n} catch {}", "noEmptyBlockStatements"],
  ["the DOM in core", "core/src/dom.ts", "export const t = document.title;", "noRestrictedGlobals"],
  ["Node in core", "core/src/node.ts", "export const e = process.env;", "noRestrictedGlobals"],
  ["web storage", "web/src/storage.ts", 'localStorage.setItem("a", "b");', "noRestrictedGlobals"],
  ["a cookie", "web/src/cookie.ts", 'document.cookie = "a=b";', "noDocumentCookie"],
  ["innerHTML", "web/src/inner.ts", "element.innerHTML = text;", "plugin"],
  ["outerHTML", "web/src/outer.ts", "element.outerHTML = text;", "plugin"],
  ["insertAdjacentHTML", "web/src/adjacent.ts", 'element.insertAdjacentHTML("beforeend", text);', "plugin"],
  ["document.write", "web/src/write.ts", "document.write(text);", "plugin"],
  ["vi.mock", "core/src/mock.test.ts", 'vi.mock("./any.ts");', "plugin"],
  ["vi.mock, with a factory", "web/src/factory.test.ts", 'vi.mock("./any.ts", () => ({ a: 1 }));', "plugin"],
  [
    "vi.mock of an import",
    "server/src/import.test.ts",
    'vi.mock(import("./any.ts"), { spy: true });',
    "plugin",
  ],
  ["vi.doMock", "testing/do-mock.test.ts", 'vi.doMock("./any.ts");', "plugin"],
  ["vi.hoisted", "e2e/hoisted.test.ts", "const a = vi.hoisted(() => 1);\nexport { a };", "plugin"],
  ["vi.importMock", "bench/import-mock.ts", 'export const a = vi.importMock("./any.ts");', "plugin"],
  ["vi.importActual", "core/src/actual.test.ts", 'export const a = vi.importActual("./any.ts");', "plugin"],
  ["vitest.mock", "scripts/vitest.test.ts", 'vitest.mock("./any.ts");', "plugin"],
  ["DOMParser", "web/src/parser.ts", "export const p = new DOMParser();", "plugin"],
];

/** Of our own making, and all of them in force. */
const plugins = ["scripts/lint/no-html.grit", "scripts/lint/no-module-mock.grit"];

function read(path: string): Promise<string> {
  return readFile(join(root, path), "utf8");
}

type Diagnostic = { severity: string; category: string; location: { path: string } };

let found: { category: string; path: string }[];

beforeAll(async () => {
  await using tree = await tempTree({
    "biome.json": await read("biome.json"),
    ...Object.fromEntries(await Promise.all(plugins.map(async (path) => [path, await read(path)]))),
    "web/src/fine.ts":
      "export function show(element: HTMLElement): void {\n  element.textContent = element.title;\n}\n",
    "core/src/fine.test.ts":
      'vi.spyOn(crypto.subtle, "sign").mockReset();\nvi.fn().mockReturnValue(1);\nnavi.mock("a");\n',
    ...Object.fromEntries(plants.map(([, file, source]) => [file, `${source}\n`])),
  });
  const { stdout } = await promisify(execFile)(
    join(root, "node_modules/.bin/biome"),
    ["lint", "--vcs-enabled=false", "--reporter=json", "--max-diagnostics=none", "."],
    { cwd: tree.path },
  ).catch((failure: { stdout: string }) => failure);
  const report: { diagnostics: Diagnostic[] } = JSON.parse(stdout);
  // A plugin that cannot be read is no more than an information, and must not count as one that refuses.
  found = report.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ category, location }) => ({ category, path: location.path }));
}, 60_000);

test.each(plants)("%s is refused", (_name, file, _source, rule) => {
  expect(
    found.filter(({ path }) => path === file).map(({ category }) => category.split("/").at(-1)),
  ).toContain(rule);
});

test.each(["web/src/fine.ts", "core/src/fine.test.ts"])("plain code passes: %s", (file) => {
  expect(found.filter(({ path }) => path === file)).toEqual([]);
});

test("every plugin of scripts/lint is in force, and has its plants", async () => {
  const inFolder = (await readdir(join(root, "scripts/lint"))).map((name) => `scripts/lint/${name}`);
  expect(inFolder.toSorted()).toEqual(plugins);
  expect(JSON.parse(await read("biome.json")).plugins.toSorted()).toEqual(plugins.map((path) => `./${path}`));
});

test("CONTRIBUTING names the limits that the linter enforces", async () => {
  const { complexity, style } = JSON.parse(await read("biome.json")).linter.rules;
  const { maxLines: ofFile } = style.noExcessiveLinesPerFile.options;
  const { maxLines: ofFunction } = complexity.noExcessiveLinesPerFunction.options;
  const contributing = (await read("CONTRIBUTING.md")).replaceAll(/\s+/g, " ");
  expect(contributing).toContain(`Files up to ${ofFile} lines, functions up to ${ofFunction}`);
});
