/**
 * `npm test`: check, build, unit, e2e, size, after installing what is missing. `--long` runs the same proofs at
 * the figures that the project promises. The last line is the count; nothing is ever skipped.
 */
import "./node-floor.mjs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { argv } from "node:process";
import { ensureInstalled } from "./install.mjs";
import { ensurePrograms } from "./programs.mjs";
import { npm, root, run, tool } from "./run.mjs";

const long = argv.includes("--long");
const env = long ? { SCALE: "1" } : {};
const MINUTE_MS = 60_000;
const results = join(root, ".cache", "test");

const total = { passed: 0, failed: 0 };
/** What failed, by name: said once more at the end, where it is looked for. */
const failures = [];

await rm(results, { recursive: true, force: true });
await mkdir(results, { recursive: true });

if ((await stage("install", ensureInstalled)) && (await stage("programs", ensurePrograms))) {
  await stage("check", () => script("check.mjs", 5));
  if (await stage("build", () => script("build.mjs", 5))) {
    await suite("unit", long ? 240 : 12);
    await suite("e2e", long ? 240 : 20);
    await stage("size", async () => (await npm(["run", "size", "--workspace", "web"])).ok);
  }
}

const line = `${total.passed} passed, ${total.failed} failed`;
await writeFile(join(results, "total"), `${line}\n`);
for (const failure of failures) console.log(`✘ ${failure}`);
console.log(`\n${line}`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** A stage that counts nothing itself is one test. */
async function stage(name, task) {
  console.log(`\n— ${name} —`);
  const ok = await task();
  if (ok) total.passed += 1;
  else total.failed += 1;
  if (!ok) failures.push(`the stage ${name}`);
  return ok;
}

async function script(name, limitMinutes) {
  return (await run([process.execPath, join(root, "scripts", name)], { limitMs: limitMinutes * MINUTE_MS }))
    .ok;
}

async function suite(project, limitMinutes) {
  console.log(`\n— ${project} —`);
  const report = join(results, `${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { ok } = await run([tool("vitest"), "run", "--project", project, ...reporters], {
    limitMs: limitMinutes * MINUTE_MS,
    env,
  });
  const { passed, failed, names } = await count(report);
  failures.push(...names);
  total.passed += passed;
  // A file that does not load, or a run that was cut off, has no failing test to show for it.
  total.failed += ok ? failed : Math.max(1, failed);
  if (!ok && names.length === 0) failures.push(`${project}, outside of its tests: see above`);
}

async function count(report) {
  const text = await readFile(report, "utf8").catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, names: [] };
  const { numPassedTests, numTotalTests, testResults } = JSON.parse(text);
  const failed = numTotalTests - numPassedTests; // A skipped test proves nothing, so it counts here too.
  const names = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== "passed")
      .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
  );
  return { passed: numPassedTests, failed: numTotalTests === 0 ? 1 : failed, names };
}
