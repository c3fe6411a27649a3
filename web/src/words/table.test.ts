import { expect, test } from "vitest";
import { SAFETY_WORDS } from "./table.ts";

test("there are 64 safety words, no two the same", () => {
  expect(SAFETY_WORDS).toHaveLength(64);
  expect(new Set(SAFETY_WORDS).size).toBe(64);
});
