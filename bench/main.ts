import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { TestRedis } from "../testing/services/redis.ts";
import { BUILT_SERVER, contenders, LIMIT } from "./contenders.ts";
import { measureLongLinks, ONE_CONNECTION } from "./files/long-links.ts";
import { measureSmoothness, NO_TRANSFER } from "./files/smooth.ts";
import { BARE_CHANNEL, measureThroughput } from "./files/throughput.ts";
import { CLASSIC, measureJoin } from "./join.ts";
import { GENERATOR_CORE, MeasuredServer } from "./measured-server.ts";
import { Measurements } from "./measurements.ts";
import { BARE, measureRecords } from "./records.ts";
import { measureIdle } from "./sections/idle.ts";
import { measureLatency } from "./sections/latency.ts";
import { measureRooms } from "./sections/rooms.ts";
import { measureSignals } from "./sections/signals.ts";

/**
 * `npm run bench [-- join records files long-links smooth rooms signals latency idle]` measures protocol 2 beside classic,
 * bare AES-GCM and bare data channels, and this server beside others and beside the limit on Node, in interleaved rounds
 * of one run. Only the ratios say something about the programs; the absolute numbers depend on the machine.
 */
const ROUNDS = 15;
/** Rounds before the first that counts: V8 needs some thousand rooms until it has compiled what is used often. */
const WARM_ROUNDS = 10;
const WARM_MS = 60_000;
/** Fewer than elsewhere, since each round starts fresh servers and opens ten thousand sockets. */
const IDLE_ROUNDS = 3;

const SECTION_MS = 120_000;

/** Sections that measure clients. No server but ours runs, and what is measured has both cores. */
const CLIENTS = {
  join: { measure: measureJoin, beside: CLASSIC },
  records: { measure: measureRecords, beside: BARE },
  files: { measure: measureThroughput, beside: BARE_CHANNEL },
  "long-links": { measure: measureLongLinks, beside: ONE_CONNECTION },
  smooth: { measure: measureSmoothness, beside: NO_TRANSFER },
};

/** Sections that measure running servers, each on a core of its own. */
const SERVERS = { rooms: measureRooms, signals: measureSignals, latency: measureLatency };

async function main(asked: string[]): Promise<void> {
  const known = [...Object.keys(CLIENTS), ...Object.keys(SERVERS), "idle"];
  const unknown = asked.filter((section) => !known.includes(section));
  if (unknown.length > 0)
    throw new Error(`no such section: ${unknown.join(", ")} (there are ${known.join(", ")})`);
  if (!existsSync(BUILT_SERVER)) throw new Error("there is no built server: run `npm run build` first");
  const wanted = asked.length === 0 ? known : asked;
  for (const [section, { measure, beside }] of Object.entries(CLIENTS)) {
    if (wanted.includes(section)) print(section, await measure(), beside);
  }
  if (wanted.every((section) => section in CLIENTS)) return;
  pin();
  await using redis = await TestRedis.start();
  for (const [section, measure] of Object.entries(SERVERS)) {
    if (wanted.includes(section)) await interleave(section, redis, measure);
  }
  if (wanted.includes("idle")) await idle(redis);
}

async function interleave(section: string, redis: TestRedis, measure: typeof measureRooms): Promise<void> {
  const servers = await Promise.all(contenders(redis).map((contender) => MeasuredServer.start(contender)));
  const results = new Measurements();
  try {
    const round = async (into: Measurements) => {
      for (const server of servers) await measure(server, into);
    };
    await repeat(WARM_ROUNDS, WARM_MS, () => round(new Measurements()));
    await repeat(ROUNDS, SECTION_MS, () => round(results));
  } finally {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  }
  print(section, results);
}

async function idle(redis: TestRedis): Promise<void> {
  const results = new Measurements();
  await repeat(IDLE_ROUNDS, SECTION_MS, async () => {
    for (const contender of contenders(redis)) await measureIdle(contender, results);
  });
  print("idle", results);
}

/** Run at least one round and at most `rounds`. None begins later than `withinMs`, so that a busy machine comes to an end. */
async function repeat(rounds: number, withinMs: number, round: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (let done = 0; done < rounds && (done === 0 || performance.now() < deadline); done++) await round();
}

function print(section: string, results: Measurements, beside = LIMIT): void {
  const brackets = `in brackets times that of "${beside}" and the middle half of all rounds`;
  console.log(`\n${section}: median, ${brackets}\n${results.table(beside)}`);
}

/** Pin this process to its core, so that it does not compete with the server that it measures. */
function pin(): void {
  if (availableParallelism() < 2) throw new Error("the server and its load need a core each");
  execFileSync("taskset", ["-acp", GENERATOR_CORE, String(process.pid)], { stdio: "ignore" });
}

await main(process.argv.slice(2));
process.exit(); // `fetch` keeps connections to servers that have ended, which would keep this process alive.
