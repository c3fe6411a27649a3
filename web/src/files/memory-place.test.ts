import { fileSet } from "@nullroom/core/files/file-set";
import { expect, test } from "vitest";
import { MemoryBudget } from "./memory-place.ts";

const never = new AbortController().signal;
const file = (size: number) => ({ name: "a", type: "text/plain", size });

test("all files share one budget, and what is given up comes back", async () => {
  const budget = new MemoryBudget(10);
  const first = await budget.place().open(file(6), never);
  expect(budget.left).toBe(4);
  await expect(budget.place().open(file(5), never)).rejects.toMatchObject({ code: "E_FILE_LIMIT" });
  await first.abort();
  await first.abort();
  expect(budget.left).toBe(10);
});

test("a place that was looked at earlier promises nothing that is gone meanwhile", async () => {
  const budget = new MemoryBudget(10);
  const [one, other] = [budget.place(), budget.place()];
  await one.open(file(6), never);
  await expect(other.open(file(6), never)).rejects.toMatchObject({ code: "E_FILE_LIMIT" });
});

test("a kept file is there until it is discarded", async () => {
  const budget = new MemoryBudget(10);
  const sink = await budget.place().open(file(3), never);
  await sink.write(new TextEncoder().encode("abc"));
  const received = await sink.finish();
  if (received.type !== "kept") throw new Error("memory keeps");
  expect(await (await received.file.blob()).text()).toBe("abc");
  await received.file.discard();
  await sink.abort();
  expect(budget.left).toBe(10);
  await expect(received.file.blob()).rejects.toMatchObject({ code: "E_FILE_CANCELLED" });
});

test("a kept file ends with its lifetime", async () => {
  const [budget, lifetime] = [new MemoryBudget(10), new AbortController()];
  const sink = await budget.place().open(file(3), lifetime.signal);
  await sink.write(new TextEncoder().encode("abc"));
  const received = await sink.finish();
  if (received.type !== "kept") throw new Error("memory keeps");
  lifetime.abort();
  await sink.abort();
  expect(budget.left).toBe(10);
  await expect(received.file.blob()).rejects.toMatchObject({ code: "E_FILE_CANCELLED" });
});

test("an archive counts with what it adds", async () => {
  const set = fileSet("s", [{ path: "a", size: 3 }]);
  const opened = new MemoryBudget(10).place().open({ ...file(3), set }, never);
  await expect(opened).rejects.toMatchObject({ code: "E_FILE_LIMIT" });
});
