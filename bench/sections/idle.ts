import type { Contender } from "../contender.ts";
import { MeasuredServer } from "../measured-server.ts";
import type { Measurements } from "../measurements.ts";
import { closeAll, meetMany } from "./pairs.ts";

/** Pairs that come and go before the first reading, so that what a server allocates only once is there already. */
const PAIRS_BEFORE = 100;
/** With fewer pairs, the space that V8 reserves for new objects (up to 32 MiB) would be most of the result. */
const PAIRS = 5_000;

/** Measure the resident memory that a fresh server needs for each of 10,000 silent sockets in rooms. */
export async function measureIdle(contender: Contender, results: Measurements): Promise<void> {
  await using server = await MeasuredServer.start(contender);
  await closeAll(await meetMany(server, PAIRS_BEFORE));
  const before = await server.memory();
  const pairs = await meetMany(server, PAIRS);
  const after = await server.memory();
  results.add("KiB per idle socket", contender.name, (after - before) / 1_024 / (2 * PAIRS));
  await closeAll(pairs);
}
