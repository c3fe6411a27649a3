import fc from "fast-check";
import { expect, test } from "vitest";
import { fileSet } from "./file-set.ts";
import { SetSource } from "./set-source.ts";
import { BlobSource, type FileSource } from "./source.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("any slice is that slice, and nothing lies outside", async () => {
  const source = new BlobSource(new Blob(["0123456789"], { type: "text/plain;charset=utf-8" }), "a/b.txt");
  expect([source.name, source.type, source.size]).toEqual(["a_b.txt", "text/plain", 10]);
  expect(text(await source.read(3, 4))).toBe("3456");
  expect(text(await source.read(10, 0))).toBe("");
  for (const [offset, length] of [
    [-1, 2],
    [0, 11],
    [11, 0],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
  ] as const) {
    await expect(source.read(offset, length)).rejects.toMatchObject({ code: "E_FILE_SIZE" });
  }
});

test("a file that became shorter or cannot be read is refused, never padded", async () => {
  const shorter = new Blob(["0123456789"]);
  shorter.slice = () => new Blob(["01"]);
  await expect(new BlobSource(shorter, "a").read(0, 10)).rejects.toMatchObject({ code: "E_FILE_SIZE" });

  const gone = new Blob(["0123456789"]);
  gone.slice = () => {
    throw new DOMException("planted", "NotReadableError");
  };
  await expect(new BlobSource(gone, "a").read(0, 10)).rejects.toMatchObject({ code: "E_FILE_READ" });
});

test("a set reads as its files one after another, wherever it is cut", async () => {
  const parts = fc.array(fc.string({ unit: "binary-ascii", maxLength: 5 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(parts, fc.nat(40), fc.nat(40), async (contents, from, wanted) => {
      const whole = contents.join("");
      const source = setOf(contents);
      const offset = Math.min(from, whole.length);
      const length = Math.min(wanted, whole.length - offset);
      expect(text(await source.read(offset, length))).toBe(whole.slice(offset, offset + length));
    }),
  );
});

test("a set takes only its own files", () => {
  const set = fileSet("s", [{ path: "a", size: 1 }]);
  expect(() => new SetSource(set, [])).toThrow(/E_FILE_SIZE/);
  expect(() => new SetSource(set, [new BlobSource(new Blob(["22"]), "a")])).toThrow(/E_FILE_SIZE/);
});

function setOf(contents: readonly string[]): FileSource {
  const blobs = contents.map((content) => new Blob([content]));
  const entries = blobs.map(({ size }, at) => ({ path: `file ${at}`, size }));
  return new SetSource(
    fileSet("s", entries),
    blobs.map((blob, at) => new BlobSource(blob, `file ${at}`)),
  );
}
