import { fileURLToPath } from "node:url";
import { launchChromium, openTab } from "../testing/browsers/chromium.ts";
import { serveLab } from "../testing/labs/file-lab/serve.ts";
import { Measurements } from "./measurements.ts";
import { microseconds, type Size, type Way } from "./record-lab/work.ts";

export const BARE = "AES-GCM, bare";

const NAMES: Record<Way, string> = { bare: BARE, records: "record layer" };
const SIZES: readonly [Size, string, number][] = [
  ["bulk", "64 KiB", 200],
  ["ctl", "64 B", 1_000],
];
const ROUNDS = 9;
const LAB = fileURLToPath(new URL("record-lab/", import.meta.url));

/** Measure what a record costs beside AES-GCM alone for as many bytes, in Node and in Chromium. */
export async function measureRecords(): Promise<Measurements> {
  await using lab = await serveLab(LAB);
  const browser = await launchChromium();
  try {
    await using tab = await openTab(browser);
    await tab.goto(lab.url);
    const results = new Measurements();
    const runtimes: [string, typeof microseconds][] = [
      ["Node", microseconds],
      [
        "Chromium",
        (work, count) => tab.evaluate((asked) => window.microseconds(...asked), [work, count] as const),
      ],
    ];
    for (let round = -1; round < ROUNDS; round++) {
      for (const [runtime, measure] of runtimes) {
        // The first round only warms up.
        await measureRound(runtime, measure, round < 0 ? new Measurements() : results);
      }
    }
    return results;
  } finally {
    await browser.close();
  }
}

async function measureRound(
  runtime: string,
  measure: typeof microseconds,
  results: Measurements,
): Promise<void> {
  for (const [size, spoken, count] of SIZES) {
    for (const way of ["bare", "records"] as const) {
      results.add(`${runtime}, µs per ${spoken}`, NAMES[way], await measure({ size, way }, count));
    }
  }
}
