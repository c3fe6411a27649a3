import { expect, test } from "vitest";
import { type Capabilities, chooseDestination, QUIET_BYTES } from "./choose-destination.ts";

const GIB = 1024 ** 3;
const nothing: Capabilities = { pickFile: false, pickFolder: false, sealed: undefined, memory: 0 };
const kindOf = (can: Partial<Capabilities>, size: number, several = false) => {
  const choice = chooseDestination({ ...nothing, ...can }, size, several);
  return choice.type === "take" ? choice.kind : choice.type;
};

test.each([
  ["small: memory, without asking", { pickFile: true, sealed: GIB, memory: GIB }, QUIET_BYTES, "memory"],
  [
    "large: where the person picks",
    { pickFile: true, sealed: 9 * GIB, memory: GIB },
    QUIET_BYTES + 1,
    "picked",
  ],
  ["no picker: sealed", { sealed: 9 * GIB, memory: GIB }, GIB, "sealed"],
  ["private window: memory as far as it goes", { memory: GIB }, GIB, "memory"],
  ["a full disk: memory as far as it goes", { sealed: 5, memory: GIB }, GIB, "memory"],
  ["memory is taken: sealed, even if small", { sealed: 10, memory: 9 }, 10, "sealed"],
  ["nowhere", { sealed: GIB, memory: 10 }, GIB + 1, "refuse"],
] as const)("%s", (_, can, size, kind) => {
  expect(kindOf(can, size)).toBe(kind);
});

test("a set keeps its files apart where it can, else it goes where a file of its size goes", () => {
  expect(kindOf({ pickFolder: true, pickFile: true, memory: GIB }, 1, true)).toBe("picked");
  expect(kindOf({ sealed: 9 * GIB, memory: GIB }, 2 * GIB, true)).toBe("sealed");
});

test("a refusal says how much would have fitted", () => {
  expect(chooseDestination({ ...nothing, sealed: 7, memory: 3 }, 8)).toEqual({ type: "refuse", capacity: 7 });
});
