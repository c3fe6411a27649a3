import { fileSet } from "@nullroom/core/files/file-set";
import { expect, test } from "vitest";
import { MemoryDestination } from "./memory-destination.ts";

const never = new AbortController().signal;
const file = (size: number) => ({ name: "a", type: "text/plain", size });

test("all files share it, and what is given up comes back once", () => {
  const [memory, lifetime] = [new MemoryDestination(10), new AbortController()];
  expect(memory.pass(file(6), lifetime.signal)).toEqual({ kind: "memory" });
  expect(memory.left).toBe(4);
  expect(() => memory.pass(file(5), never)).toThrow("E_FILE_LIMIT");
  lifetime.abort();
  lifetime.abort();
  expect(memory.left).toBe(10);
});

test("a file that is over already takes nothing", () => {
  const memory = new MemoryDestination(10);
  memory.pass(file(6), AbortSignal.abort());
  expect(memory.left).toBe(10);
});

test("an archive counts with what it adds", () => {
  const set = fileSet("s", [{ path: "a", size: 3 }]);
  expect(() => new MemoryDestination(10).pass({ ...file(3), set }, never)).toThrow("E_FILE_LIMIT");
});
