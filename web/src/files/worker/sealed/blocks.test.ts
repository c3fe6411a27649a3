import fc from "fast-check";
import { expect, test } from "vitest";
import { BLOCK_BYTES, BlockCipher, sealedSize, TAG_BYTES } from "./blocks.ts";

const position = fc.record({ index: fc.maxSafeNat(), length: fc.nat(0xffffffff), last: fc.boolean() });

test("open undoes seal, and only at the same position of the same file", async () => {
  const [cipher, other] = await Promise.all([BlockCipher.create(), BlockCipher.create()]);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 99 }), position, position, async (bytes, at, elsewhere) => {
      const plain = new Uint8Array(bytes);
      const sealed = await cipher.seal(plain, at);
      expect(sealed.length).toBe(plain.length + TAG_BYTES);
      expect(await cipher.open(sealed, at)).toEqual(plain);
      const same = JSON.stringify(at) === JSON.stringify(elsewhere);
      if (!same) await expect(cipher.open(sealed, elsewhere)).rejects.toThrow();
      await expect(cipher.open(sealed, { ...at, last: !at.last })).rejects.toThrow();
      await expect(other.open(sealed, at)).rejects.toThrow();
    }),
  );
});

test("any flipped bit is refused", async () => {
  const cipher = await BlockCipher.create();
  const at = { index: 7, length: 3, last: false };
  const sealed = await cipher.seal(new Uint8Array([1, 2, 3]), at);
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const flipped = sealed.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await expect(cipher.open(flipped, at)).rejects.toThrow();
  }
});

test("the size on the disk is known beforehand", () => {
  const sizes = [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1];
  expect(sizes.map((size) => sealedSize(size) - size)).toEqual([1, 1, 1, 2].map((tags) => tags * TAG_BYTES));
});
