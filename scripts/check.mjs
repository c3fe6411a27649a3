/** `npm run check`: everything that can be said without running the program. Under a minute. */
import "./node-floor.mjs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureInstalled } from "./install.mjs";
import { fileExists, root, run, tool } from "./run.mjs";

const WORKSPACES = ["core", "server", "web", "cli"];

/** dependency-cruiser that understands no TypeScript finds few modules, no violation, and ends with 0. */
const FEWEST_MODULES = 20;

/** The folders whose imports are checked; scripts/boundaries.test.ts reads the same list. */
const cruised = JSON.parse(await readFile(join(root, "scripts", "cruised-folders.json"), "utf8"));

if (!(await ensureInstalled())) process.exit(1);

const present = [];
for (const name of WORKSPACES) if (await fileExists(join(root, name, "package.json"))) present.push(name);

const outcomes = [
  await step("biome", [tool("biome"), "check", "--error-on-warnings", "."]),
  ...(await Promise.all((await projects()).map((path) => step(`tsc ${path}`, tsc(path))))),
  ...(await Promise.all([
    step("dependency-cruiser", [tool("depcruise"), "--output-type", "err-long", ...cruised], seesTypeScript),
    step("knip", [tool("knip")]),
  ])),
];
process.exitCode = outcomes.every(Boolean) ? 0 : 1;

/** Version 7 checks, and the tools read with version 6: both would be node_modules/.bin/tsc. docs/decisions/0006. */
function tsc(path) {
  return [process.execPath, join(root, "node_modules", "typescript7", "bin", "tsc"), "-p", path];
}

async function projects() {
  const found = ["tsconfig.json"];
  for (const workspace of present) {
    for (const file of await readdir(join(root, workspace))) {
      if (/^tsconfig(\..+)?\.json$/.test(file)) found.push(`${workspace}/${file}`);
    }
  }
  return found;
}

async function step(name, command, accepts = () => true) {
  const startedAt = performance.now();
  const { ok, output } = await run(command, { quiet: true });
  const good = ok && accepts(output);
  console.log(`${good ? "✔" : "✘"} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (!good) console.log(output);
  return good;
}

function seesTypeScript(output) {
  const modules = Number(/\((\d+) modules/.exec(output)?.[1] ?? 0);
  return modules >= FEWEST_MODULES;
}
