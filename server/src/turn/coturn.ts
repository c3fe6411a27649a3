import { createHmac, randomBytes } from "node:crypto";
import { NullroomError } from "@nullroom/core/errors";
import type { IceProvider } from "./provider.ts";

export type CoturnOptions = {
  /** The `static-auth-secret` of coturn. */
  secret: string;
  /** NULLROOM_TURN_HOST: a name or an address, IPv6 in brackets, with the port for TLS where that is not 443. */
  host: string;
  /** The port for UDP and TCP, for a coturn that does not listen on the usual one. */
  plainPort?: number;
  /** Unix milliseconds, since coturn compares with its own clock. */
  now?: () => number;
};

const TURN_PORT = 3478;
/** The default port for TLS, the one way out of networks that let nothing but the web pass. */
const TLS_PORT = 443;

const HOST = /^(?<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?<port>[0-9]{1,5}))?$/i;

/**
 * A provider of credentials that coturn can check without having been told of them (its `use-auth-secret`): the user
 * name is the time at which they end and a random part, and the password is the name's HMAC under the shared secret.
 * coturn speaks SHA-1 only, which is still sound as a MAC. The random part keeps two people of one room, or one person
 * in two rooms, from being the same user to somebody who reads coturn's memory.
 *
 * @throws "E_MALFORMED" where `host` is no host
 */
export function coturn({ secret, host, plainPort = TURN_PORT, now = Date.now }: CoturnOptions): IceProvider {
  const parts = HOST.exec(host)?.groups;
  const { name, port: tlsPort = TLS_PORT } = parts ?? {};
  // Parsing it as part of a URL refuses ports and addresses that only look right.
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
