/** Who asks, as far as an answer depends on it. Lives as long as the request. */
export type Caller = {
  /** For the rate limits alone, which keep only a keyed hash of its prefix. */
  address: string;
  /** Behind TLS, as far as a trusted proxy says so. */
  secure: boolean;
  /** `Host` as the browser knows this server; undefined where it is no host name. */
  host: string | undefined;
  /** What to say in `Access-Control-Allow-Origin`: only ever an origin that the operator listed. */
  sharedWith: string | undefined;
  /** No `Origin` at all, or one that may use this server. */
  originAllowed: boolean;
};

export type CallerRules = { trustedProxies: number; origins: readonly string[] };

/** A request's headers, whichever library holds them. */
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
    // Programs that are no browser send no origin, and could claim any.
    originAllowed: origin === undefined || listed || isOwn(origin, host),
  };
}

/**
 * Each proxy appends what it saw, so the nth from the right is the first that a trusted one wrote. With fewer
 * entries than proxies all of them were written by trusted ones, and the leftmost is the caller.
 */
function nthFromRight(list: string | undefined, n: number): string | undefined {
  if (list === undefined) return undefined;
  const entries = list.split(",").map((entry) => entry.trim());
  return entries[Math.max(0, entries.length - n)] || undefined;
}

/** Hosts are compared and schemes are not: a TLS proxy that nobody told us about must not lock people out. */
function isOwn(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  if (protocol !== "http:" && protocol !== "https:") return false;
  const own = `${protocol}//${host}`; // Parsing drops a default port on both sides alike.
  return URL.canParse(own) && new URL(own).host === originHost;
}
