import type { MeasuredServer } from "../measured-server.ts";
import type { Measurements } from "../measurements.ts";
import { CANDIDATE, SIGNALS_PER_SEAT } from "../signals.ts";
import { closeAll, meetMany, sidesOf } from "./pairs.ts";

const PAIRS = 150;

/** Measure candidates in both directions between sides that have joined already. */
export async function measureSignals(server: MeasuredServer, results: Measurements): Promise<void> {
  const pairs = await meetMany(server, PAIRS);
  const total = 2 * PAIRS * SIGNALS_PER_SEAT;
  const { cpuSeconds } = server;
  await new Promise<void>((resolve) => {
    let heard = 0;
    for (const side of sidesOf(pairs)) {
      side.onSignal = () => {
        if (++heard === total) resolve();
      };
    }
    let sent = 0;
    const sendRound = () => {
      for (const side of sidesOf(pairs)) side.send(CANDIDATE);
      if (++sent < SIGNALS_PER_SEAT) setImmediate(sendRound);
    };
    sendRound();
  });
  const perHundredThousand = 100_000 / total;
  const cpu = (server.cpuSeconds - cpuSeconds) * perHundredThousand;
  results.add("CPU s per 100,000 signals", server.contender.name, cpu);
  await closeAll(pairs);
}
