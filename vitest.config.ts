import { defineConfig } from "vitest/config";
import { SCALE } from "./testing/scale.ts";

/** At full size the same proofs may take as many times longer, within the limits that scripts/test.mjs sets. */
const patience = SCALE >= 1 ? 30 : 1;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{core,server,web,scripts,testing,bench}/**/*.test.ts"],
          // On two cores the default is one file at a time, and half of them mostly wait.
          maxWorkers: SCALE >= 1 ? 1 : 2,
          testTimeout: 20_000 * patience,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/**/*.test.ts"],
          // Real browsers on two cores: two files at a time, since one of them mostly waits. What measures at full
          // size has both cores.
          maxWorkers: SCALE >= 1 ? 1 : 2,
          testTimeout: 120_000 * patience,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
