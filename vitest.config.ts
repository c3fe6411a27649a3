import { defineConfig } from "vitest/config";
import { SCALE } from "./testing/scale.ts";

/** At full size the same proofs may take as many times longer, within the limits that scripts/test.mjs sets. */
const patience = SCALE >= 1 ? 30 : 1;

/** What measures at full size has both cores. Else two files run at a time, since one of them mostly waits. */
const maxWorkers = SCALE >= 1 ? 1 : 2;

/** Real browsers on two cores take their time. */
const browsers = { maxWorkers, testTimeout: 120_000 * patience, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{core,server,web,scripts,testing,bench}/**/*.test.ts"],
          ...{ maxWorkers, testTimeout: 20_000 * patience, hookTimeout: 60_000 },
        },
      },
      { test: { name: "journeys", include: ["e2e/journeys/**/*.test.ts"], ...browsers } },
      { test: { name: "wide", include: ["e2e/wide/**/*.test.ts"], ...browsers } },
    ],
  },
});
