import { isStat, type Measurable, type Stat, selectedPairs } from "./path.ts";

/**
 * The round trip in milliseconds, as the last connectivity check of the pair in use measured it; undefined where the
 * runtime does not say.
 */
export async function roundTripMs(pc: Measurable): Promise<number | undefined> {
  const stats: Stat[] = [];
  (await pc.getStats()).forEach((stat: unknown) => {
    if (isStat(stat)) stats.push(stat);
  });
  const [seconds] = selectedPairs(stats).map(({ currentRoundTripTime }) => currentRoundTripTime);
  return typeof seconds === "number" ? seconds * 1_000 : undefined;
}
