import fc from "fast-check";
import { expect, test } from "vitest";
import { scaled } from "../../../../../testing/scale.ts";
import type { Bytes } from "../../../brand.ts";
import { type Chunk, type FileEnd, Reassembly } from "./reassembly.ts";

const chunk = (offset: number, length = 10): Chunk => ({
  ...{ type: "chunk", fileId: 1, offset },
  data: Uint8Array.from({ length }, (_, at) => (offset + at) % 251),
});

const end = (size: number): FileEnd => ({ type: "file_end", fileId: 1, size, sha256: new Uint8Array(32) });

const on = (bulkId: number, of = 3) => ({ bulkId, of });

const lengths = (taken: Bytes[]) => taken.map(({ length }) => length);

/** A file in chunks, each on a bulk channel; every channel brings its own in order, and they are mixed in any way. */
const JOURNEY = fc
  .array(fc.record({ length: fc.integer({ min: 1, max: 20 }), bulkId: fc.nat(3) }), {
    minLength: 1,
    maxLength: 40,
  })
  .chain((sent) =>
    fc.record({ sent: fc.constant(sent), order: fc.infiniteStream(fc.nat(3)), endOn: fc.nat(3) }),
  );

/** What comes out, and how often the end does. */
function putTogether(
  channels: (Chunk | FileEnd)[][],
  order: Iterator<number>,
): { bytes: number[]; ends: number } {
  const reassembly = new Reassembly(0);
  const bytes: number[] = [];
  let ends = 0;
  while (channels.some(({ length }) => length > 0)) {
    const bulkId = order.next().value ?? 0;
    const frame = channels[bulkId]?.shift();
    if (frame?.type === "chunk") for (const data of reassembly.add(frame, on(bulkId, 4))) bytes.push(...data);
    const isOver =
      frame?.type === "chunk" ? reassembly.concluded : frame && reassembly.conclude(frame, on(bulkId, 4));
    if (isOver) ends += 1;
  }
  return { bytes, ends };
}

test("whatever overtakes what, every byte comes out once and in order, and then the end", () => {
  fc.assert(
    fc.property(JOURNEY, ({ sent, order, endOn }) => {
      const channels: (Chunk | FileEnd)[][] = [[], [], [], []];
      let size = 0;
      for (const { length, bulkId } of sent) {
        channels[bulkId]?.push(chunk(size, length));
        size += length;
      }
      channels[endOn]?.push(end(size));
      const { bytes, ends } = putTogether(channels, order);
      expect(bytes).toEqual(Array.from({ length: size }, (_, at) => at % 251));
      expect(ends).toBe(1);
    }),
    { numRuns: scaled(100_000, 2_000) },
  );
});

test("on one channel a gap or an overlap is refused at once", () => {
  const reassembly = new Reassembly(0);
  expect(lengths(reassembly.add(chunk(0), on(1, 1)))).toEqual([10]);
  expect(() => reassembly.add(chunk(20), on(1, 1))).toThrow("E_FILE_OFFSET");
  expect(() => new Reassembly(50).add(chunk(40), on(1, 1))).toThrow("E_FILE_OFFSET");
});

test("over several channels a gap is refused when none of them can fill it any more", () => {
  const reassembly = new Reassembly(0);
  expect(reassembly.add(chunk(10), on(1))).toEqual([]);
  expect(reassembly.add(chunk(30), on(2))).toEqual([]);
  expect(() => reassembly.add(chunk(50), on(3))).toThrow("E_FILE_OFFSET");
});

test.each([
  ["the same again on another channel", 10, 2],
  ["what covers what waits", 5, 2],
  ["what is covered already", 0, 2],
  ["what goes back on its own channel", 30, 1],
])("%s is refused", (_, offset, bulkId) => {
  const reassembly = new Reassembly(0);
  reassembly.add(chunk(0), on(2));
  reassembly.add(chunk(10), on(3));
  reassembly.add(chunk(40), on(1));
  expect(() => reassembly.add(chunk(offset), on(bulkId))).toThrow("E_FILE_OFFSET");
});

test("an end waits for what it has overtaken, comes once, and is believed at once where nothing can come", () => {
  const reassembly = new Reassembly(0);
  expect(reassembly.conclude(end(10), on(1))).toBe(false);
  expect(() => reassembly.conclude(end(10), on(2))).toThrow("E_FILE_OFFSET");
  expect(lengths(reassembly.add(chunk(0), on(3)))).toEqual([10]);
  expect(reassembly.concluded?.size).toBe(10);
  expect(new Reassembly(0).conclude(end(10), on(1, 1))).toBe(true);
});

test("tiny chunks that wait for nothing fill no memory", () => {
  const reassembly = new Reassembly(0);
  const fill = () => {
    for (let offset = 1; ; offset += 2) reassembly.add(chunk(offset, 1), on(1));
  };
  expect(fill).toThrow("E_FILE_CREDIT");
});
