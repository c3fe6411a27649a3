import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { gatherWrites } from "./gather-writes.ts";

/** What left, each system call's chunks together. */
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
    gatherWrites(stream);
    stream.write(word);
  }
}

test("what is said in one turn leaves in one call when it ends, in order", async () => {
  say("welcome", "confirm");
  await Promise.resolve();
  say("init");
  expect(calls).toEqual([]);
  await turn();
  expect(calls).toEqual([["welcome", "confirm", "init"]]);
});

test("the next turn's words are not held up by the last one's", async () => {
  say("first");
  await turn();
  say("second");
  await turn();
  expect(calls).toEqual([["first"], ["second"]]);
});

test("a last word goes out before the end", async () => {
  say("goodbye");
  stream.end();
  await turn();
  expect(calls).toEqual([["goodbye"]]);
  expect(stream.writableFinished).toBe(true);
});

test("a socket that is cut off says nothing more and disturbs nobody", async () => {
  say("never heard");
  stream.destroy();
  await turn();
  expect(calls).toEqual([]);
});
