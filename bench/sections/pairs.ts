import type { Pair, Side } from "../contender.ts";
import type { MeasuredServer } from "../measured-server.ts";

/** How many pairs join at the same time. */
const AT_ONCE = 32;

export async function meetMany(server: MeasuredServer, count: number): Promise<Pair[]> {
  const pairs: Pair[] = [];
  while (pairs.length < count) {
    const batch = Math.min(AT_ONCE, count - pairs.length);
    pairs.push(...(await Promise.all(Array.from({ length: batch }, () => server.meet()))));
  }
  return pairs;
}

export function sidesOf(pairs: Pair[]): Side[] {
  return pairs.flatMap(({ a, b }) => [a, b]);
}

export async function closeAll(pairs: Pair[]): Promise<void> {
  await Promise.all(sidesOf(pairs).map((side) => side.close()));
}
