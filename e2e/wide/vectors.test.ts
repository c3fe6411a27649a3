import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveLab } from "../../testing/labs/file-lab/serve.ts";
import { here, inPage, type Runtime, type Side, shakeHands } from "../../testing/labs/vector-lab/runtime.ts";
import { Browsers, type Engine } from "../browsers.ts";

/** Every vector, in both browsers, on every path that each has; and every path with every other. */

const VECTORS = fileURLToPath(new URL("../../spec/vectors/", import.meta.url));
const LAB = fileURLToPath(new URL("../../testing/labs/vector-lab/", import.meta.url));
const files = readdirSync(VECTORS).filter((name) => name.endsWith(".json"));

const browsers = new Browsers();
const pages = new Map<Engine, Runtime>();
let lab: Awaited<ReturnType<typeof serveLab>>;

beforeAll(async () => {
  lab = await serveLab(LAB);
  for (const engine of ["chromium", "firefox"] as const) {
    const tab = await browsers.open(engine);
    await tab.goto(lab.url);
    pages.set(engine, inPage(engine, tab));
  }
});
afterAll(async () => {
  await browsers[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

describe.each(["chromium", "firefox"] as const)("in %s", (engine) => {
  test("the paths tried are those that there are", async () => {
    const page = pageOf(engine);
    const native = await page.ask("saysNative");
    if (engine === "chromium") expect(native, "Chromium has ML-KEM of its own").toBe(true);
    expect(await page.ask("kinds")).toEqual(native ? ["native", "portable"] : ["portable"]);
  });

  test.each(files)("%s comes out on each, and each value and case of it is looked at", async (name) => {
    const page = pageOf(engine);
    const file = load(name);
    const spoiled = spoil(file);
    expect(spoiled.names.length).toBeGreaterThan(0);
    for (const kind of await page.ask("kinds")) {
      expect(await page.ask("run", kind, file), kind).toEqual([]);
      const found = await page.ask("run", kind, spoiled.file);
      expect(found.map((difference) => difference.name).sort(), kind).toEqual(spoiled.names);
    }
  });

  test("whatever one path encapsulates, every one opens", async () => {
    expect(await pageOf(engine).ask("roundTrips")).toEqual([]);
  });
});

test("one falsified value is reported, by its name and alone", async () => {
  const session = load("session.json");
  const falsified = { ...session, th3: falsify(String(session.th3)) };
  for (const page of pages.values()) {
    for (const kind of await page.ask("kinds")) {
      expect((await page.ask("run", kind, falsified)).map(({ name }) => name)).toEqual(["th3"]);
    }
  }
});

test("both sides of a handshake agree, whichever runs where and on which path", async () => {
  const sides: Side[] = [];
  for (const runtime of [here, ...pages.values()]) {
    for (const kind of await runtime.ask("kinds")) sides.push({ runtime, kind });
  }
  expect(sides.length).toBeGreaterThanOrEqual(4);
  for (const i of sides) {
    for (const r of sides) {
      const link = { secret: randomBytes(32).toString("hex"), room: randomBytes(16).toString("hex") };
      const [ofI, ofR] = await shakeHands(i, r, link);
      expect(ofI, `${nameOf(i)} to ${nameOf(r)}`).toEqual(ofR);
      expect(ofI.secrets).toMatch(/^[0-9a-f]{64}( [0-9a-f]{64}){4}$/);
    }
  }
});

test("the page needed nothing that the product's policy forbids", async () => {
  await using tab = await browsers.open("chromium");
  await tab.goto(lab.url);
  await inPage("chromium", tab).ask("roundTrips");
  expect(tab.record.complaints).toEqual([]);
});

type VectorFile = Record<string, unknown>;

function load(name: string): VectorFile {
  return JSON.parse(readFileSync(VECTORS + name, "utf8"));
}

/** The same file with every expectation wrong, and the names of all that a runner must then complain of. */
function spoil(file: VectorFile): { file: VectorFile; names: string[] } {
  if (!Array.isArray(file.cases)) return spoilValues(file);
  const cases = file.cases.map((one) => ({ ...one, expect: `not ${one.expect}` }));
  return { file: { ...file, cases }, names: cases.map(({ name }) => name).sort() };
}

function spoilValues(file: VectorFile): { file: VectorFile; names: string[] } {
  const names = Object.keys(file).filter((name) => name !== "note" && !name.startsWith("in."));
  const wrong = names.map((name) => [name, falsify(String(file[name]))]);
  return { file: { ...file, ...Object.fromEntries(wrong) }, names: names.sort() };
}

/** Still of the same kind, and different. */
function falsify(value: string): string {
  if (value.startsWith("{")) return '{"t":"bye"}';
  return value.slice(0, -1) + (value.endsWith("0") ? "1" : "0");
}

function pageOf(engine: Engine): Runtime {
  const page = pages.get(engine);
  if (page === undefined) throw new Error(`${engine} has not opened the lab`);
  return page;
}

function nameOf({ runtime, kind }: Side): string {
  return `${runtime.name}, ${kind}`;
}
