import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { NullroomError } from "@nullroom/core/errors";
import { checkFrames } from "./cable/frame-check.ts";
import { type Config, parse, type RelayConfig } from "./config.ts";
import { Counters, errorClass } from "./counters.ts";
import { loadSite } from "./http/site.ts";
import { unlimited } from "./limits/limiter.ts";
import { MemoryLimiter } from "./limits/memory-limiter.ts";
import { createLog, reportErrors } from "./log.ts";
import type { NodeBus } from "./rooms/bus.ts";
import { LocalBus } from "./rooms/local-bus.ts";
import { MemoryStore } from "./rooms/memory-store.ts";
import type { RoomStore } from "./rooms/store.ts";
import { type Parts, type Running, rulesOf, serve } from "./serve.ts";
import { cloudflare } from "./turn/cloudflare.ts";
import { coturn } from "./turn/coturn.ts";
import { noIceServers } from "./turn/none.ts";
import { type IceProvider, withoutRelayOnFailure } from "./turn/provider.ts";
import { staticList } from "./turn/static-list.ts";

/** How long after SIGTERM the process ends, whatever still runs. */
const STOP_WITHIN_MS = 4_500;

/** A store that starts beside us may take this long; one that is named wrongly must not be waited for in silence. */
const STORE_NOTICE_MS = 3_000;
const STORE_AWAITED =
  "REDIS_URL does not let us in yet: check its address and password, and that Redis runs. Waiting for it.";

/**
 * Environment → one running node, or a sentence for each reason why there is none. Only this file knows all parts.
 *
 * @param pages - the directory that the pages were built into.
 */
export async function run(pages: string): Promise<void> {
  guardAgainstCrashes();
  disableStackTraces();
  limitYoungGeneration();
  const parsed = parse(process.env, (path) => readFileSync(path, "utf8"));
  if ("problems" in parsed) fail(parsed.problems);
  const { config } = parsed;
  const log = createLog(config.log, (line) => process.stdout.write(line));
  const lifetime = new AbortController();
  const running = await start(config, pages, log).catch((error: unknown) => fail([explain(error, config)]));
  reportErrors(running.counters, log, lifetime.signal);
  log.say(`nullroom: listening on ${running.address}`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      lifetime.abort();
      void shutDown(running, log);
    });
  }
}

async function start(
  config: Config,
  pages: string,
  log: Parts["log"],
): Promise<Running & { counters: Counters }> {
  await checkFrames();
  const counters = new Counters();
  const site = loadSite(pages);
  const { store, bus } = await openRooms(config);
  const ice = withoutRelayOnFailure(openRelay(config.relay), () => counters.add("relay_failures"));
  const limiter = config.rateLimits ? new MemoryLimiter() : unlimited;
  const running = await serve(config, { site, store, bus, ice, limiter, counters, log });
  return { ...running, counters };
}

async function openRooms(config: Config): Promise<{ store: RoomStore; bus: NodeBus }> {
  const rules = rulesOf(config);
  if (config.redisUrl === undefined) return { store: new MemoryStore(rules), bus: new LocalBus() };
  const { RedisStore } = await import("./rooms/redis-store.ts");
  const { RedisBus } = await import("./rooms/redis-bus.ts");
  const store = new RedisStore(config.redisUrl, rules);
  const bus = new RedisBus(config.redisUrl);
  const notice = setTimeout(() => say(STORE_AWAITED), STORE_NOTICE_MS);
  await Promise.all([store.open(), bus.open()]);
  clearTimeout(notice);
  return { store, bus };
}

function openRelay(relay: RelayConfig): IceProvider {
  switch (relay.kind) {
    case "none":
      return noIceServers;
    case "static":
      return staticList(relay.json);
    case "coturn":
      return coturn(relay);
    case "cloudflare":
      return cloudflare(relay);
    default:
      return relay satisfies never;
  }
}

async function shutDown(running: Running, log: Parts["log"]): Promise<void> {
  log.say("nullroom: stopping");
  setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
  await running.stop();
  process.exit(0);
}

/** A sentence for each error that an operator can do something about; for any other error only its class. */
function explain(error: unknown, { metricsPort }: Config): string {
  if (error instanceof NullroomError) return `${error.message.slice(error.code.length + 2)}.`;
  const { port } = error as { port?: number };
  const name = port === metricsPort ? "NULLROOM_METRICS_PORT" : "PORT";
  switch (errorClass(error)) {
    case "EADDRINUSE":
      return `Port ${port} is taken: stop what listens there, or choose another with ${name}.`;
    case "EACCES":
      return `Port ${port} may not be used by this user: choose one above 1023 with ${name}.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return "HOST names no address of this machine.";
    default:
      return `The server could not start (${errorClass(error)}).`;
  }
}

function fail(sentences: readonly string[]): never {
  for (const sentence of sentences) say(sentence);
  process.exit(1);
}

function say(sentence: string): void {
  process.stderr.write(`nullroom: ${sentence}\n`);
}

/**
 * A crash prints the class of its error and nothing else, because a message or a stack could hold an id or an address.
 */
function guardAgainstCrashes(): void {
  const crash = (error: unknown) => {
    process.stderr.write(`nullroom: crashed (${errorClass(error)})\n`);
    process.exit(1);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
}

/**
 * Stack traces are never shown, so none is collected. The limit is locked because Node raises it for its own errors, of
 * which the socket library causes and drops three whenever a socket ends: their stacks stood out in every profile.
 */
function disableStackTraces(): void {
  Object.defineProperty(Error, "stackTraceLimit", { value: 0, writable: false });
}

/**
 * V8's space for new objects stays at its first size. V8 would double it up to 32 MiB when many rooms begin at once,
 * and keep it: a fifth of what ten thousand idle sockets cost (docs/decisions/0020).
 */
function limitYoungGeneration(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
