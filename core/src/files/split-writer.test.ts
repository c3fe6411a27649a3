import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bytes } from "../brand.ts";
import { fileSet, type SetEntry } from "./file-set.ts";
import type { Received } from "./sink.ts";
import { type SetWriter, SplitWriter } from "./split-writer.ts";

class NotedFolder implements SetWriter {
  readonly files: { path: string; bytes: number[]; whole: boolean }[] = [];
  closed = false;

  async begin({ path }: SetEntry): Promise<void> {
    this.files.push({ path, bytes: [], whole: false });
  }
  async write(chunk: Bytes): Promise<void> {
    this.files.at(-1)?.bytes.push(...chunk);
    structuredClone(chunk.buffer, { transfer: [chunk.buffer] }); // A worker would take the memory.
  }
  async end(): Promise<void> {
    const file = this.files.at(-1);
    if (file) file.whole = true;
  }
  async close(): Promise<Received> {
    this.closed = true;
    return { type: "saved" };
  }
  async drop(): Promise<void> {
    expect.unreachable();
  }
}

test("however the bytes come, each file gets its own, empty ones included", async () => {
  const sizes = fc.array(fc.nat(6), { minLength: 1, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (lengths, cuts) => {
        const set = fileSet(
          "s",
          lengths.map((size, at) => ({ path: `${at}`, size })),
        );
        const folder = new NotedFolder();
        const writer = new SplitWriter(set, folder);
        for (let offset = 0, turn = 0; offset < set.size; turn++) {
          const length = Math.min(cuts[turn % cuts.length] ?? 1, set.size - offset);
          await writer.write(Uint8Array.from({ length }, (_, at) => offset + at));
          offset += length;
        }
        await writer.close();
        expect(folder.closed).toBe(true);
        expect(folder.files.map((file) => [file.bytes.length, file.whole])).toEqual(
          lengths.map((size) => [size, true]),
        );
        expect(folder.files.flatMap((file) => file.bytes)).toEqual(
          Array.from({ length: set.size }, (_, at) => at),
        );
      },
    ),
  );
});
