import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
const decisions = readdirSync(join(root, "docs/decisions")).map((name) => `docs/decisions/${name}`);

describe.each([...pages, ...decisions])("%s", (page) => {
  test("links lead somewhere", () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, target]) => target as string,
    );
    expect(links.filter((target) => !existsSync(join(root, page, "..", target)))).toEqual([]);
  });

  test("names files that exist", () => {
    const paths = [...read(page).matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map(([, path]) => path as string);
    // Products of the build come and go; `x/y` names of packages are no files.
    const ours = paths.filter((path) =>
      /^(core|server|web|testing|e2e|scripts|spec|docs|bench|\.ci)\//.test(path),
    );
    const missing = ours.filter((path) => !existsSync(join(root, path)) && !path.includes("dist"));
    expect(missing).toEqual([]);
  });
});

/** Read already, though what they switch on is still to come. */
const NOT_YET = ["NULLROOM_TOKENS_DIR", "NULLROOM_TOKENS_LEDGER", "NULLROOM_TOKENS_TTL_SECONDS"];

test("the README's table of settings is the server's", () => {
  const source = read("server/src/config.ts");
  const known = [...source.matchAll(/\b(?:setting|secret)(?:<[^(]*>)?\(\s*"([A-Z_]+)"/g)].map(
    ([, name]) => name,
  );
  const rows = read("README.md").match(/^\| `[A-Z].*$/gm) ?? [];
  const told = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
  );
  expect(known.length).toBeGreaterThan(10);
  expect([...told, ...NOT_YET].sort()).toEqual(known.sort());
});

test("every dependency has its line of reason", () => {
  const reasons = read("docs/decisions/0009-dependencies.md");
  const named = ["package.json", "core/package.json", "server/package.json", "web/package.json"].flatMap(
    (path) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path));
      return Object.keys({ ...dependencies, ...devDependencies });
    },
  );
  expect(named.filter((name) => !name.startsWith("@nullroom/") && !reasons.includes(`\`${name}\``))).toEqual(
    [],
  );
});
