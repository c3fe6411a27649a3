/** `npm run build`: the pages into web/dist, the server as one file into server/dist. Run by plain node. */
import "./node-floor.mjs";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { fileExists, npm, root, run } from "./run.mjs";
import { stamp } from "./stamp.mjs";

const SHARED = [
  "core/src",
  "core/package.json",
  "package-lock.json",
  "tsconfig.base.json",
  "scripts/build.mjs",
];

const parts = [
  { name: "web", sources: ["web", ...SHARED], result: "web/dist/index.html", build: buildWeb },
  {
    name: "server",
    sources: ["server/src", "server/package.json", ...SHARED],
    result: "server/dist/main.js",
    build: buildServer,
  },
];

/** Build the parts whose sources changed since they were built, or all. @returns {Promise<boolean>} */
export async function build({ all = false } = {}) {
  const outcomes = await Promise.all(parts.map((part) => buildPart(part, all)));
  return outcomes.every(Boolean);
}

async function buildPart({ name, sources, result, build: make }, always) {
  const built = await stamp(name, sources);
  if (!always && (await built.isCurrent()) && (await fileExists(join(root, result)))) return true;
  const startedAt = performance.now();
  const { ok, output } = await make();
  if (ok) {
    await built.write();
    console.log(`Built ${name} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
  } else {
    console.error(`${output}\nBuilding ${name} failed; the reason stands above.`);
  }
  return ok;
}

function buildWeb() {
  return npm(["run", "build", "--workspace", "web"], { quiet: true });
}

function buildServer() {
  return run([process.execPath, join(root, "scripts", "bundle-server.mjs")], { quiet: true });
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (await build({ all: true })) ? 0 : 1;
}
