import { fileURLToPath } from "node:url";
import { serveLab } from "../../testing/labs/file-lab/serve.ts";
import { TestServer } from "../../testing/services/server.ts";
import { Measurements } from "../measurements.ts";
import { CLASSIC, OURS } from "../protocols.ts";
import { rounds } from "../rounds.ts";
import { bareThroughput } from "./bare.ts";
import { Browsers, firstPairings, type Pair } from "./pairings.ts";
import { makeFile, roomThroughput } from "./room.ts";

export const BARE_CHANNEL = "bare data channel";

const BYTES = 64 * 1024 * 1024;
const ROUNDS = rounds(5);
/** No round begins later, so that a busy machine measures less often and comes to an end. */
const LIMIT_MS = 10 * 60_000;

/** Measure a whole file from one page to another over loopback. */
export async function measureThroughput(): Promise<Measurements> {
  await using lab = await serveLab(fileURLToPath(new URL("../link-lab/", import.meta.url)));
  await using server = await TestServer.start({ NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(BYTES) });
  await using browsers = await Browsers.launch();
  const room = { server, file: await makeFile(BYTES) };
  const measures: [string, (pair: Pair) => Promise<number>][] = [
    [BARE_CHANNEL, (pair) => bareThroughput(pair, BYTES, lab)],
    [OURS.name, (pair) => roomThroughput(OURS, pair, room)],
    [CLASSIC.name, (pair) => roomThroughput(CLASSIC, pair, room)],
  ];
  const results = new Measurements();
  const deadline = performance.now() + LIMIT_MS;
  for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < deadline); round++) {
    for (const pairing of firstPairings(4)) {
      for (const [name, measure] of round % 2 === 0 ? measures : measures.toReversed()) {
        results.add(`${pairing.join(" → ")}, MiB/s`, name, await browsers.pair(pairing, measure));
      }
    }
  }
  return results;
}
