import { expect, test } from "vitest";
import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { GuardedSink } from "./guarded-sink.ts";
import type { FileWriter, Received } from "./sink.ts";

/** Notes what is asked of it; fails and blocks on demand. */
class NotedWriter implements FileWriter {
  readonly calls: string[] = [];
  readonly bytes: number[] = [];
  failure: Error | undefined;
  gate: Promise<void> = Promise.resolve();

  async write(chunk: Bytes): Promise<void> {
    await this.gate;
    if (this.failure) throw this.failure;
    this.calls.push(`write ${chunk.length}`);
    this.bytes.push(...chunk);
  }

  async close(): Promise<Received> {
    this.calls.push("close");
    return { type: "saved" };
  }

  async drop(): Promise<void> {
    this.calls.push("drop");
  }
}

function sinkOf(size: number, signal = new AbortController().signal) {
  const writer = new NotedWriter();
  return { writer, sink: new GuardedSink(writer, size, signal) };
}

const bytes = (...values: number[]) => new Uint8Array(values);

test("bytes go in order, also when nobody waits", async () => {
  const { writer, sink } = sinkOf(5);
  await Promise.all([sink.write(bytes(1, 2)), sink.write(bytes(3)), sink.write(bytes(4, 5))]);
  expect(writer.bytes).toEqual([1, 2, 3, 4, 5]);
  expect(sink.received).toBe(5);
  expect(await sink.finish()).toEqual({ type: "saved" });
  expect(writer.calls).not.toContain("drop");
});

test("one byte too many ends it and removes everything", async () => {
  const { writer, sink } = sinkOf(2);
  await sink.write(bytes(1, 2));
  await expect(sink.write(bytes(3))).rejects.toMatchObject({ code: "E_FILE_SIZE" });
  expect(writer.calls).toEqual(["write 2", "drop"]);
  await expect(sink.finish()).rejects.toMatchObject({ code: "E_FILE_SIZE" });
});

test("one byte too few is never finished", async () => {
  const { writer, sink } = sinkOf(2);
  await sink.write(bytes(1));
  await expect(sink.finish()).rejects.toMatchObject({ code: "E_FILE_SIZE" });
  expect(writer.calls).toEqual(["write 1", "drop"]);
});

test("nothing follows a finished file", async () => {
  const { writer, sink } = sinkOf(0);
  await sink.finish();
  await expect(sink.write(bytes())).rejects.toMatchObject({ code: "E_FILE_SIZE" });
  await expect(sink.finish()).rejects.toMatchObject({ code: "E_FILE_SIZE" });
  expect(writer.calls.filter((call) => call === "close")).toHaveLength(1);
});

test("the first failure is the one that is told, whatever comes after", async () => {
  const { writer, sink } = sinkOf(9);
  writer.failure = new DOMException("disk", "QuotaExceededError");
  const first = sink.write(bytes(1));
  const second = sink.write(bytes(2));
  await expect(first).rejects.toMatchObject({ code: "E_FILE_READ" });
  await expect(second).rejects.toMatchObject({ code: "E_FILE_READ" });
  expect(writer.calls).toEqual(["drop"]);
  await sink.abort();
  expect(writer.calls).toEqual(["drop"]);
});

test("a mistake in a writer does not pass for a full disk", async () => {
  const { writer, sink } = sinkOf(9);
  writer.failure = new TypeError("planted");
  await expect(sink.write(bytes(1))).rejects.toMatchObject({ code: "E_INTERNAL", cause: writer.failure });
  expect(writer.calls).toEqual(["drop"]);
});

test("a writer's own code is kept", async () => {
  const { writer, sink } = sinkOf(9);
  writer.failure = new NullroomError("E_FILE_LIMIT", "planted");
  await expect(sink.write(bytes(1))).rejects.toMatchObject({ code: "E_FILE_LIMIT" });
});

test("giving up does not wait for a write that hangs, and no byte counts after it", async () => {
  const { writer, sink } = sinkOf(9);
  let open: () => void = () => expect.unreachable();
  writer.gate = new Promise((resolve) => {
    open = resolve;
  });
  const hanging = sink.write(bytes(1));
  await Promise.resolve();
  await sink.abort();
  expect(writer.calls).toEqual(["drop"]);
  open();
  await expect(hanging).rejects.toMatchObject({ code: "E_FILE_CANCELLED" });
  await expect(sink.write(bytes(2))).rejects.toMatchObject({ code: "E_FILE_CANCELLED" });
});

test("the end of its lifetime removes it, before, meanwhile and after", async () => {
  for (const moment of ["before", "meanwhile", "after"] as const) {
    const lifetime = new AbortController();
    if (moment === "before") lifetime.abort();
    const { writer, sink } = sinkOf(0, lifetime.signal);
    if (moment === "after") await sink.finish();
    lifetime.abort();
    expect(writer.calls.filter((call) => call === "drop")).toEqual(["drop"]);
  }
});
