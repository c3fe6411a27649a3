import { createHash } from "node:crypto";
import { mkdir, mkdtemp, open, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SetEntry } from "@nullroom/core/files/file-set";
import type { SinkKind } from "@nullroom/core/files/sink";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChromiumTab, launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { Firefox } from "../../testing/browsers/firefox.ts";
import { CANARY, CHUNK_BYTES, chunkOf } from "../../testing/labs/file-lab/content.ts";
import { ask, type LabBrowser, type LabEngine, launchLab } from "../../testing/labs/file-lab/people.ts";
import { descendants, heldMemory } from "../../testing/labs/file-lab/process-tree.ts";
import { serveLab } from "../../testing/labs/file-lab/serve.ts";
import { scaled } from "../../testing/scale.ts";
import { until } from "../../testing/until.ts";
import { sha256 as hashOfFile } from "../files.ts";

const MIB = 1024 * 1024;
const BLOCK = 256 * 1024;
const KINDS: readonly SinkKind[] = ["picked", "sealed", "memory"];

let lab: Awaited<ReturnType<typeof serveLab>>;

beforeAll(async () => {
  lab = await serveLab();
});
afterAll(() => lab[Symbol.asyncDispose]());

describe.each<LabEngine>(["chromium", "firefox"])("in %s", (engine) => {
  let browser: LabBrowser;

  beforeAll(async () => {
    browser = await launchLab(engine, lab.url);
    await ask(browser.tab, "standInForPickers");
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
  });

  describe.each(KINDS)("%s", (kind) => {
    test.each([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 16 * MIB])(
      "%i bytes in are these bytes out",
      async (size) => {
        const { tab } = browser;
        expect(await ask(tab, "open", { kind, size })).toEqual({ ok: kind });
        expect(await ask(tab, "feed", size)).toEqual({ ok: size });
        const sha256 = hashOf(size);
        expect(await ask(tab, "finish")).toEqual({ ok: kind === "picked" ? "saved" : "kept" });
        expect(await ask(tab, "readBack", "file.bin")).toMatchObject({ ok: { size, sha256 } });
        // Once more: a person may save twice.
        expect(await ask(tab, "readBack", "file.bin")).toMatchObject({ ok: { size, sha256 } });
        await ask(tab, "discard");
        await leavesNothing();
      },
    );

    test("given up half-way, nothing is left and nothing more is taken", async () => {
      const { tab } = browser;
      await ask(tab, "open", { kind, size: 8 * MIB });
      await ask(tab, "feed", 4 * MIB);
      await ask(tab, "abort");
      expect(await ask(tab, "feed", 8 * MIB)).toEqual({ code: "E_FILE_CANCELLED" });
      expect(await ask(tab, "finish")).toEqual({ code: "E_FILE_CANCELLED" });
      await leavesNothing(kind === "picked" && engine === "firefox" ? ["file.bin"] : []);
    });

    test("too few bytes are no file", async () => {
      const { tab } = browser;
      await ask(tab, "open", { kind, size: 8 * MIB });
      await ask(tab, "feed", 4 * MIB);
      expect(await ask(tab, "finish")).toEqual({ code: "E_FILE_SIZE" });
      await leavesNothing(kind === "picked" && engine === "firefox" ? ["file.bin"] : []);
    });

    test.each([false, true])(
      "the end of its lifetime removes what is not saved (whole: %s)",
      async (whole) => {
        const { tab } = browser;
        await ask(tab, "open", { kind, size: 2 * MIB });
        await ask(tab, "feed", whole ? 2 * MIB : MIB);
        if (whole) await ask(tab, "finish");
        await ask(tab, "end");
        const saved = whole && kind === "picked";
        await until("it to be gone", async () => {
          const read = await ask(tab, "readBack", "file.bin");
          const left = "ok" in read ? read.ok.size : 0;
          const sealed = (await ask(tab, "stored")).some((path) => path.startsWith("nullroom-sealed"));
          return left === (saved ? 2 * MIB : 0) && !sealed;
        });
        await ask(tab, "wipePicked");
      },
    );
  });

  /** @param picked - empty files that the picker made and that only some browsers let a page remove */
  async function leavesNothing(picked: readonly string[] = []): Promise<void> {
    const stored = await ask(browser.tab, "stored");
    expect(stored.filter((path) => !path.startsWith("picked by the person"))).toEqual([]);
    if (picked.length > 0)
      expect(await ask(browser.tab, "readBack", picked[0] ?? "")).toMatchObject({ ok: { size: 0 } });
    await ask(browser.tab, "wipePicked");
  }

  const FILES: SetEntry[] = [
    { path: "a/one.bin", size: 100_000 },
    { path: "a/empty", size: 0 },
    { path: "a/b/two.bin", size: 3 },
    { path: "last empty", size: 0 },
  ];

  test("a set goes into a folder of its own, each file apart", async () => {
    const { tab } = browser;
    for (const folder of ["set", "set (2)"]) {
      const total = 100_003;
      expect(await ask(tab, "open", { kind: "picked", size: 0, name: "set", files: FILES })).toEqual({
        ok: "picked",
      });
      expect(await ask(tab, "feed", total)).toEqual({ ok: total });
      expect(await ask(tab, "finish")).toEqual({ ok: "saved" });
      const whole = contentOf(total);
      let start = 0;
      for (const { path, size } of FILES) {
        const sha256 = sha256Of(whole.subarray(start, start + size));
        expect(await ask(tab, "readBack", `${folder}/${path}`)).toMatchObject({ ok: { size, sha256 } });
        start += size;
      }
    }
    await ask(tab, "open", { kind: "picked", size: 0, name: "set", files: FILES });
    await ask(tab, "feed", CHUNK_BYTES);
    await ask(tab, "abort");
    expect((await ask(tab, "stored")).filter((path) => path.includes("(3)"))).toEqual([]);
    await ask(tab, "wipePicked");
  });

  test("a name that the browser lets no page write to a disk gets another, and nothing is replaced", async () => {
    const { tab } = browser;
    await ask(tab, "refuseNames");
    const files = [
      { path: "desktop.ini", size: 1 },
      { path: "b~1/kept", size: 2 },
    ];
    await ask(tab, "open", { kind: "picked", size: 0, name: "set", files });
    await ask(tab, "feed", 3);
    expect(await ask(tab, "finish")).toEqual({ ok: "saved" });
    expect(await ask(tab, "readBack", "set/desktop.ini_")).toMatchObject({ ok: { size: 1 } });
    expect(await ask(tab, "readBack", "set/b_1_/kept")).toMatchObject({ ok: { size: 2 } });
    const clashing = [...files, { path: "desktop.ini_", size: 1 }];
    await ask(tab, "open", { kind: "picked", size: 0, name: "clash", files: clashing });
    expect(await ask(tab, "feed", 4)).toEqual({ code: "E_FILE_NAME" });
    expect((await ask(tab, "stored")).filter((path) => path.includes("clash"))).toEqual([]);
    await ask(tab, "wipePicked");
  });

  test.each(["sealed", "memory"] as const)(
    "where files cannot be kept apart, a set becomes one archive: %s",
    async (kind) => {
      const { tab } = browser;
      const total = 100_003;
      await ask(tab, "open", { kind, size: 0, name: "set", files: FILES });
      expect(await ask(tab, "feed", total)).toEqual({ ok: total });
      expect(await ask(tab, "finish")).toEqual({ ok: "kept" });
      expect(await ask(tab, "readBack", "")).toMatchObject({
        ok: { name: "set.zip", type: "application/zip" },
      });
      const read = await ask(tab, "readSmall");
      if (!("ok" in read)) throw new Error(read.code);
      const whole = contentOf(total);
      let start = 0;
      const expected = FILES.map(({ path, size }) => {
        start += size;
        return [path, sha256Of(whole.subarray(start - size, start))];
      });
      expect(unzip(Buffer.from(read.ok, "hex")).map(([path, bytes]) => [path, sha256Of(bytes)])).toEqual(
        expected,
      );
      await ask(tab, "discard");
      await leavesNothing();
    },
  );

  test("what lies on the disk meanwhile is unreadable, and gone afterwards", async () => {
    const { tab, profile } = browser;
    const size = 8 * MIB;
    const before = await search(profile, CANARY);
    await ask(tab, "open", { kind: "sealed", size });
    await ask(tab, "feed", size);
    const during = await search(profile, CANARY, before);
    expect(during.large.length, "a file of that size is there").toBe(1);
    expect(during.found).toEqual([]);
    await ask(tab, "finish");
    expect((await search(profile, CANARY, before)).found).toEqual([]);
    await ask(tab, "discard");
    expect(await search(profile, CANARY, before)).toEqual(NOTHING);
  });

  test("the search would find it: written in the clear it is there", async () => {
    const { tab, profile } = browser;
    const before = await search(profile, CANARY);
    await ask(tab, "open", { kind: "picked", size: 8 * MIB });
    await ask(tab, "feed", 8 * MIB);
    await ask(tab, "finish");
    await until("the canary", async () => (await search(profile, CANARY, before)).found.length > 0);
    await ask(tab, "wipePicked");
  });

  test("a start after a tab has died removes what that left, and nothing of a living one", async () => {
    const { tab } = browser;
    const size = 3 * MIB;
    await ask(tab, "open", { kind: "sealed", size });
    await ask(tab, "feed", size);
    const [own] = await ask(tab, "stored");
    const dying = await browser.sibling();
    await ask(dying, "open", { kind: "sealed", size });
    await ask(dying, "feed", MIB);
    await ask(tab, "sweep");
    expect(await ask(tab, "stored")).toHaveLength(4);

    await dying.kill();
    const next = await browser.sibling();
    await until("the dead tab's file to be swept", async () => {
      await ask(next, "sweep");
      return (await ask(tab, "stored")).length === 2;
    });
    expect((await ask(tab, "stored"))[0]).toBe(own);
    await ask(tab, "finish");
    expect(await ask(tab, "readBack", "")).toMatchObject({ ok: { size, sha256: hashOf(size) } });
    await ask(tab, "discard");
    await leavesNothing();
    await next.kill();
  });

  test("sweeping where there is nothing stores nothing", async () => {
    const before = await ask(browser.tab, "usage");
    await ask(browser.tab, "sweep");
    expect(await ask(browser.tab, "usage")).toBe(before);
  });

  test.each(["sealed", "picked"] as const)(
    "a large file moves and is saved in flat memory: %s",
    async (kind) => {
      const { tab } = browser;
      const size = scaled(1024 * MIB, 16 * MIB);
      const sha256 = hashOf(size);
      await ask(tab, "open", { kind, size });
      // Held memory goes up and down with the collector: what counts is whether its peaks rise.
      let before = 0;
      let after = 0;
      for (let percent = 1; percent <= 100; percent += 3) {
        const end = Math.min(size, Math.ceil((size * percent) / 100 / CHUNK_BYTES) * CHUNK_BYTES);
        expect(await ask(tab, "feed", end)).toEqual({ ok: end });
        const held = await heldMemory(await descendants());
        if (percent <= 25) before = Math.max(before, held);
        else after = Math.max(after, held);
      }
      expect((after - before) / MIB, "MiB of growth").toBeLessThanOrEqual(64);
      await ask(tab, "finish");
      // Slice by slice: it must not go out under the reader either.
      expect(await ask(tab, "readBack", "file.bin")).toMatchObject({ ok: { size, sha256 } });
      if (kind === "sealed") {
        await ask(tab, "offerSaving");
        const path = await tab.save("file.bin", 120_000);
        expect(await hashOfFile(path)).toBe(sha256);
        await rm(path);
      }
      await ask(tab, "discard");
      await leavesNothing();
    },
  );

  test.each(["sealed", "memory"] as const)(
    "what is kept is saved by the browser as ever: %s",
    async (kind) => {
      const { tab } = browser;
      const size = 16 * MIB;
      await ask(tab, "open", { kind, size, name: `kept ${kind}.bin` });
      await ask(tab, "feed", size);
      await ask(tab, "finish");
      await ask(tab, "offerSaving");
      const saved = await tab.save(`kept ${kind}.bin`);
      expect(sha256Of(await readFile(saved))).toBe(hashOf(size));
      await rm(saved);
      await ask(tab, "discard");
      await leavesNothing();
    },
  );

  test("an image is decoded by its bytes, up to 40 megapixels, and nothing else is", async () => {
    const { tab } = browser;
    for (const type of ["image/png", "image/jpeg"]) {
      expect(await ask(tab, "preview", { type, width: 800, height: 400 }, 200)).toEqual({ ok: [200, 100] });
      expect(await ask(tab, "preview", { type, width: 40, height: 80 }, 200)).toEqual({ ok: [40, 80] });
    }
    const bomb = [...Buffer.from("89504e470d0a1a0a0000000d49484452000186a0000186a00806000000", "hex")];
    const svg = [...Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")];
    for (const bytes of [bomb, svg, []]) {
      expect(await ask(tab, "preview", { bytes }, 200)).toEqual({ code: "E_UNSUPPORTED" });
    }
  });

  test("a pasted image is a file, pasted words are not", async () => {
    expect(await ask(browser.tab, "paste")).toEqual([["image.png", 5]]);
  });

  test("a chosen file is read slice by slice; one that changes, shrinks or vanishes is refused", async () => {
    const { tab } = browser;
    const folder = await mkdtemp(join(tmpdir(), "nullroom-chosen-"));
    const path = join(folder, "chosen.txt");
    for (const [harm, codes] of HARMS) {
      await writeFile(path, "0123456789");
      await tab.choose("Choose file", [path]);
      await until("the file", async () => (await ask(tab, "sourceIs"))?.size === 10);
      expect(await ask(tab, "readSource", 3, 2)).toEqual({ ok: "3334" });
      expect(await ask(tab, "readSource", 9, 2)).toEqual({ code: "E_FILE_SIZE" });
      await harm(path);
      const read = await ask(tab, "readSource", 0, 10);
      expect(codes[engine], `${harm.name}: ${JSON.stringify(read)}`).toContain(
        "code" in read ? read.code : "read",
      );
      await ask(tab, "forgetSource");
    }
    await rm(folder, { recursive: true });
  });

  test("several chosen files are one set", async () => {
    const { tab } = browser;
    const folder = await mkdtemp(join(tmpdir(), "nullroom-chosen-"));
    const paths = [join(folder, "a.txt"), join(folder, "b.txt")];
    for (const [at, path] of paths.entries()) await writeFile(path, `file ${at}`);
    await tab.choose("Choose file", paths);
    expect(await until("the set", async () => (await ask(tab, "sourceIs")) ?? undefined)).toMatchObject({
      name: "files",
      size: 12,
      entries: [
        { path: "a.txt", size: 6 },
        { path: "b.txt", size: 6 },
      ],
    });
    expect(await ask(tab, "readSource", 5, 2)).toEqual({ ok: Buffer.from("0f").toString("hex") });
    await rm(folder, { recursive: true });
  });

  test("nothing of this went against the page's policy", () => {
    expect(browser.tab.record.complaints).toEqual([]);
  });

  // Last, since Firefox notes on its console that a stream has failed, as this one should.
  test("a bit that has flipped on the disk is found out, and nothing of the file given out", async () => {
    const { tab, profile } = browser;
    const size = 8 * MIB;
    const before = await search(profile, CANARY);
    await ask(tab, "open", { kind: "sealed", size });
    await ask(tab, "feed", size);
    expect(await ask(tab, "finish")).toEqual({ ok: "kept" });
    const { large } = await search(profile, CANARY, before);
    const [path = "", ...others] = large;
    expect(others).toEqual([]);
    await flipBit(path, Math.floor(Math.random() * size));
    expect(await ask(tab, "readBack", "")).toEqual({ code: "E_FILE_READ" });
    await ask(tab, "discard");
    await leavesNothing();
  });
});

type Harm = (path: string) => Promise<void>;

/** What reading may come to after each: "read" where a browser cannot know. */
const HARMS: readonly (readonly [Harm, Record<LabEngine, readonly string[]>])[] = [
  [
    async function shortened(path) {
      await truncate(path, 5);
    },
    { chromium: ["E_FILE_READ"], firefox: ["E_FILE_READ", "E_FILE_SIZE"] },
  ],
  [
    async function removed(path) {
      await rm(path);
    },
    { chromium: ["E_FILE_READ"], firefox: ["E_FILE_READ"] },
  ],
  [
    async function changed(path) {
      await writeFile(path, "9876543210");
      await utimes(path, 1, 1);
    },
    { chromium: ["E_FILE_READ"], firefox: ["read", "E_FILE_READ"] },
  ],
];

describe("in chromium only", () => {
  test("a full disk ends the file, says so, and leaves nothing", async () => {
    await using browser = await launchLab("chromium", lab.url);
    const { tab } = browser;
    await ask(tab, "standInForPickers");
    await browser.limit(6 * MIB);
    await ask(tab, "open", { kind: "picked", size: 32 * MIB });
    expect(await ask(tab, "feed", 32 * MIB)).toEqual({ code: "E_FILE_READ" });
    expect(await ask(tab, "finish")).toEqual({ code: "E_FILE_READ" });
    expect(await ask(tab, "stored")).toEqual(["picked by the person"]);
  });

  test("room that is not given is refused before a byte is taken, whatever the browser says is free", async () => {
    await using browser = await launchLab("chromium", lab.url);
    const { tab } = browser;
    await browser.limit(6 * MIB);
    expect(await ask(tab, "open", { kind: "sealed", size: 32 * MIB })).toEqual({ code: "E_FILE_LIMIT" });
    expect(await ask(tab, "stored")).toEqual([]);
    await browser.limit(undefined);
    expect(await ask(tab, "open", { kind: "sealed", size: 32 * MIB })).toEqual({ ok: "sealed" });
    expect(await ask(tab, "feed", 32 * MIB)).toEqual({ ok: 32 * MIB });
  });

  test("a dialog that is closed leaves the offer as it was", async () => {
    await using browser = await launchChromium();
    await using tab = await openTab(browser);
    await tab.goto(lab.url);
    await ask(tab, "closePickers");
    expect(await ask(tab, "open", { kind: "picked", size: 1 })).toEqual({ ok: "declined" });
  });

  test("a dropped folder is walked and keeps its paths", async () => {
    await using browser = await launchLab("chromium", lab.url);
    const { tab } = browser;
    if (!(tab instanceof ChromiumTab)) throw new Error("this is about Chromium");
    const folder = await mkdtemp(join(tmpdir(), "nullroom-dropped-"));
    await mkdir(join(folder, "photos", "more"), { recursive: true });
    for (let at = 0; at < 150; at++) await writeFile(join(folder, "photos", "more", `${at}.txt`), "x");
    await writeFile(join(folder, "photos", "top.txt"), "top");
    const session = await tab.page.context().newCDPSession(tab.page);
    const box = await tab.page.locator("#drop").boundingBox();
    const data = { items: [], files: [join(folder, "photos")], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await session.send("Input.dispatchDragEvent", {
        type,
        x: (box?.x ?? 0) + 5,
        y: (box?.y ?? 0) + 5,
        data,
      });
    }
    const source = await until("the drop", async () => (await ask(tab, "sourceIs")) ?? undefined);
    expect(source).toMatchObject({ name: "photos", size: 153 });
    const paths = source.entries?.map(({ path }) => path) ?? [];
    expect(paths).toHaveLength(151);
    expect(paths).toEqual(expect.arrayContaining(["top.txt", "more/149.txt"]));
    await rm(folder, { recursive: true });
  });
});

describe("in firefox only", () => {
  test("room that is not given is refused before a byte is taken", async () => {
    await using firefox = await Firefox.launch({ "dom.quotaManager.temporaryStorage.fixedLimit": 20 * 1024 });
    await using tab = await firefox.openTab();
    await tab.goto(lab.url);
    expect(await ask(tab, "open", { kind: "sealed", size: 64 * MIB })).toEqual({ code: "E_FILE_LIMIT" });
    expect(await ask(tab, "stored")).toEqual([]);
    const { sealed = 0 } = await ask(tab, "capabilities");
    expect(sealed).toBeLessThanOrEqual(20 * MIB);
    expect(await ask(tab, "open", { kind: "sealed", size: sealed })).toEqual({ ok: "sealed" });
    expect(await ask(tab, "feed", sealed)).toEqual({ ok: sealed });
  });

  test("a private window has no private file system: memory, up to a limit that is said before", async () => {
    await using firefox = await Firefox.launch({ "browser.privatebrowsing.autostart": true });
    await using tab = await firefox.openTab();
    await tab.goto(lab.url);
    const { sealed, memory } = await ask(tab, "capabilities");
    expect(sealed).toBeUndefined();
    expect(await ask(tab, "choose", 20 * MIB)).toMatchObject({ type: "take", kind: "memory" });
    expect(await ask(tab, "choose", 1024 * MIB)).toEqual({ type: "refuse", capacity: memory });
    await ask(tab, "sweep");
    expect(tab.record.complaints).toEqual([]);
  });
});

async function flipBit(path: string, at: number): Promise<void> {
  const file = await open(path, "r+");
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ (1 << (at % 8));
  await file.write(byte, 0, 1, at);
  await file.close();
}

function contentOf(size: number): Buffer {
  return Buffer.concat(
    Array.from({ length: Math.ceil(size / CHUNK_BYTES) }, (_, index) => chunkOf(index, size)),
  );
}

function hashOf(size: number): string {
  const hash = createHash("sha256");
  for (let index = 0; index * CHUNK_BYTES < size; index++) hash.update(chunkOf(index, size));
  return hash.digest("hex");
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

type Found = { found: string[]; large: string[] };

const NOTHING: Found = { found: [], large: [] };

/**
 * Files below `folder` that hold `text`, and those large enough to be a sealed file of this test.
 * @param before - what was there already: a copy that Chromium made for saving goes only when it collects garbage
 */
async function search(folder: string, text: string, before = NOTHING): Promise<Found> {
  const found: string[] = [];
  const large: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0)); // A browser removes files as one looks.
    const isLarge = bytes.length >= 8 * MIB && bytes.length < 9 * MIB;
    if (bytes.includes(text) && !before.found.includes(path)) found.push(path);
    if (isLarge && !before.large.includes(path)) large.push(path);
  }
  return { found, large };
}

/** Files of an archive in which nothing is compressed, by its central directory. */
function unzip(archive: Buffer): [string, Buffer][] {
  const end = archive.lastIndexOf(Buffer.from("504b0506", "hex"));
  const files: [string, Buffer][] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const name = archive.toString("utf8", at + 46, at + 46 + (nameLength ?? 0));
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    files.push([name, archive.subarray(start, start + archive.readUInt32LE(at + 24))]);
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return files;
}
