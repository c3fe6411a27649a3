import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { readHeap, watchHeap } from "../../testing/instruments/secrets/heap.ts";
import { holding } from "../../testing/instruments/secrets/values.ts";
import { Profile } from "../../testing/instruments/trace/profile.ts";

/** Before a scan that finds nothing means anything: what a real browser keeps is found where the browser put it. */
const site = createServer((_, response) => {
  response.setHeader("content-type", "text/html").end("<!doctype html><title>instruments</title><input>");
});
let origin = "";

beforeAll(async () => {
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

function word(): string {
  return randomBytes(16).toString("hex");
}

describe("a scan of a real browser's profile", () => {
  test("finds what a page stored and where a person has been, and nothing that never was", async () => {
    const said = { stored: word(), visited: word(), indexed: word(), never: word() };
    const key = randomBytes(32);
    await using profile = await Profile.create();
    const browser = await profile.open();
    const page = await browser.newPage();
    await page.goto(`${origin}/rooms/1#2.${said.visited}`);
    await page.evaluate(
      async ([stored, indexed, bytes]) => {
        localStorage.setItem("draft", stored);
        const opening = indexedDB.open("database");
        await new Promise<void>((resolve, reject) => {
          opening.onupgradeneeded = () => {
            opening.result.createObjectStore("store").put({ indexed, key: Uint8Array.from(bytes) }, "entry");
          };
          opening.onsuccess = () => resolve();
          opening.onerror = () => reject(opening.error);
        });
        opening.result.close();
      },
      [said.stored, said.indexed, [...key]] as const,
    );
    await browser.close();

    const canaries = [...Object.entries({ ...said, key })].map(([name, value]) => ({ name, value }));
    const traces = await profile.scan(canaries);
    const where = (canary: string) =>
      traces.filter((trace) => trace.canary === canary).map(({ file }) => file);
    expect(where("stored").join()).toContain("Local Storage/leveldb");
    expect(where("visited").join()).toContain("History");
    expect(where("indexed").join()).toContain("IndexedDB");
    expect(where("key").join()).toContain("IndexedDB");
    expect(where("never")).toEqual([]);
  });
});

describe("a look into a page's heap", () => {
  test("finds bytes, texts and keys that the page still holds, wherever it holds them, and not what it let go", async () => {
    const [held, dropped] = [randomBytes(32), randomBytes(32)];
    const text = word();
    await using browser = await launchChromium();
    await using tab = await openTab(browser);
    await watchHeap(tab.page);
    await tab.goto(origin);
    await tab.evaluate(
      async ({ held, dropped, text }) => {
        class Keeper {
          #secret = Uint8Array.from(held);
          copies = [this.#secret.slice(), this.#secret.subarray(1)];
          get size() {
            return this.#secret.length + this.copies.length;
          }
        }
        const keeper = new Keeper();
        const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["decrypt"]);
        const said = `said ${text}`;
        addEventListener("never", () => [keeper.size, key.type, said]);
        const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(dropped)); // Both are let go of here.
        if (digest.byteLength !== 32) throw new Error("no digest");
      },
      { held: [...held], dropped: [...dropped], text },
    );
    const heap = await readHeap(tab.page);
    const values = { ...heap, keys: [] };
    expect(holding(values, held)).toHaveLength(2); // The field and its copy; a part of an array is the same memory.
    expect(holding(values, dropped)).toEqual([]);
    expect(holding(values, createHash("sha256").update(dropped).digest())).toEqual([]);
    expect(heap.strings.some(({ value }) => value.includes(text))).toBe(true);
    expect(heap.keys).toEqual(["secret AES-GCM for decrypt"]);
  });
});
