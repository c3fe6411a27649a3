import type { Bytes } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import { fileSet } from "@nullroom/core/files/file-set";
import { GuardedSink } from "@nullroom/core/files/guarded-sink";
import type { FileWriter, Received } from "@nullroom/core/files/sink";
import { SplitWriter } from "@nullroom/core/files/split-writer";
import { expect, test } from "vitest";
import { archiveOf, ZipWriter } from "./zip-writer.ts";

class SmallDisk implements FileWriter {
  written = 0;
  dropped = false;
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }
  async write(chunk: Bytes): Promise<void> {
    if (this.written + chunk.length > this.#capacity) throw new NullroomError("E_FILE_READ", "full");
    this.written += chunk.length;
  }
  async close(): Promise<Received> {
    return { type: "saved" };
  }
  async drop(): Promise<void> {
    this.dropped = true;
  }
}

const set = fileSet("s", [
  { path: "a", size: 3000 },
  { path: "b/ü", size: 0 },
  { path: "c", size: 5000 },
]);

function zipInto(disk: SmallDisk): GuardedSink {
  return new GuardedSink(new SplitWriter(set, new ZipWriter(disk)), set.size, new AbortController().signal);
}

test("the size of the archive is known before its first byte", async () => {
  const disk = new SmallDisk(Number.POSITIVE_INFINITY);
  const sink = zipInto(disk);
  for (let sent = 0; sent < set.size; sent += 500) await sink.write(new Uint8Array(500));
  await sink.finish();
  expect(disk.written).toBe(archiveOf(set).size);
});

test.each([0, 10, 2500, 4000, 8050])(
  "a disk that is full after %i bytes ends it; nobody waits for ever",
  async (capacity) => {
    const disk = new SmallDisk(capacity);
    const sink = zipInto(disk);
    const all = async () => {
      for (let sent = 0; sent < set.size; sent += 500) await sink.write(new Uint8Array(500));
      await sink.finish();
    };
    await expect(all()).rejects.toMatchObject({ code: "E_FILE_READ" });
    expect(disk.dropped).toBe(true);
  },
);

test("giving up half-way ends it at once", async () => {
  const disk = new SmallDisk(Number.POSITIVE_INFINITY);
  const sink = zipInto(disk);
  await sink.write(new Uint8Array(4000));
  await sink.abort();
  expect(disk.dropped).toBe(true);
  await expect(sink.write(new Uint8Array(1))).rejects.toMatchObject({ code: "E_FILE_CANCELLED" });
});
