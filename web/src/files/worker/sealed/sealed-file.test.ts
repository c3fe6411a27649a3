import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { BLOCK_BYTES, BlockCipher, STRIDE_BYTES } from "./blocks.ts";
import type { Disk } from "./disk.ts";
import { SealedFile } from "./sealed-file.ts";

class MemoryDisk implements Disk {
  bytes = Buffer.alloc(0);
  capacity = Number.POSITIVE_INFINITY;

  read(buffer: Uint8Array, { at }: { at: number }): number {
    const found = this.bytes.subarray(at, at + buffer.length);
    buffer.set(found);
    return found.length;
  }
  write(buffer: Uint8Array, { at }: { at: number }): number {
    const taken = buffer.subarray(0, Math.max(0, this.capacity - at));
    const grown = Buffer.alloc(Math.max(this.bytes.length, at + taken.length));
    this.bytes.copy(grown);
    grown.set(taken, at);
    this.bytes = grown;
    return taken.length;
  }
  truncate(size: number): void {
    expect(this.bytes.length).toBeLessThanOrEqual(size);
  }
  flush(): void {
    expect(this.bytes.length).toBeGreaterThan(0);
  }
  close(): void {
    this.bytes = Buffer.alloc(0);
  }
}

const never = new AbortController().signal;
const sizes = [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES];

async function sealed(whole: Uint8Array, chunk = 65_280) {
  const disk = new MemoryDisk();
  const file = new SealedFile(disk, await BlockCipher.create());
  for (let at = 0; at < whole.length; at += chunk) await file.append(whole.subarray(at, at + chunk));
  await file.end();
  return { disk, file };
}

async function readAll(file: SealedFile): Promise<Buffer> {
  return Buffer.from(await new Response(file.stream(never)).arrayBuffer());
}

test.each(sizes)("%i bytes come out as they went in, twice, and lie there unreadable", async (size) => {
  const whole = randomBytes(size);
  const { disk, file } = await sealed(whole);
  expect((await readAll(file)).equals(whole)).toBe(true);
  expect((await readAll(file)).equals(whole)).toBe(true);
  if (size >= 32) expect(disk.bytes.includes(whole.subarray(0, 32))).toBe(false);
});

test.each([1, 1000, BLOCK_BYTES, 2 * BLOCK_BYTES + 1])(
  "cut into chunks of %i bytes it is the same",
  async (chunk) => {
    const whole = randomBytes(2 * BLOCK_BYTES + 5).subarray(chunk === 1 ? 2 * BLOCK_BYTES - 100 : 0);
    const { file } = await sealed(whole, chunk);
    expect((await readAll(file)).equals(whole)).toBe(true);
  },
);

test("a changed, swapped or shortened file is refused, never given out", async () => {
  const whole = randomBytes(2 * BLOCK_BYTES + 5);
  for (const harm of [
    (bytes: Buffer) => bytes.fill((bytes[STRIDE_BYTES + 9] ?? 0) ^ 1, STRIDE_BYTES + 9, STRIDE_BYTES + 10),
    (bytes: Buffer) => bytes.copyWithin(0, STRIDE_BYTES, 2 * STRIDE_BYTES),
    (bytes: Buffer) => bytes.subarray(0, -1),
  ]) {
    const { disk, file } = await sealed(whole);
    disk.bytes = Buffer.from(harm(disk.bytes));
    await expect(readAll(file)).rejects.toMatchObject({ code: "E_FILE_READ" });
  }
});

test("a full disk is an error, not a shorter file", async () => {
  const disk = new MemoryDisk();
  disk.capacity = STRIDE_BYTES + 5;
  const file = new SealedFile(disk, await BlockCipher.create());
  await file.append(randomBytes(2 * BLOCK_BYTES));
  await expect(file.append(randomBytes(1))).rejects.toMatchObject({ code: "E_FILE_READ" });
});

test("nothing is given out before the end", async () => {
  const file = new SealedFile(new MemoryDisk(), await BlockCipher.create());
  await file.append(randomBytes(BLOCK_BYTES + 1));
  await expect(readAll(file)).rejects.toMatchObject({ code: "E_FILE_READ" });
});
