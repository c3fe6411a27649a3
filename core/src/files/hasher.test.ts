import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileHasher } from "./hasher.ts";
import { sameHash } from "./same-hash.ts";

test("any cut into chunks has the hash of the whole", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (chunks) => {
      const hasher = new FileHasher();
      for (const chunk of chunks) hasher.update(chunk);
      const expected = createHash("sha256").update(Buffer.concat(chunks)).digest();
      expect(sameHash(hasher.digest(), expected)).toBe(true);
    }),
  );
});

test("a hash is the same only as itself", () => {
  const hash = new FileHasher().digest();
  for (let bit = 0; bit < 256; bit++) {
    const other = hash.slice();
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(sameHash(hash, other)).toBe(false);
  }
  expect(sameHash(hash, hash.subarray(1))).toBe(false);
  expect(sameHash(new Uint8Array(), new Uint8Array())).toBe(false);
});
