import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tempTree } from "../../temp-tree.ts";
import type { Canary } from "./encodings.ts";
import { scan } from "./scan.ts";

/** Unique, with a space and a character beyond ASCII, so that each encoding makes something else of it. */
function sentence(): string {
  const random = () => randomBytes(6).toString("hex");
  return `wolf ${random()} übt ${random()} & ${random()}`;
}

async function tracesIn(content: Buffer, canary: Canary): Promise<string[]> {
  await using folder = await tempTree({ "profile/Default/other": "nothing" });
  await writeFile(join(folder.path, "profile/Default/database"), content);
  return (await scan(folder.path, [canary])).map(({ encoding, file }) => `${encoding} in ${file}`);
}

const noise = (size: number) => randomBytes(size);
const file = "profile/Default/database";

const encodings: [string, (text: string) => Buffer][] = [
  ["utf-8 or bytes", (text) => Buffer.from(text)],
  ["utf-16, little end first", (text) => Buffer.from(text, "utf16le")],
  ["utf-16, big end first", (text) => Buffer.from(text, "utf16le").swap16()],
  ["latin-1", (text) => Buffer.from(text, "latin1")],
  ["hex", (text) => Buffer.from(Buffer.from(text).toString("hex").toUpperCase())],
  ["base64", (text) => Buffer.from(Buffer.from(text).toString("base64"))],
  ["base64", (text) => Buffer.from(Buffer.from(`x${text}`).toString("base64"))],
  ["base64", (text) => Buffer.from(Buffer.from(`xy${text}yx`).toString("base64"))],
  ["percent", (text) => Buffer.from(`https://null.example/?q=${encodeURIComponent(text)}`)],
  ["percent", (text) => Buffer.from(new URLSearchParams({ q: text }).toString())],
  ["JSON escapes", (text) => Buffer.from(JSON.stringify(text).replace("ü", "\\u00fc"))],
];

describe("a scan", () => {
  test.each(encodings)("finds a text in %s", async (encoding, write) => {
    const text = sentence();
    const content = Buffer.concat([noise(5_001), write(text), noise(777)]);
    expect(await tracesIn(content, { name: "draft", value: text })).toContain(`${encoding} in ${file}`);
  });

  test.each([0, 1, 2, 3])("finds a key as raw bytes, and in base64 behind %i other bytes", async (offset) => {
    const key = randomBytes(32);
    const encoded = Buffer.concat([noise(offset), key, noise(5)]).toString("base64");
    expect(await tracesIn(key, { name: "key", value: key })).toContain(`utf-8 or bytes in ${file}`);
    expect(await tracesIn(Buffer.from(encoded), { name: "key", value: key })).toContain(`base64 in ${file}`);
  });

  test("finds a key whose base64url is not its base64", async () => {
    const key = Buffer.from(randomBytes(32).map((byte) => 0xf8 | byte));
    const content = Buffer.from(key.toString("base64url"));
    expect(content.toString()).toMatch(/[-_]/);
    expect(await tracesIn(content, { name: "key", value: key })).toContain(`base64url in ${file}`);
  });

  test("finds any sixteen bytes of a text whose rest a compressor has replaced", async () => {
    const text = randomBytes(24).toString("hex");
    for (let from = 0; from + 16 <= text.length; from++) {
      const content = Buffer.concat([noise(100), Buffer.from(text.slice(from, from + 16)), noise(100)]);
      const traces = await tracesIn(content, { name: "draft", value: text });
      expect([from, new Set(traces)]).toEqual([from, new Set([`utf-8 or bytes in ${file}`])]);
    }
  });

  test("finds what lies across the seam of two chunks, once", async () => {
    const key = randomBytes(8);
    const content = Buffer.concat([Buffer.alloc(4 * 1024 * 1024 - 3), key, Buffer.alloc(10)]);
    expect(await tracesIn(content, { name: "key", value: key })).toEqual([`utf-8 or bytes in ${file}`]);
  });

  test("finds it in the name of a file too", async () => {
    const name = randomBytes(8).toString("hex");
    await using folder = await tempTree({ [`downloads/${name}.txt`]: "" });
    const [trace] = await scan(folder.path, [{ name: "file name", value: name }]);
    expect(trace?.file).toBe(`downloads/${name}.txt (its name)`);
  });

  test("finds nothing where there is nothing, in 8 MB", async () => {
    const canaries = [sentence(), sentence(), randomBytes(32)].map((value, index) => ({
      name: `${index}`,
      value,
    }));
    await using folder = await tempTree({});
    await writeFile(join(folder.path, "noise"), noise(8_000_000));
    expect(await scan(folder.path, canaries)).toEqual([]);
  });

  test("goes on when files and folders vanish meanwhile, but not when there is nothing to look at", async () => {
    const key = randomBytes(8);
    const files = Array.from({ length: 200 }, (_, at) => [`${at}/doomed`, "x"]);
    await using folder = await tempTree(Object.fromEntries(files));
    await writeFile(join(folder.path, "zz kept"), key);
    const looking = scan(folder.path, [{ name: "key", value: key }]);
    for (let at = 199; at >= 0; at--) await rm(join(folder.path, `${at}`), { recursive: true });
    expect((await looking).map((found) => found.file)).toEqual(["zz kept"]);
    await expect(scan(join(folder.path, "0"), [{ name: "key", value: key }])).rejects.toThrow("ENOENT");
  });

  test("refuses a canary that could be anywhere by chance", async () => {
    await expect(tracesIn(noise(10), { name: "short", value: "hello" })).rejects.toThrow("too short");
  });
});
