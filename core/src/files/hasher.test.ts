import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Hashing, hasherOf, PIECE_BYTES } from "./hasher.ts";
import { sameHash } from "./same-hash.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** spec/5-files.md §4, of a whole that lies in memory. */
function expected(hashing: Hashing, whole: Buffer): Buffer {
  if (hashing === "whole") return sha256(whole);
  const count = Math.ceil(whole.length / PIECE_BYTES);
  const pieces = Array.from({ length: count }, (_, at) =>
    sha256(whole.subarray(at * PIECE_BYTES, (at + 1) * PIECE_BYTES)),
  );
  return sha256(Buffer.concat([Buffer.from("nr2 pieces"), ...pieces]));
}

async function hashOf(hashing: Hashing, chunks: readonly Uint8Array[]): Promise<Uint8Array> {
  const hasher = hasherOf(hashing);
  for (const chunk of chunks) {
    const hashed = hasher.update(chunk);
    chunk.fill(0); // Whoever gives a chunk may have its memory back at once.
    await hashed;
  }
  return hasher.digest();
}

test.each(["whole", "pieces"] as const)(
  "any cut into chunks has the hash of the file: %s",
  async (hashing) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 })), async (chunks) => {
        const hash = expected(hashing, Buffer.concat(chunks));
        expect(sameHash(await hashOf(hashing, chunks), hash)).toBe(true);
      }),
    );
  },
);

test("chunks may end anywhere in pieces, and be longer than those", async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: PIECE_BYTES * 2.5 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(lengths, async (cut) => {
      const chunks = cut.map((length, at) => new Uint8Array(length).fill(at + 1));
      const hash = expected("pieces", Buffer.concat(chunks));
      expect(sameHash(await hashOf("pieces", chunks), hash)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test("what is given without waiting is hashed in order", async () => {
  const chunks = Array.from({ length: 40 }, (_, at) => new Uint8Array(PIECE_BYTES / 7).fill(at));
  const hasher = hasherOf("pieces");
  await Promise.all(chunks.map((chunk) => hasher.update(chunk)));
  expect(sameHash(await hasher.digest(), expected("pieces", Buffer.concat(chunks)))).toBe(true);
});

test("a hash is the same only as itself", async () => {
  const hash = await hasherOf("whole").digest();
  for (let bit = 0; bit < 256; bit++) {
    const other = hash.slice();
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(sameHash(hash, other)).toBe(false);
  }
  expect(sameHash(hash, hash.subarray(1))).toBe(false);
  expect(sameHash(new Uint8Array(), new Uint8Array())).toBe(false);
});
