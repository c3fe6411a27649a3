import { execFile } from "node:child_process";
import { readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { tempTree } from "../testing/temp-tree.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const rules: { name: string }[] = createRequire(import.meta.url)(`${root}.dependency-cruiser.cjs`).forbidden;

/** One violation, or several of different shapes, for each rule. */
const plants: Record<string, Record<string, string>> = {
  "server-imports-only-what-it-may": {
    "server/src/by-path.ts": 'import "../../core/src/crypto/keys.ts";',
    "server/src/by-package.ts": 'import type { Session } from "@nullroom/core/session";',
    "server/src/other-package.ts": 'import "left-pad";',
  },
  "server-reaches-no-conversation": { "server/src/indirect.ts": 'import "@nullroom/core/wire/leaky";' },
  "core-runs-anywhere": { "core/src/peer/node.ts": 'import "node:fs";' },
  "wire-is-the-floor": { "core/src/wire/high.ts": 'import "../platform.ts";' },
  "crypto-is-pure": { "core/src/crypto/stateful.ts": 'import "../session/session.ts";' },
  "peer-stands-alone": { "core/src/peer/knowing.ts": 'import "../signaling/cable.ts";' },
  "signaling-stands-alone": { "core/src/signaling/knowing.ts": 'import "../peer/link.ts";' },
  "classic-has-one-door": {
    "core/src/session/other.ts": 'import "../classic/classic.ts";',
    "web/src/old.ts": 'import "../../core/src/classic/classic.ts";',
  },
  "core-by-its-front-door": { "web/src/back-door.ts": 'import "../../core/src/errors.ts";' },
  "apps-do-not-meet": { "web/src/meets.ts": 'import "../../server/src/config.ts";' },
  "core-knows-no-app": { "core/src/session/face.ts": 'import "../../../web/src/say.ts";' },
  "tests-stay-outside": {
    "web/src/fake.ts": 'import "@nullroom/core/testing/fake";',
    "server/src/tested.ts": 'import "./config.test.ts";',
  },
  "declared-dependencies-only": { "web/src/undeclared.ts": 'import "hono";' },
  "independent-peer-is-independent": {
    "testing/peers/classic-peer/peer.ts": 'import "../../../core/src/errors.ts";',
  },
  "nothing-unresolved": { "core/src/session/nowhere.ts": 'import "./nowhere-to-be-found.ts";' },
  "no-cycles": { "core/src/session/chicken.ts": 'import "./egg.ts";' },
};

/** What the plants lean on, and imports that every rule must let through. */
const surroundings: Record<string, string> = {
  "core/src/errors.ts": "",
  "core/src/platform.ts": "",
  "core/src/crypto/keys.ts": "",
  "core/src/peer/link.ts": "",
  "core/src/signaling/cable.ts": "",
  "core/src/session/session.ts": "export type Session = string;",
  "core/src/session/entry.ts":
    'export type * from "./session.ts"; import "../classic/classic.ts"; import "../peer/link.ts";',
  "core/src/session/egg.ts": 'import "./chicken.ts";',
  "core/src/classic/classic.ts": 'import "../signaling/cable.ts"; import "./frames.ts";',
  "core/src/classic/frames.ts": 'import "../errors.ts";',
  "core/src/wire/leaky.ts": 'import "../crypto/keys.ts";',
  "core/src/wire/fine.ts": 'import "../errors.ts";',
  "core/src/testing/fake.ts": 'import "node:fs";',
  "server/src/config.ts":
    'import "node:fs"; import "hono"; import "@nullroom/core/errors"; import "@nullroom/core/wire/fine";',
  "server/src/config.test.ts": 'import "@nullroom/core/session"; import "node:fs"; import "./config.ts";',
  "web/src/say.ts": 'import "@nullroom/core/errors"; import "@nullroom/core/session";',
  "node_modules/hono/package.json": '{"name":"hono","version":"1.0.0","main":"index.js"}',
  "node_modules/hono/index.js": "",
  "node_modules/left-pad/package.json": '{"name":"left-pad","version":"1.0.0","main":"index.js"}',
  "node_modules/left-pad/index.js": "",
  "node_modules/@nullroom/readme": "",
};

type Violation = { rule: { name: string }; from: string };
let violations: Violation[];
let cruised: number;

beforeAll(async () => {
  const copied = [".dependency-cruiser.cjs", "tsconfig.base.json", "package.json"];
  const packages = ["core/package.json", "server/package.json", "web/package.json"];
  const contents = await Promise.all(
    [...copied, ...packages].map(async (name) => [name, await readFile(join(root, name), "utf8")] as const),
  );
  await using tree = await tempTree({
    ...Object.fromEntries(contents),
    ...surroundings,
    ...Object.assign({}, ...Object.values(plants)),
  });
  await symlink("../../core", join(tree.path, "node_modules/@nullroom/core"));
  const cruise = promisify(execFile)(
    process.execPath,
    [
      join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs"),
      ..."--output-type json core server web testing".split(" "),
    ],
    { cwd: tree.path, maxBuffer: 64 * 1024 * 1024 },
  ).catch((failure: { stdout: string }) => failure); // It ends with the number of violations.
  const { summary } = JSON.parse((await cruise).stdout);
  violations = summary.violations;
  cruised = summary.totalCruised;
}, 60_000);

test("dependency-cruiser reads TypeScript at all", () => {
  expect(cruised).toBeGreaterThan(Object.keys(surroundings).length);
});

test("every rule has a plant", () => {
  expect(Object.keys(plants).sort()).toEqual(rules.map((rule) => rule.name).sort());
});

describe.each(Object.entries(plants))("%s", (rule, files) => {
  test.each(Object.keys(files))("is broken by %s", (file) => {
    expect(violations.filter(({ from }) => from === file).map((violation) => violation.rule.name)).toContain(
      rule,
    );
  });
});

test("what is allowed is let through", () => {
  const leaning = violations.filter(({ from }) => from in surroundings);
  // The one file of the surroundings that is there to be wrong: the server is caught through it.
  expect(leaning.filter(({ from }) => from !== "core/src/wire/leaky.ts")).toEqual([]);
});
