import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { root, run, tool } from "./run.mjs";

const MINUTE_MS = 60_000;
const RESULTS = join(root, ".cache", "test");

/** Runs the stages of one test command, counts what passed and failed, and keeps that for whoever adds it up. */
export class Tally {
  passed = 0;
  failed = 0;
  /** What failed, by name: said once more at the end, where people look for it. */
  failures = [];
  #name;

  /** @param {string} name - of the command: `test`, `wide`, or a part of `long` */
  static async begin(name) {
    await mkdir(RESULTS, { recursive: true });
    await rm(join(RESULTS, `${name}.total.json`), { force: true });
    return new Tally(name);
  }

  constructor(name) {
    this.#name = name;
  }

  /** A stage that counts nothing itself is one test. @returns {Promise<boolean>} whether it passed */
  async stage(name, task) {
    console.log(`\n— ${name} —`);
    const ok = await task();
    if (ok) this.passed += 1;
    else this.#fail(`the stage ${name}`);
    return ok;
  }

  /** A script of this folder. @returns {Promise<boolean>} whether it ended well, within the limit */
  async script(name, limitMinutes) {
    const command = [process.execPath, join(root, "scripts", name)];
    return (await run(command, { limitMs: limitMinutes * MINUTE_MS })).ok;
  }

  /**
   * One project of vitest, or some of its files.
   *
   * @param {string} project
   * @param {{ limitMinutes: number, files?: string[], pattern?: string, env?: Record<string, string> }} options -
   *   `pattern` chooses tests by name; whatever it leaves out is not counted
   */
  async suite(project, { limitMinutes, files = [], pattern, env = {} }) {
    console.log(`\n— ${project} —`);
    const report = join(RESULTS, `${this.#name}-${project}.json`);
    await rm(report, { force: true });
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const chosen = pattern === undefined ? files : [...files, "-t", pattern];
    const command = [tool("vitest"), "run", "--project", project, ...chosen, ...reporters];
    const { ok } = await run(command, { limitMs: limitMinutes * MINUTE_MS, env });
    const { passed, failed, names } = await readReport(report, pattern !== undefined);
    this.passed += passed;
    this.failed += failed;
    this.failures.push(...names);
    // A file that does not load has no failing test to show for it.
    if (!ok && failed === 0) this.#fail(`${project}, outside of its tests: see above`);
  }

  /** Say what failed and the count, keep it, and set the exit code. */
  async end() {
    const { passed, failed, failures } = this;
    await writeFile(join(RESULTS, `${this.#name}.total.json`), JSON.stringify({ passed, failed, failures }));
    for (const failure of failures) console.log(`✘ ${failure}`);
    console.log(`\n${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
  }

  #fail(name) {
    this.failed += 1;
    this.failures.push(name);
  }
}

/** What the commands of these names came to together. One that left no count has failed. */
export async function addUp(names) {
  const sum = { passed: 0, failed: 0, failures: [] };
  for (const name of names) {
    const text = await readFile(join(RESULTS, `${name}.total.json`), "utf8").catch(() => undefined);
    const { passed, failed, failures } =
      text === undefined
        ? { passed: 0, failed: 1, failures: [`${name}, which came to no end`] }
        : JSON.parse(text);
    sum.passed += passed;
    sum.failed += failed;
    sum.failures.push(...failures);
  }
  return sum;
}

/**
 * What a report of vitest comes to. A skipped test proves nothing, so it counts as failed, unless only some tests were
 * asked for; and so does a report without any.
 */
export async function readReport(path, isSelection) {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, names: ["a run of tests that left no report"] };
  const all = JSON.parse(text).testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ status, fullName }) => ({
      status,
      name: `${relative(root, name)}: ${fullName}`,
    })),
  );
  const counted = isSelection ? all.filter(({ status }) => status !== "skipped") : all;
  const names = counted.filter(({ status }) => status !== "passed").map(({ name }) => name);
  const passed = counted.length - names.length;
  if (counted.length === 0) names.push("no test at all");
  return { passed, failed: names.length, names };
}
