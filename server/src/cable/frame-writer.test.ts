import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { frameWriter } from "./frame-writer.ts";

/** What has left the process: one list of chunks per system call. */
let calls: string[][];
let stream: Writable;

beforeEach(() => {
  calls = [];
  stream = new Writable({
    write(chunk, _encoding, done) {
      calls.push([String(chunk)]);
      done();
    },
    writev(chunks, done) {
      calls.push(chunks.map(({ chunk }) => String(chunk)));
      done();
    },
  });
});

function say(...words: string[]): void {
  for (const word of words) {
    frameWriter.write(stream, Buffer.from(word));
  }
}

test("frames of one turn leave in one call when it ends, in order", async () => {
  say("welcome", "confirm");
  await Promise.resolve();
  say("init");
  expect(calls).toEqual([]);
  await turn();
  expect(calls).toEqual([["welcome", "confirm", "init"]]);
});

test("frames of the next turn leave when that one ends", async () => {
  say("first");
  await turn();
  say("second");
  await turn();
  expect(calls).toEqual([["first"], ["second"]]);
});

test("a frame that is written just before the end still goes out", async () => {
  say("goodbye");
  stream.end();
  await turn();
  expect(calls).toEqual([["goodbye"]]);
  expect(stream.writableFinished).toBe(true);
});

test("a stream that is destroyed sends nothing more and raises no error", async () => {
  say("never heard");
  stream.destroy();
  await turn();
  expect(calls).toEqual([]);
});

test.each([5, 125, 126, 300])("a frame of %i characters says its length", (length) => {
  const frame = frameWriter.textFrame("x".repeat(length));
  const headLength = length < 126 ? 2 : 4;
  expect(frame).toHaveLength(headLength + length);
  expect(frame[0]).toBe(0x81);
  expect(frame[1]).toBe(length < 126 ? length : 126);
  if (length >= 126) expect(Buffer.from(frame).readUInt16BE(2)).toBe(length);
});
