import { NullroomError } from "@nullroom/core/errors";
import { parseJson, readObject } from "@nullroom/core/wire/read";
import { type IceServer, readIceServers } from "@nullroom/core/wire/room-messages";
import type { IceProvider } from "./provider.ts";

export type CloudflareOptions = {
  keyId: string;
  apiToken: string;
  /** Where the API is; tests have a stand-in. */
  origin?: string;
  now?: () => number;
};

const ORIGIN = "https://rtc.live.cloudflare.com";

/** How long the API may take. A person waits for their room meanwhile, and no relay is better than a long wait. */
const TIMEOUT_MS = 3_000;

/** How long an answer is shared by new rooms, or a busy server would flood the API. */
const CACHE_MS = 30_000;

/** How long rooms do without a relay after a failure, so that not each of them waits for the next one. */
const FAILURE_MS = 5_000;

/** Ports to leave out: browsers refuse 53 or stall on it, and 80 gains nothing over the others. */
const ALTERNATE_PORT = /:(53|80)(\?|$)/;

type Answer = { servers: Promise<IceServer[]>; lifetimeMs: number; until: number };

/**
 * Cloudflare's TURN service. Its API makes credentials for a lifetime that the request names. The rooms of half a
 * minute share them, and so look like one user to Cloudflare.
 */
export function cloudflare({
  keyId,
  apiToken,
  origin = ORIGIN,
  now = Date.now,
}: CloudflareOptions): IceProvider {
  const url = `${origin}/v1/turn/keys/${encodeURIComponent(keyId)}/credentials/generate-ice-servers`;
  let answer: Answer | undefined;

  return {
    relays: true,
    iceServers(lifetimeMs) {
      if (answer !== undefined && now() < answer.until && answer.lifetimeMs >= lifetimeMs)
        return answer.servers;
      const asked: Answer = {
        servers: ask(url, apiToken, lifetimeMs + CACHE_MS),
        lifetimeMs,
        until: now() + CACHE_MS,
      };
      asked.servers.catch(() => {
        asked.until = Math.min(asked.until, now() + FAILURE_MS);
      });
      answer = asked;
      return asked.servers;
    },
  };
}

/** Ask the API once. @throws "E_SERVER" for whatever goes wrong */
async function ask(url: string, apiToken: string, lifetimeMs: number): Promise<IceServer[]> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${apiToken}`, "content-type": "application/json" },
      body: JSON.stringify({ ttl: Math.ceil(lifetimeMs / 1_000) }),
      redirect: "error", // A redirect must not lead the token to another host.
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new NullroomError("E_SERVER", "the TURN service refused");
    return usable(parseJson(await response.text(), "the TURN service's answer"));
  } catch (cause) {
    throw new NullroomError("E_SERVER", "no credentials from the TURN service", { cause });
  }
}

/** The servers of an answer that browsers can use. An older form of the API has one object in place of the list. */
function usable(body: unknown): IceServer[] {
  const { iceServers } = readObject(body, "the TURN service's answer");
  const servers = readIceServers(Array.isArray(iceServers) ? iceServers : [iceServers]);
  return servers
    .map((server) => ({ ...server, urls: server.urls.filter((url) => !ALTERNATE_PORT.test(url)) }))
    .filter((server) => server.urls.length > 0);
}
