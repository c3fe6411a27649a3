import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Whoever changes one part of protocol 2 follows at most this many of them down to the one that knows no other. */
const LONGEST_CHAIN = 8;

const V2 = "core/src/session/v2/";

type Module = { source: string; dependencies: { resolved: string }[] };

/** Each part of protocol 2, a folder or a file that lies directly in it, and the parts that it imports. */
let parts: Map<string, Set<string>>;

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs"),
      ...["--no-config", "--ts-pre-compilation-deps", "--output-type", "json", V2],
    ],
    { cwd: root, maxBuffer: 64 * 1024 * 1024 },
  );
  const { modules }: { modules: Module[] } = JSON.parse(stdout);
  parts = new Map();
  for (const { source, dependencies } of modules) {
    if (!source.startsWith(V2) || source.endsWith(".test.ts")) continue;
    const own = partOf(source);
    const known = parts.get(own) ?? new Set();
    for (const { resolved } of dependencies) {
      if (resolved.startsWith(V2) && partOf(resolved) !== own) known.add(partOf(resolved));
    }
    parts.set(own, known);
  }
}, 60_000);

function partOf(path: string): string {
  return path.slice(V2.length).split("/")[0] ?? "";
}

/** The longest chain of imports that begins at a part. @throws where it leads back to one of `above` */
function longestFrom(part: string, above: readonly string[] = []): string[] {
  if (above.includes(part)) throw new Error(`a cycle: ${[...above, part].join(" → ")}`);
  const chains = [...(parts.get(part) ?? [])].map((known) => longestFrom(known, [...above, part]));
  return [part, ...chains.reduce((longest, chain) => (chain.length > longest.length ? chain : longest), [])];
}

test("the parts of protocol 2 are found, with what they import", () => {
  expect([...parts.keys()]).toEqual(expect.arrayContaining(["connect", "engine", "files", "v2-session.ts"]));
  expect(parts.get("files")).toContain("connect");
});

test("they import each other in no cycle, and in no chain that is longer than eight", () => {
  for (const part of parts.keys()) {
    const chain = longestFrom(part);
    expect(chain.length, chain.join(" → ")).toBeLessThanOrEqual(LONGEST_CHAIN);
  }
});
