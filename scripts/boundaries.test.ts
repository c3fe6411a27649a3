import { execFile } from "node:child_process";
import { readdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { tempTree } from "../testing/temp-tree.ts";
import cruisedFolders from "./cruised-folders.json" with { type: "json" };

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
  "core-files-at-the-root-know-no-folder": { "core/src/rooted.ts": 'import "./wire/fine.ts";' },
  "wire-is-the-floor": { "core/src/wire/high.ts": 'import "../platform.ts";' },
  "crypto-is-pure": {
    "core/src/crypto/stateful.ts": 'import "../session/session.ts";',
    "core/src/crypto/filed.ts": 'import "../files/sink.ts";',
  },
  "peer-stands-alone": {
    "core/src/peer/knowing.ts": 'import "../signaling/cable.ts";',
    "core/src/peer/filed.ts": 'import "../files/sink.ts";',
  },
  "signaling-stands-alone": {
    "core/src/signaling/knowing.ts": 'import "../peer/link.ts";',
    "core/src/signaling/filed.ts": 'import "../files/sink.ts";',
  },
  "files-know-no-session": {
    "core/src/files/of-session.ts": 'import "../session/session.ts";',
    "core/src/files/of-v2.ts": 'import "../session/v2/timing.ts";',
    "core/src/files/of-peer.ts": 'import "../peer/link.ts";',
  },
  "session-knows-no-protocol": {
    "core/src/session/of-v2.ts": 'import "./v2/timing.ts";',
    "core/src/session/of-crypto.ts": 'import "../crypto/keys.ts";',
  },
  "v2-by-its-entry": {
    // The one file that may know both protocols; see "what is allowed" for what it may.
    "core/src/session/entry.ts": `
      export type * from "./session.ts";
      import "../classic/classic.ts"; import "./v2/create-join.ts"; import "./v2/timing.ts";`,
  },
  ...roomPlants({
    engine: ["handshake", "connect"],
    handshake: ["records", "engine"],
    records: ["engine", "handshake", "connect"],
    connect: ["files", "talk", "introduce"],
    files: ["talk", "introduce", "handshake"],
    talk: ["introduce", "handshake"],
    introduce: ["talk", "files"],
  }),
  "v2-floor-knows-no-room": { "core/src/session/v2/goodbye.ts": 'import "./engine/main.ts";' },
  "v2-rooms-are-listed": { "core/src/session/v2/annex/new.ts": 'import "../timing.ts";' },
  "classic-has-one-importer": {
    "core/src/session/other.ts": 'import "../classic/classic.ts";',
    "web/src/old.ts": 'import "../../core/src/classic/classic.ts";',
  },
  "classic-knows-no-v2": {
    "core/src/classic/of-v2.ts": 'import "../session/v2/timing.ts";',
    "core/src/classic/of-crypto.ts": 'import "../crypto/keys.ts";',
  },
  "core-by-its-exports": { "web/src/by-path.ts": 'import "../../core/src/errors.ts";' },
  "apps-do-not-meet": { "web/src/meets.ts": 'import "../../server/src/config.ts";' },
  "core-knows-no-app": { "core/src/session/face.ts": 'import "../../../web/src/say.ts";' },
  "tests-stay-outside": {
    "web/src/fake.ts": 'import "@nullroom/core/testing/fake";',
    "server/src/tested.ts": 'import "./config.test.ts";',
    "server/src/driven.ts": 'import "../../testing/until.ts";',
    "web/src/run.ts": 'import "../../e2e/people.ts";',
  },
  "nothing-imports-a-test": { "testing/services/tested.ts": 'import "./redis.test.ts";' },
  "declared-dependencies-only": { "web/src/undeclared.ts": 'import "hono";' },
  "programs-are-imported-by-nobody": {
    "core/src/session/measured.test.ts": 'import "../../../bench/main.ts";',
    "e2e/measured.ts": 'import "../bench/main.ts";',
    "bench/acted.ts": 'import "../e2e/people.ts";',
    "testing/labs/built.ts": 'import "../../scripts/run.ts";',
  },
  "server-is-run-and-not-imported": { "bench/inside.ts": 'import "../server/src/config.ts";' },
  "testing-floor-knows-nothing": { "testing/patient.ts": 'import "./services/redis.ts";' },
  ...groupPlants({
    browsers: ["testing/services/redis.ts", "core/src/errors.ts"],
    services: ["testing/browsers/tab.ts", "server/src/config.ts"],
    network: ["testing/peers/person.ts", "core/src/errors.ts"],
    instruments: ["testing/labs/lab.ts", "core/src/errors.ts"],
    peers: ["testing/services/redis.ts", "web/src/say.ts"],
    adversaries: ["testing/browsers/tab.ts", "testing/labs/lab.ts"],
    labs: ["testing/peers/person.ts", "testing/adversaries/relay.ts"],
    screens: ["testing/labs/lab.ts", "testing/peers/person.ts"],
  }),
  "testing-groups-are-listed": { "testing/toys/new.ts": 'import "../until.ts";' },
  "siblings-of-testing-do-not-meet": {
    "testing/labs/file-lab/neighbour.ts": 'import "../room-lab/room.ts";',
    "testing/network/delay/neighbour.ts": 'import "../netns/host.ts";',
  },
  "independent-peer-is-independent": {
    "testing/peers/classic-peer/peer.ts": 'import "../../../core/src/errors.ts";',
    "testing/peers/classic-peer/patient.ts": 'import "../../until.ts";',
  },
  "independent-judge-is-independent": {
    "testing/instruments/secrets/judge.ts": 'import "../../../core/src/crypto/keys.ts";',
    "testing/instruments/secrets/heap.ts": 'import "../../browsers/tab.ts";',
  },
  "independent-relay-is-independent": {
    "testing/adversaries/hostile-relay/blob.ts": 'import "../../../core/src/wire/fine.ts";',
    "testing/adversaries/hostile-relay/relay.ts": 'import "./victims/peer.ts";',
  },
  // In each folder of the list, so that one that is not read is noticed.
  "nothing-unresolved": Object.fromEntries(
    cruisedFolders.map((folder) => [`${folder}/src/nowhere.ts`, 'import "./nowhere-to-be-found.ts";']),
  ),
  "no-cycles": {
    "core/src/session/chicken.ts": 'import "./egg.ts";',
    "testing/labs/chicken.ts": 'import type { Egg } from "./egg.ts";',
  },
};

/** A file in each room of protocol 2 for each room that it may not know. */
function roomPlants(forbidden: Record<string, string[]>): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(forbidden).map(([room, others]) => [
      `v2-${room}-imports-down-only`,
      Object.fromEntries([
        ...others.map((other) => [
          `core/src/session/v2/${room}/of-${other}.ts`,
          `import type {} from "../${other}/main.ts";`,
        ]),
        [`core/src/session/v2/${room}/of-session.ts`, 'import "../v2-session.ts";'],
      ]),
    ]),
  );
}

/** A file in each group of testing/ for each file that it may not know. */
function groupPlants(forbidden: Record<string, string[]>): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(forbidden).map(([group, targets]) => [
      `testing-${group}-imports-down-only`,
      Object.fromEntries(
        targets.map((target, index) => [`testing/${group}/high-${index}.ts`, `import "../../${target}";`]),
      ),
    ]),
  );
}

/** What the plants lean on, and imports that every rule must let through. */
const surroundings: Record<string, string> = {
  "core/src/errors.ts": "",
  "core/src/platform.ts": 'import "./errors.ts";',
  "core/src/crypto/keys.ts": 'import "../wire/fine.ts";',
  "core/src/files/sink.ts": 'import "../session/text.ts";',
  "core/src/peer/link.ts": 'import "../platform.ts";',
  "core/src/signaling/cable.ts": "",
  "core/src/session/text.ts": "",
  "core/src/session/session.ts":
    'export type Session = string; import "../files/sink.ts"; import "../peer/link.ts";',
  "core/src/session/egg.ts": 'import "./chicken.ts";',
  "core/src/session/v2/create-join.ts": 'import "./v2-session.ts";',
  "core/src/session/v2/v2-session.ts":
    'import "./talk/main.ts"; import "./introduce/main.ts"; import "../session.ts";',
  "core/src/session/v2/timing.ts": "",
  "core/src/session/v2/engine/main.ts":
    'import "../timing.ts"; import "../records/main.ts"; import "../../../files/sink.ts";',
  "core/src/session/v2/handshake/main.ts": 'import "../timing.ts"; import "../../../crypto/keys.ts";',
  "core/src/session/v2/records/main.ts": 'import "../timing.ts";',
  "core/src/session/v2/connect/main.ts":
    'import "../handshake/main.ts"; import "../records/main.ts"; import "../engine/main.ts";',
  "core/src/session/v2/files/main.ts":
    'import "../connect/main.ts"; import "../records/main.ts"; import "../engine/main.ts";',
  "core/src/session/v2/talk/main.ts":
    'import "../files/main.ts"; import "../connect/main.ts"; import "../records/main.ts"; import "../engine/main.ts";',
  "core/src/session/v2/introduce/main.ts": 'import "../connect/main.ts"; import "../handshake/main.ts";',
  "core/src/session/v2/files/main.test.ts":
    'import "../introduce/main.ts"; import "../../../testing/fake.ts";',
  "core/src/classic/classic.ts":
    'import "../signaling/cable.ts"; import "./frames.ts"; import "../session/session.ts"; import "../files/sink.ts";',
  "core/src/classic/frames.ts": 'import "../errors.ts";',
  "core/src/wire/leaky.ts": 'import "../crypto/keys.ts";',
  "core/src/wire/fine.ts": 'import "../errors.ts";',
  "core/src/testing/fake.ts": 'import "node:fs"; import "../session/v2/talk/main.ts";',
  "server/src/config.ts":
    'import "node:fs"; import "hono"; import "@nullroom/core/errors"; import "@nullroom/core/wire/fine";',
  "server/src/config.test.ts":
    'import "@nullroom/core/session"; import "node:fs"; import "./config.ts"; import "../../testing/services/redis.ts";',
  "web/src/say.ts": 'import "@nullroom/core/errors"; import "@nullroom/core/session";',
  "testing/until.ts": 'import "node:fs";',
  "testing/browsers/tab.ts": 'import "../until.ts";',
  "testing/services/redis.ts": 'import "../until.ts"; import "node:net";',
  "testing/services/redis.test.ts": 'import "./redis.ts"; import "../browsers/tab.ts";',
  "testing/network/netns/host.ts": 'import "../../browsers/tab.ts"; import "../../services/redis.ts";',
  "testing/instruments/trace/scan.ts": 'import "../../browsers/tab.ts"; import "../../until.ts";',
  "testing/peers/person.ts": 'import "../../core/src/errors.ts"; import "../until.ts";',
  "testing/adversaries/relay.ts": 'import "../peers/person.ts"; import "../../core/src/crypto/keys.ts";',
  "testing/adversaries/hostile-relay/victims/peer.ts":
    'import "../recording.ts"; import "../../../peers/person.ts";',
  "testing/adversaries/hostile-relay/recording.ts": 'import "node:http";',
  "testing/adversaries/hostile-relay/relay.test.ts": 'import "./recording.ts"; import "../../until.ts";',
  "testing/labs/lab.ts": 'import "../network/netns/host.ts"; import "../../web/src/say.ts";',
  "testing/labs/egg.ts": 'export type Egg = string; import "./chicken.ts";',
  "testing/labs/room-lab/room.ts": 'import "../../network/netns/host.ts"; import "../lab.ts";',
  "testing/screens/scenes.ts": 'import "../browsers/tab.ts"; import "../../core/src/errors.ts";',
  "e2e/people.ts": 'import "../testing/labs/lab.ts"; import "../core/src/errors.ts";',
  "bench/main.ts": 'import "../testing/services/redis.ts"; import "../core/src/classic/classic.ts";',
  "scripts/run.ts": 'import "../core/src/testing/fake.ts"; import "../testing/until.ts";',
  "node_modules/hono/package.json": '{"name":"hono","version":"1.0.0","main":"index.js"}',
  "node_modules/hono/index.js": "",
  "node_modules/left-pad/package.json": '{"name":"left-pad","version":"1.0.0","main":"index.js"}',
  "node_modules/left-pad/index.js": "",
  "node_modules/@nullroom/readme": "",
};

type Violation = { rule: { name: string }; from: string; to: string };
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
      ...["--output-type", "json", ...cruisedFolders],
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

test("every folder with source is read, and every folder that is read exists", async () => {
  expect(await foldersWithSource()).toEqual(cruisedFolders.toSorted());
});

test("npm run check reads the same folders", async () => {
  const source = await readFile(join(root, "scripts/check.mjs"), "utf8");
  expect(source).toContain('"cruised-folders.json"');
  expect(source).toMatch(/tool\("depcruise"\), "--output-type", "err-long", \.\.\.cruised\]/);
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
  const ofEntry = violations.filter(({ from }) => from === "core/src/session/entry.ts");
  expect(ofEntry).toMatchObject([{ rule: { name: "v2-by-its-entry" }, to: "core/src/session/v2/timing.ts" }]);
});

/** The folders at the root of the repository that hold a program, in a file of whichever kind, at whatever depth. */
async function foldersWithSource(): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const folders = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules",
  );
  const withSource = await Promise.all(
    folders.map(async ({ name }) => {
      const files = await readdir(join(root, name), { recursive: true });
      const isSource = (file: string) =>
        /\.[cm]?[jt]sx?$/.test(file) && !/(^|\/)(node_modules|dist|coverage)\//.test(file);
      return files.some(isSource) ? [name] : [];
    }),
  );
  return withSource.flat().sort();
}
