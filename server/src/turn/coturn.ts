import { createHmac, randomBytes } from "node:crypto";
import { NullroomError } from "@nullroom/core/errors";
import type { IceProvider } from "./provider.ts";

export type CoturnOptions = {
  /** What coturn has as `static-auth-secret`. */
  secret: string;
  /** NULLROOM_TURN_HOST: a name or an address (IPv6 in brackets), and the port for TLS where it is not 443. */
  host: string;
  /** For a coturn that does not listen on TURN's own port. */
  plainPort?: number;
  /** Unix milliseconds: coturn compares with its own clock. */
  now?: () => number;
};

const TURN_PORT = 3478;
/** The one way out of networks that let nothing but the web pass. */
const TLS_PORT = 443;

const HOST = /^(?<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?<port>[0-9]{1,5}))?$/i;

/**
 * Credentials that coturn checks without having been told of them: the user name is when they end and something
 * random, the password its HMAC under the shared secret (coturn's `use-auth-secret`). SHA-1 is what it speaks; as
 * a MAC with a secret key it holds. The random part keeps two people of one room, or one person in two rooms,
 * from being the same user to whoever reads coturn's memory.
 *
 * @throws "E_MALFORMED" where `host` is none
 */
export function coturn({ secret, host, plainPort = TURN_PORT, now = Date.now }: CoturnOptions): IceProvider {
  const parts = HOST.exec(host)?.groups;
  const { name, port: tlsPort = TLS_PORT } = parts ?? {};
  // As a URL it must be one too: that refuses ports and addresses which only look right.
  if (name === undefined || !URL.canParse(`https://${host}`)) {
    throw new NullroomError("E_MALFORMED", "the TURN host is no host");
  }
  const stun = [`stun:${name}:${plainPort}`];
  const turn = [
    `turn:${name}:${plainPort}?transport=udp`,
    `turn:${name}:${plainPort}?transport=tcp`,
    `turns:${name}:${tlsPort}?transport=tcp`,
  ];
  return {
    relays: true,
    async iceServers(lifetimeMs) {
      const endsAt = Math.ceil((now() + lifetimeMs) / 1_000);
      const username = `${endsAt}:${randomBytes(9).toString("base64url")}`;
      const credential = createHmac("sha1", secret).update(username).digest("base64");
      return [{ urls: stun }, { urls: turn, username, credential }];
    },
  };
}
