import { setTimeout as wait } from "node:timers/promises";
import type { MeasuredServer } from "../measured-server.ts";
import type { Measurements } from "../measurements.ts";
import { CANDIDATE } from "../signals.ts";
import { closeAll, meetMany, sidesOf } from "./pairs.ts";

const PAIRS = 100;
const RATES_PER_SECOND = [200, 2_000];
const SECONDS = 2;

/** Measure the time from one side's send to the other's message, at a fixed rate that does not wait for answers. */
export async function measureLatency(server: MeasuredServer, results: Measurements): Promise<void> {
  const pairs = await meetMany(server, PAIRS);
  const sides = sidesOf(pairs);
  for (const rate of RATES_PER_SECOND) {
    const times = await atRate(sides.length, rate, (index, heard) => {
      const [from, to] = [sides[index], sides[index ^ 1]];
      if (from === undefined || to === undefined) return;
      to.onSignal = heard;
      from.send(CANDIDATE);
    });
    for (const [name, part] of [
      ["p50", 0.5],
      ["p99", 0.99],
    ] as const) {
      const at = times[Math.floor(times.length * part)] ?? Number.NaN;
      results.add(`${name} ms at ${rate}/s`, server.contender.name, at);
    }
  }
  await closeAll(pairs);
}

/** Send at this rate. Sides take turns, so that each has its last signal before its next one. @returns sorted milliseconds */
async function atRate(
  sides: number,
  rate: number,
  send: (side: number, heard: () => void) => void,
): Promise<number[]> {
  const times: number[] = [];
  const total = rate * SECONDS;
  const from = performance.now();
  for (let sent = 0; sent < total; await wait(1)) {
    for (; sent < total && (performance.now() - from) * rate >= sent * 1_000; sent++) {
      const at = performance.now();
      send(sent % sides, () => times.push(performance.now() - at));
    }
  }
  while (times.length < total) await wait(5);
  return times.sort((a, b) => a - b);
}
