import { fileURLToPath } from "node:url";
import type { RoomId } from "@nullroom/core/brand";
import { type Config, parse } from "../config.ts";
import { Counters } from "../counters.ts";
import { loadSite } from "../http/site.ts";
import { unlimited } from "../limits/limiter.ts";
import { createLog } from "../log.ts";
import { LocalBus } from "../rooms/local-bus.ts";
import { MemoryStore } from "../rooms/memory-store.ts";
import { type Parts, type Running, rulesOf, serve } from "../serve.ts";
import { noIceServers } from "../turn/none.ts";

/** A node of the real server on a port of its own, in the same process as the test. */

export const PAGES = fileURLToPath(new URL("pages", import.meta.url));

export function configOf(env: { [name: string]: string } = {}): Config {
  const parsed = parse({ PORT: "0", HOST: "127.0.0.1", ...env }, () => "");
  if ("problems" in parsed) throw new Error(parsed.problems.join(" "));
  return parsed.config;
}

export function partsOf(config: Config, parts: Partial<Parts> = {}): Parts {
  return {
    site: loadSite(PAGES),
    store: new MemoryStore(rulesOf(config)),
    bus: new LocalBus(),
    ice: noIceServers,
    limiter: unlimited,
    counters: new Counters(),
    log: createLog("off", () => undefined),
    ...parts,
  };
}

export type TestNode = Running & { url: string; cable: Running["cable"]; parts: Parts } & AsyncDisposable;

export async function startNode(
  env: { [name: string]: string } = {},
  given: Partial<Parts> = {},
): Promise<TestNode> {
  const config = configOf(env);
  const parts = partsOf(config, given);
  const running = await serve(config, parts);
  return {
    ...running,
    parts,
    url: `http://127.0.0.1:${running.port}${config.basePath}`,
    [Symbol.asyncDispose]: () => running.stop(),
  };
}

export async function createRoom(url: string, body: object = {}): Promise<RoomId> {
  const response = await fetch(`${url}/rooms`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { room_id: roomId } = (await response.json()) as { room_id: RoomId };
  return roomId;
}
