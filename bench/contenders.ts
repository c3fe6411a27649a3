import { fileURLToPath } from "node:url";
import type { TestRedis } from "../testing/services/redis.ts";
import { meetBare } from "./clients/bare.ts";
import { meetOnCable } from "./clients/cable.ts";
import { meetOnPeerJs } from "./clients/peerjs.ts";
import { meetOnSocketIo } from "./clients/socket-io.ts";
import type { Contender } from "./contender.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The built server, which operators run. Its rate limits are off, since all of the load comes from one address. */
export const BUILT_SERVER = process.env.BENCH_SERVER ?? here("../server/dist/main.js");
const OURS = { HOST: "127.0.0.1", NULLROOM_RATE_LIMITS: "off" };

/** The name of the contender with which all others are compared. */
export const LIMIT = "ws, bare";

export function contenders(redis: TestRedis): Contender[] {
  const ours = { program: BUILT_SERVER, meet: meetOnCable };
  return [
    { name: LIMIT, program: here("servers/bare-ws.ts"), env: () => ({}), meet: meetBare },
    { ...ours, name: "nullroom, memory", env: () => OURS },
    {
      ...ours,
      name: "nullroom, Redis",
      env: () => ({ ...OURS, REDIS_URL: redis.url }),
      otherProcesses: () => [redis.pid],
    },
    { name: "PeerJS", program: here("servers/peerjs.ts"), env: () => ({}), meet: meetOnPeerJs },
    { name: "socket.io", program: here("servers/socket-io.ts"), env: () => ({}), meet: meetOnSocketIo },
  ];
}
