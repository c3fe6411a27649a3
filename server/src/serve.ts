import { createServer, type Server } from "node:http";
import { createApp } from "./app.ts";
import { Cable } from "./cable/cable.ts";
import { createUpgrade } from "./cable/upgrade.ts";
import { wholeMs } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Counters } from "./counters.ts";
import { createHttpServer, listen } from "./http/listen.ts";
import type { Site } from "./http/site.ts";
import type { Limiter } from "./limits/limiter.ts";
import type { Log } from "./log.ts";
import type { NodeBus } from "./rooms/bus.ts";
import type { RoomRules, RoomStore } from "./rooms/store.ts";
import type { IceProvider } from "./turn/provider.ts";

/** The parts of a node that have more than one implementation, or that tests replace. */
export type Parts = {
  site: Site;
  store: RoomStore;
  bus: NodeBus;
  ice: IceProvider;
  limiter: Limiter;
  counters: Counters;
  log: Log;
};

export type Running = { port: number; address: string; cable: Cable; stop(): Promise<void> };

/** Start one node. Resolves once it listens. */
export async function serve(config: Config, parts: Parts): Promise<Running> {
  const { counters, bus, log } = parts;
  const { classic, fileSizeLimit, basePath, maxSockets } = config;
  const rules = rulesOf(config);
  const callers = { trustedProxies: config.trustedProxies, origins: config.origins };
  const shared = { ...parts, rules, classic, fileSizeLimit };
  const cable = new Cable({ ...shared, bus, logShape: log.logShape, now: wholeMs });
  const app = createApp({ ...shared, basePath, callers });
  const upgrade = createUpgrade({ cable, basePath, maxSockets, callers, counters });

  const servers: Server[] = [];
  const open = async (host: string, port: number): Promise<number> => {
    const server = createHttpServer(app);
    server.on("upgrade", upgrade);
    const taken = await listen(server, port, host);
    servers.push(server);
    return taken;
  };
  const port = await openAll(config, open);
  if (config.metricsPort !== undefined) servers.push(await serveMetrics(counters, config.metricsPort));

  const host = config.host ?? "localhost";
  const address = `http://${host.includes(":") ? `[${host}]` : host}:${port}${basePath}/`;
  return { port, address, cable, stop: () => stop(cable, servers, parts) };
}

export function rulesOf({ roomTtlSeconds, destroyOnPeerLeave }: Config): RoomRules {
  const ttlMs = roomTtlSeconds * 1000;
  return { roomTtlMs: ttlMs, sessionTtlMs: ttlMs, destroyOnPeerLeave };
}

/** Without HOST the node listens on both loopbacks, since browsers resolve `localhost` to either. */
async function openAll(
  config: Config,
  open: (host: string, port: number) => Promise<number>,
): Promise<number> {
  if (config.host !== undefined) return open(config.host, config.port);
  const port = await open("127.0.0.1", config.port);
  try {
    await open("::1", port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Because a machine without IPv6 has no second loopback.
    if (code !== "EADDRNOTAVAIL" && code !== "EAFNOSUPPORT") throw error;
  }
  return port;
}

/** Counters as plain text, on the loopback of the operator's own machine only and on no route of the public server. */
async function serveMetrics(counters: Counters, port: number): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4", "cache-control": "no-store" });
    response.end(counters.render());
  });
  await listen(server, port, "127.0.0.1");
  return server;
}

/** How long sockets have for their closing handshake; what is left then is cut. */
const GOODBYE_MS = 2_000;

async function stop(cable: Cable, servers: readonly Server[], parts: Parts): Promise<void> {
  for (const server of servers) server.close();
  cable.drain();
  for (const server of servers) server.closeIdleConnections();
  await cable.waitUntilEmpty(GOODBYE_MS);
  for (const server of servers) server.closeAllConnections();
  parts.limiter[Symbol.dispose]();
  await Promise.allSettled([parts.store.close(), parts.bus.close()]);
}
