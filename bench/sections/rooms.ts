import type { MeasuredServer } from "../measured-server.ts";
import type { Measurements } from "../measurements.ts";
import { CANDIDATE, DESCRIPTION } from "../signals.ts";

const ROOMS = 300;
const AT_ONCE = 16;
const CANDIDATES_PER_SIDE = 6;

/** Measure whole rooms: made, joined by two, an offer, an answer and twelve candidates, both sockets closed. */
export async function measureRooms(server: MeasuredServer, results: Measurements): Promise<void> {
  const { cpuSeconds, otherCpuSeconds } = server;
  let left = ROOMS;
  const worker = async () => {
    while (left-- > 0) await live(server);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const perThousand = 1_000 / ROOMS;
  results.add("CPU s per 1,000 rooms", server.contender.name, (server.cpuSeconds - cpuSeconds) * perThousand);
  if (server.contender.otherProcesses === undefined) return;
  const otherProcesses = (server.otherCpuSeconds - otherCpuSeconds) * perThousand;
  results.add("of its Redis", server.contender.name, otherProcesses);
}

async function live(server: MeasuredServer): Promise<void> {
  const { a, b } = await server.meet();
  const expected = 1 + CANDIDATES_PER_SIDE;
  await new Promise<void>((resolve) => {
    const heard = { a: 0, b: 0 };
    const done = () => {
      if (heard.a === expected && heard.b === expected) resolve();
    };
    b.onSignal = () => {
      if (heard.b++ === 0) for (const signal of [DESCRIPTION, ...CANDIDATES]) b.send(signal);
      done();
    };
    a.onSignal = () => {
      heard.a++;
      done();
    };
    for (const signal of [DESCRIPTION, ...CANDIDATES]) a.send(signal);
  });
  await Promise.all([a.close(), b.close()]);
}

const CANDIDATES = new Array<string>(CANDIDATES_PER_SIDE).fill(CANDIDATE);
