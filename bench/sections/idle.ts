import type { Contender } from "../contender.ts";
import { MeasuredServer } from "../measured-server.ts";
import type { Measurements } from "../measurements.ts";
import { closeAll, meetMany } from "./pairs.ts";

/** Come and gone before the first look, so that what a server needs only once is there already. */
const PAIRS_BEFORE = 100;
/** With fewer, what V8 sets aside for new objects (up to 32 MiB, by how busy it was) would be most of the answer. */
const PAIRS = 5_000;

/** What 10,000 sockets that sit in rooms and are silent cost a fresh server, each: resident memory, all included. */
export async function measureIdle(contender: Contender, results: Measurements): Promise<void> {
  await using server = await MeasuredServer.start(contender);
  await closeAll(await meetMany(server, PAIRS_BEFORE));
  const before = await server.memory();
  const pairs = await meetMany(server, PAIRS);
  const after = await server.memory();
  results.add("KiB per idle socket", contender.name, (after - before) / 1_024 / (2 * PAIRS));
  await closeAll(pairs);
}
