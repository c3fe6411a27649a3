import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChromiumTab } from "../../testing/browsers/chromium.ts";
import { clearPicked, standInForPickers } from "../../testing/browsers/pickers.ts";
import type { Tab } from "../../testing/browsers/tab.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { Browsers } from "../browsers.ts";
import { saved, sha256, shareOf } from "../files.ts";
import { expectClean, meet, talk, textOf } from "../people.ts";

const MIB = 1024 * 1024;

/** A folder, or many files, from one page to another: one offer, every file apart at the end, every byte the same. */

const browsers = new Browsers();
let server: TestServer;
let folder: string;

/** Where each file lies in what is sent, and how long it is; and where it arrives, if that is elsewhere. */
const TRIP: readonly (readonly [path: string, bytes: number, arrives?: string])[] = [
  ["read me.txt", 20],
  ["empty", 0],
  ["photos/one.jpg", 65_281],
  ["photos/2026/ünï – 写真.jpg", 5 * MIB + 1],
  ["photos/2026/nothing.txt", 0],
  ["photos/2026/deep/er/still/last.bin", 1],
  ["odd/a:b?.txt", 3, "odd/a_b_.txt"],
  ["odd/com1.log", 4, "odd/_com1.log"],
  ["odd/dots..", 5, "odd/dots"],
  ["odd/\u202Egpj.exe", 6, "odd/gpj.exe"],
  ["odd/Same.txt", 7],
];

beforeAll(async () => {
  server = await TestServer.start({ NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(100 * MIB) });
  folder = await mkdtemp(join(tmpdir(), "nullroom-sets-"));
  await write(join(folder, "trip"), TRIP);
});
afterAll(async () => {
  await browsers[Symbol.asyncDispose]();
  await server.stop();
  await rm(folder, { recursive: true });
});

describe("a folder", () => {
  test("in Chromium arrives as a folder, and says before what is in it", async () => {
    await using a = await browsers.open("chromium");
    await using b = await browsers.open("chromium");
    await meet(a, b, server);
    await standInForPickers(b);
    await a.choose("Choose folder", [join(folder, "trip")]);
    await until("the offer", async () =>
      /You choose where; the files go into a new folder/.test(await log(b)),
    );
    await b.evaluate(() => document.querySelector<HTMLElement>(".file-set > summary")?.click(), undefined);
    const offer = await log(b);
    for (const said of ["trip", "5.1 MB, all together", "11 files", "photos/2026/deep/er/still/last.bin"]) {
      expect(offer).toContain(said);
    }
    expect(offer).toMatch(/odd\/gpj\.exe\s+\(can run a program\)/);
    expect(offer).toContain("Opening some of these files can run a program");
    await b.click("button", "Accept");
    await arrives(a, b);
    expect(await pickedFiles(b)).toEqual(await expected("trip", TRIP));
    await clearPicked(b);
    for (const tab of [a, b]) {
      expect(await cards(tab)).toEqual(["delivered"]);
      await expectClean(tab, server);
    }
  });

  test("in Firefox arrives as one archive that any program unpacks", async () => {
    await using a = await browsers.open("chromium");
    await using b = await browsers.open("firefox");
    await meet(a, b, server);
    await a.choose("Choose folder", [join(folder, "trip")]);
    await b.click("button", "Accept");
    await arrives(a, b);
    const archive = await saved(b, "trip.zip");
    const unpacked = join(folder, "unpacked");
    // It checks each file's CRC-32 as well.
    const env = { ...process.env, LC_ALL: "C.UTF-8" };
    await promisify(execFile)("unzip", ["-q", archive, "-d", unpacked], { env });
    await rm(archive);
    expect(await filesIn(unpacked)).toEqual(await expected("", TRIP));
  });
});

test("many files from Firefox are one offer, and lie in one folder", async () => {
  await using a = await browsers.open("firefox");
  await using b = await browsers.open("chromium");
  await meet(a, b, server);
  await standInForPickers(b);
  const three = TRIP.filter(([path]) => /one\.jpg|empty|read me/.test(path));
  await a.choose(
    "Choose file",
    three.map(([path]) => join(folder, "trip", path)),
  );
  await b.click("button", "Accept");
  await arrives(a, b);
  const names = three.map(([path, bytes]) => [path, bytes, basename(path)] as const);
  expect(await pickedFiles(b)).toEqual(await expected("files", names));
  expect([await cards(a), await cards(b)]).toEqual([["delivered"], ["delivered"]]);
  await clearPicked(b);
});

test("a folder that is dropped and given up half-way leaves nothing, and the talk goes on", async () => {
  await using a = await browsers.open("chromium");
  await using b = await browsers.open("chromium");
  await meet(a, b, server);
  await standInForPickers(b);
  const large = [0, 1, 2].map((at) => [`${at}.bin`, 30 * MIB] as const);
  await write(join(folder, "large"), large);
  await drop(a, join(folder, "large"));
  await b.click("button", "Accept");
  await until("the second file", async () => (await shareOf(b)) > 0.4);
  expect(await pickedNames(b)).toEqual(["large"]);
  await b.click("button", "Cancel");
  await until("the end", async () => (await cards(a))[0] === "cancelled");
  await until("nothing", async () => (await pickedNames(b)).length === 0);
  await talk(a, b, "afterwards");
  await clearPicked(b);
  for (const tab of [a, b]) await expectClean(tab, server);
});

type Files = readonly (readonly [path: string, bytes: number, arrives?: string])[];

async function write(into: string, files: Files): Promise<void> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(into, path)), { recursive: true });
    await writeFile(join(into, path), Buffer.alloc(bytes, path));
  }
}

/** Hashes by path. */
async function expected(inside: string, files: Files): Promise<Record<string, string>> {
  const found = files.map(async ([path, , arrives = path]) => [
    inside === "" ? arrives : `${inside}/${arrives}`,
    await sha256(join(folder, "trip", path)),
  ]);
  return Object.fromEntries(await Promise.all(found));
}

async function filesIn(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[relative(root, path)] = await sha256(path);
  }
  return found;
}

/** What lies on the person's disk, or what stands in for it: hashes by path. */
function pickedFiles(tab: Tab): Promise<Record<string, string>> {
  return tab.evaluate(async () => {
    const found: Record<string, string> = {};
    const walk = async (directory: FileSystemDirectoryHandle, inside: string) => {
      for await (const [name, handle] of directory.entries()) {
        if (handle instanceof FileSystemDirectoryHandle) await walk(handle, `${inside}${name}/`);
        else if (handle instanceof FileSystemFileHandle && !name.endsWith(".crswap")) {
          const bytes = await (await handle.getFile()).arrayBuffer();
          const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
          found[inside + name] = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        }
      }
    };
    const root = await navigator.storage.getDirectory();
    await walk(await root.getDirectoryHandle("picked by the person", { create: true }), "");
    return found;
  }, undefined);
}

/** What lies there at the top. */
function pickedNames(tab: Tab): Promise<string[]> {
  return tab.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const disk = await root.getDirectoryHandle("picked by the person", { create: true });
    const names: string[] = [];
    for await (const name of disk.keys()) names.push(name);
    return names;
  }, undefined);
}

/** The word that stands at each file's card. */
function cards(tab: Tab): Promise<string[]> {
  return tab.evaluate(
    () => [...document.querySelectorAll<HTMLElement>(".file")].map((card) => card.dataset.status ?? ""),
    undefined,
  );
}

function log(tab: Tab): Promise<string> {
  return textOf(tab, '[role="log"]');
}

async function arrives(a: Tab, b: Tab): Promise<void> {
  for (const tab of [a, b])
    await until("delivery", async () => (await cards(tab))[0] === "delivered", 60_000);
}

/** As a person drags a folder from elsewhere onto the page. */
async function drop(tab: Tab, path: string): Promise<void> {
  if (!(tab instanceof ChromiumTab)) throw new Error("only Chromium's driver can drop files");
  const session = await tab.page.context().newCDPSession(tab.page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 100, y: 100, data });
  }
}
