/** What an answer may depend on about whoever sent the request. It lives as long as the request. */
export type Caller = {
  /** Used by the rate limits alone, which keep only a keyed hash of its prefix. */
  address: string;
  /** Whether the request came over TLS, which only a trusted proxy can say. */
  secure: boolean;
  /** The name of this server as the browser knows it; undefined where it is no host name. */
  host: string | undefined;
  /** The value of `Access-Control-Allow-Origin`, which is only ever an origin that the operator listed. */
  sharedWith: string | undefined;
  /** Whether there is no `Origin` at all, or one that may use this server. */
  originAllowed: boolean;
};

export type CallerRules = { trustedProxies: number; origins: readonly string[] };

/** Reads one header of a request, whichever library holds them. */
export type Head = (name: string) => string | undefined;

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;

/** @param peer - the other end of the TCP connection. */
export function identify(head: Head, peer: string, rules: CallerRules): Caller {
  const { trustedProxies: proxies } = rules;
  const forwarded = (name: string) => (proxies > 0 ? nthFromRight(head(name), proxies) : undefined);
  const host = forwarded("x-forwarded-host") ?? head("host");
  const origin = head("origin");
  const listed = origin !== undefined && rules.origins.includes(origin);
  return {
    address: forwarded("x-forwarded-for") ?? peer,
    secure: forwarded("x-forwarded-proto")?.toLowerCase() === "https",
    host: host !== undefined && HOST.test(host) ? host : undefined,
    sharedWith: listed ? origin : undefined,
    // Programs that are no browser send no origin, and refusing them would gain nothing: they could claim any.
    originAllowed: origin === undefined || listed || isOwn(origin, host),
  };
}

/**
 * The nth entry from the right: each proxy appends the address that it saw, so this is the leftmost entry that a
 * trusted proxy wrote. With fewer entries than proxies all were written by trusted ones, and the leftmost is the
 * caller.
 */
function nthFromRight(list: string | undefined, n: number): string | undefined {
  if (list === undefined) return undefined;
  const entries = list.split(",").map((entry) => entry.trim());
  return entries[Math.max(0, entries.length - n)] || undefined;
}

/** Compares hosts and not schemes, because a TLS proxy that is not configured here must not lock people out. */
function isOwn(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  if (protocol !== "http:" && protocol !== "https:") return false;
  const own = `${protocol}//${host}`; // Parsing drops a default port here as it does in `originHost`.
  return URL.canParse(own) && new URL(own).host === originHost;
}
