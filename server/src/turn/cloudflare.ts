import { NullroomError } from "@nullroom/core/errors";
import { parseJson, readObject } from "@nullroom/core/wire/read";
import { type IceServer, readIceServers } from "@nullroom/core/wire/room-messages";
import type { IceProvider } from "./provider.ts";

export type CloudflareOptions = {
  keyId: string;
  apiToken: string;
  /** Tests have a stand-in. */
  origin?: string;
  now?: () => number;
};

const ORIGIN = "https://rtc.live.cloudflare.com";

/** Somebody is waiting for their room meanwhile: rather no relay than a long wait. */
const TIMEOUT_MS = 3_000;

/** Rooms made within this share one answer, or a busy server would be the API's own flood. */
const CACHE_MS = 30_000;

/** After a failure rooms do without for this long, so that not each of them waits for the next. */
const FAILURE_MS = 5_000;

/** Browsers refuse 53 or stall on it, and 80 gains nothing over the ports that are left. */
const ALTERNATE_PORT = /:(53|80)(\?|$)/;

type Answer = { servers: Promise<IceServer[]>; lifetimeMs: number; until: number };

/**
 * Cloudflare's TURN service. Its API makes credentials for a time that we name; they are shared by the rooms of
 * half a minute, who thereby look like one user from there.
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

/** @throws "E_SERVER" for whatever goes wrong between us and them */
async function ask(url: string, apiToken: string, lifetimeMs: number): Promise<IceServer[]> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${apiToken}`, "content-type": "application/json" },
      body: JSON.stringify({ ttl: Math.ceil(lifetimeMs / 1_000) }),
      redirect: "error", // A token goes to the address it was made for.
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new NullroomError("E_SERVER", "the TURN service refused");
    return usable(parseJson(await response.text(), "the TURN service's answer"));
  } catch (cause) {
    throw new NullroomError("E_SERVER", "no credentials from the TURN service", { cause });
  }
}

/** An older form of the API has one object where the newer has a list. */
function usable(body: unknown): IceServer[] {
  const { iceServers } = readObject(body, "the TURN service's answer");
  const servers = readIceServers(Array.isArray(iceServers) ? iceServers : [iceServers]);
  return servers
    .map((server) => ({ ...server, urls: server.urls.filter((url) => !ALTERNATE_PORT.test(url)) }))
    .filter((server) => server.urls.length > 0);
}
