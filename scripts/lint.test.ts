import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
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
  ["DOMParser", "web/src/parser.ts", "export const p = new DOMParser();", "plugin"],
];

let found: { category: string; path: string }[];

beforeAll(async () => {
  await using tree = await tempTree({
    "biome.json": await readFile(join(root, "biome.json"), "utf8"),
    "scripts/lint/no-html.grit": await readFile(join(root, "scripts/lint/no-html.grit"), "utf8"),
    "web/src/fine.ts":
      "export function show(element: HTMLElement): void {\n  element.textContent = element.title;\n}\n",
    ...Object.fromEntries(plants.map(([, file, source]) => [file, `${source}\n`])),
  });
  const { stdout } = await promisify(execFile)(
    join(root, "node_modules/.bin/biome"),
    ["lint", "--vcs-enabled=false", "--reporter=json", "--max-diagnostics=none", "."],
    { cwd: tree.path },
  ).catch((failure: { stdout: string }) => failure);
  const report: { diagnostics: { category: string; location: { path: string } }[] } = JSON.parse(stdout);
  found = report.diagnostics.map(({ category, location }) => ({ category, path: location.path }));
}, 60_000);

test.each(plants)("%s is refused", (_name, file, _source, rule) => {
  expect(
    found.filter(({ path }) => path === file).map(({ category }) => category.split("/").at(-1)),
  ).toContain(rule);
});

test("plain code passes", () => {
  expect(found.filter(({ path }) => path === "web/src/fine.ts")).toEqual([]);
});
