/**
 * `npm test`: check, build, size, unit, and the journeys that a person makes. `--wide`, as `npm run test:wide`: matrices,
 * faults, labs, hostile sides, scans. `--long PART…`, as `npm run test:long`: the same proofs at full size. Each first
 * installs what is missing, and the last line is the count. Nothing is ever skipped.
 */
import "./node-floor.mjs";
import { argv } from "node:process";
import { ensureInstalled } from "./install.mjs";
import { LONG_PARTS } from "./long-parts.mjs";
import { npm } from "./run.mjs";
import { ensurePrograms } from "./setup.mjs";
import { Tally } from "./tally.mjs";

const [kind = "test", ...names] = argv.slice(2).map((word) => word.replace(/^--/, ""));

if (kind === "long") await runLong(names);
else if (kind === "wide" && names.length === 0) await runWide();
else if (kind === "test" && names.length === 0) await runTest();
else {
  console.error(
    `scripts/test.mjs takes --wide, or --long and its parts, or nothing: not ${argv.slice(2).join(" ")}.`,
  );
  process.exitCode = 1;
}

async function runTest() {
  const tally = await Tally.begin("test");
  if (await isReady(tally)) {
    await tally.stage("check", () => tally.script("check.mjs", 5));
    if (await tally.stage("build", () => tally.script("build.mjs", 5))) {
      await tally.stage("size", async () => (await npm(["run", "size", "--workspace", "web"])).ok);
      await tally.suite("unit", { limitMinutes: 10 });
      await tally.suite("journeys", { limitMinutes: 15 });
    }
  }
  await tally.end();
}

async function runWide() {
  const tally = await Tally.begin("wide");
  if ((await isReady(tally)) && (await tally.stage("build", () => tally.script("build.mjs", 5)))) {
    await tally.suite("wide", { limitMinutes: 35 });
  }
  await tally.end();
}

async function runLong(parts) {
  const unknown = parts.filter((part) => !Object.hasOwn(LONG_PARTS, part));
  if (parts.length === 0 || unknown.length > 0) {
    for (const part of unknown) console.error(`There is no part that is called ${part}.`);
    console.log("npm run test:long -- PART…, each of at most an hour on two cores:\n");
    for (const [name, { proves }] of Object.entries(LONG_PARTS)) console.log(`  ${name.padEnd(26)}${proves}`);
    process.exitCode = unknown.length > 0 ? 1 : 0;
    return;
  }
  const tally = await Tally.begin("long");
  if ((await isReady(tally)) && (await tally.stage("build", () => tally.script("build.mjs", 5)))) {
    for (const part of parts) {
      const { project, files, pattern } = LONG_PARTS[part];
      console.log(`\n${part}: ${LONG_PARTS[part].proves}`);
      await tally.suite(project, { limitMinutes: 60, files, pattern, env: { SCALE: "1" } });
    }
  }
  await tally.end();
}

async function isReady(tally) {
  return (await tally.stage("install", ensureInstalled)) && (await tally.stage("setup", ensurePrograms));
}
