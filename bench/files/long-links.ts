import { fileURLToPath } from "node:url";
import { serveLab } from "../../testing/labs/file-lab/serve.ts";
import { passageMs, startDelay } from "../../testing/network/delay/delay.ts";
import { TestCoturn } from "../../testing/services/coturn.ts";
import { TestServer } from "../../testing/services/server.ts";
import { Measurements } from "../measurements.ts";
import { OURS } from "../protocols.ts";
import { rounds } from "../rounds.ts";
import { bareRate } from "./bare.ts";
import { Browsers, firstPairings, type Pair } from "./pairings.ts";
import { makeFile, roomRate } from "./room.ts";

const ROUND_TRIPS_MS = [0, 40, 100, 200];
const CONNECTIONS = [1, 4, 8];
/** The size of the file, which is more than arrives in the window on the fastest of these links. */
const BYTES = 512 * 1024 * 1024;
const WINDOW = { settleMs: 8_000, windowMs: 5_000 };
const ROUNDS = rounds(3);
const LIMIT_MS = 15 * 60_000;

export const ONE_CONNECTION = "bare, 1 connection";

/** Measure what arrives over a distant relay. One SCTP association is bound by its window, several are less so. */
export async function measureLongLinks(): Promise<Measurements> {
  await using lab = await serveLab(fileURLToPath(new URL("../link-lab/", import.meta.url)));
  await using coturn = await TestCoturn.start("loopback");
  await using browsers = await Browsers.launch();
  const file = await makeFile(BYTES);
  const results = new Measurements();
  const deadline = performance.now() + LIMIT_MS;
  for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < deadline); round++) {
    for (const roundTripMs of ROUND_TRIPS_MS) {
      await using delay = await startDelay({
        target: { port: coturn.ports.plain },
        delayMs: passageMs(roundTripMs),
      });
      const relay = coturn.iceServer("udp", delay.port);
      await using server = await TestServer.start({
        NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(BYTES),
        NULLROOM_ICE_SERVERS: JSON.stringify([relay]),
      });
      const configuration: RTCConfiguration = { iceServers: [relay], iceTransportPolicy: "relay" };
      const measures: [string, (pair: Pair) => Promise<number>][] = [
        ...CONNECTIONS.map((connections): [string, (pair: Pair) => Promise<number>] => [
          `bare, ${connections} connection${connections === 1 ? "" : "s"}`,
          (pair) => bareRate(pair, WINDOW, { url: lab.url, configuration, connections }),
        ]),
        [OURS.name, (pair) => roomRate(OURS, pair, { server, file, hide: true }, WINDOW)],
      ];
      for (const pairing of firstPairings(2)) {
        for (const [name, measure] of measures) {
          const metric = `${pairing[0]}, ${roundTripMs} ms, MiB/s`;
          results.add(metric, name, await browsers.pair(pairing, measure));
        }
      }
    }
  }
  return results;
}
