import { NullroomError } from "@nullroom/core/errors";
import { FILE_SIZE_LIMIT_BYTES, ROOM_TTL_SECONDS } from "@nullroom/core/limits";
import {
  anything,
  basePath,
  boolean,
  closest,
  host,
  integer,
  oneOf,
  origins,
  type Read,
  redisUrl,
  type Setting,
  secret,
  setting,
} from "./settings.ts";
import { coturn } from "./turn/coturn.ts";
import { staticList } from "./turn/static-list.ts";

/** Every name that this server reads, save those of relays; the README's table names the same. */
const SETTINGS = {
  port: setting("PORT", integer(0, 65_535), 3000),
  /** Undefined means both loopbacks, 127.0.0.1 and ::1. */
  host: setting<string | undefined>("HOST", host, undefined),
  roomTtlSeconds: setting("NULLROOM_ROOM_TTL_SECONDS", integer(1, 86_400), ROOM_TTL_SECONDS),
  fileSizeLimit: setting(
    "NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES",
    integer(1, 2 ** 40),
    FILE_SIZE_LIMIT_BYTES,
  ),
  destroyOnPeerLeave: setting("NULLROOM_DESTROY_ROOM_ON_PEER_LEAVE", boolean, true),
  classic: setting("NULLROOM_CLASSIC", boolean, true),
  rateLimits: setting("NULLROOM_RATE_LIMITS", boolean, true),
  origins: setting<readonly string[]>("NULLROOM_ORIGINS", origins, []),
  trustedProxies: setting("NULLROOM_TRUST_PROXY", integer(0, 16), 0),
  basePath: setting("NULLROOM_BASE_PATH", basePath, ""),
  maxSockets: setting("NULLROOM_MAX_SOCKETS", integer(1, 1_000_000), 20_000),
  metricsPort: setting<number | undefined>("NULLROOM_METRICS_PORT", integer(1, 65_535), undefined),
  log: setting<"off" | "debug">("NULLROOM_LOG", oneOf("off", "debug"), "off"),
  redisUrl: secret<string | undefined>("REDIS_URL", redisUrl, undefined),
  tokensDir: setting<string | undefined>("NULLROOM_TOKENS_DIR", anything, undefined),
  tokensLedger: setting<string | undefined>("NULLROOM_TOKENS_LEDGER", anything, undefined),
  tokensTtlSeconds: setting<number | undefined>("NULLROOM_TOKENS_TTL_SECONDS", integer(1, 86_400), undefined),
};

/** The names that configure a relay provider; at most one provider may be configured. */
const RELAY_SETTINGS = {
  iceServers: secret<string | undefined>("NULLROOM_ICE_SERVERS", iceServers, undefined),
  coturnSecret: secret<string | undefined>("COTURN_SECRET", anything, undefined),
  turnHost: setting<string | undefined>("NULLROOM_TURN_HOST", turnHost, undefined),
  cloudflareKeyId: secret<string | undefined>("CLOUDFLARE_TURN_KEY_ID", anything, undefined),
  cloudflareApiToken: secret<string | undefined>("CLOUDFLARE_TURN_API_TOKEN", anything, undefined),
};

type Values<S> = { [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

export type RelayConfig =
  | { kind: "none" }
  | { kind: "static"; json: string }
  | { kind: "coturn"; secret: string; host: string }
  | { kind: "cloudflare"; keyId: string; apiToken: string };

export type Config = Values<typeof SETTINGS> & { relay: RelayConfig };

export type Environment = { readonly [name: string]: string | undefined };

/** Names of the terminal client, which a shell may export for this program too. */
const FOREIGN = ["NULLROOM_SERVER"];

/**
 * Environment → Config, or all problems at once, each a sentence that names the variable and never its value.
 *
 * @param readFile - reads the file that a NAME_FILE names, and throws where it cannot.
 */
export function parse(
  env: Environment,
  readFile: (path: string) => string,
): { config: Config } | { problems: string[] } {
  const problems = unknownNames(env);
  const source = { env, readFile, problems };
  const values = readAll(SETTINGS, source);
  const relay = pickRelay(readAll(RELAY_SETTINGS, source), problems);
  return problems.length > 0 ? { problems } : { config: { ...values, relay } };
}

type Source = { env: Environment; readFile: (path: string) => string; problems: string[] };

function readAll<S extends { [key: string]: Setting<unknown> }>(settings: S, source: Source): Values<S> {
  const values = Object.entries(settings).map(([key, entry]) => [key, readOne(entry, source)]);
  return Object.fromEntries(values) as Values<S>;
}

function readOne<T>(entry: Setting<T>, source: Source): T {
  const text = textOf(entry, source);
  if (text === undefined) return entry.fallback;
  const read = entry.read(text);
  if ("value" in read) return read.value;
  source.problems.push(`${entry.name} ${read.problem}.`);
  return entry.fallback;
}

/** An empty value counts as none, because compose files pass `NAME=` for what is not set. */
function textOf({ name, secret: fromFile }: Setting<unknown>, source: Source): string | undefined {
  const inline = source.env[name] || undefined;
  const path = (fromFile && source.env[`${name}_FILE`]) || undefined;
  if (path === undefined) return inline;
  if (inline !== undefined) source.problems.push(`${name} and ${name}_FILE are both set; keep one.`);
  try {
    const text = source.readFile(path).trim();
    if (text === "") source.problems.push(`${name}_FILE names an empty file.`);
    return text || undefined;
  } catch {
    // The path is not repeated, since it may itself give something away.
    source.problems.push(`${name}_FILE names a file that cannot be read.`);
    return undefined;
  }
}

function unknownNames(env: Environment): string[] {
  const entries: Setting<unknown>[] = [...Object.values(SETTINGS), ...Object.values(RELAY_SETTINGS)];
  const known = entries.flatMap(({ name, secret: fromFile }) => (fromFile ? [name, `${name}_FILE`] : [name]));
  return Object.keys(env)
    .filter((name) => name.startsWith("NULLROOM_") && !known.includes(name) && !FOREIGN.includes(name))
    .map((name) => `${name} is not known; ${closest(name, known)} is the closest name.`);
}

function pickRelay(values: Values<typeof RELAY_SETTINGS>, problems: string[]): RelayConfig {
  const { iceServers: json, coturnSecret, turnHost, cloudflareKeyId, cloudflareApiToken } = values;
  const found: RelayConfig[] = [];
  if (json !== undefined) found.push({ kind: "static", json });

  if (coturnSecret !== undefined && turnHost !== undefined) {
    found.push({ kind: "coturn", secret: coturnSecret, host: turnHost });
  } else if (coturnSecret !== undefined || turnHost !== undefined) {
    nameHalf("COTURN_SECRET", "NULLROOM_TURN_HOST", problems);
  }

  if (cloudflareKeyId !== undefined && cloudflareApiToken !== undefined) {
    found.push({ kind: "cloudflare", keyId: cloudflareKeyId, apiToken: cloudflareApiToken });
  } else if (cloudflareKeyId !== undefined || cloudflareApiToken !== undefined) {
    nameHalf("CLOUDFLARE_TURN_KEY_ID", "CLOUDFLARE_TURN_API_TOKEN", problems);
  }

  const [relay = { kind: "none" }, ...surplus] = found;
  if (surplus.length > 0) {
    problems.push(
      "Two relay providers are configured; keep one of NULLROOM_ICE_SERVERS, COTURN_SECRET and CLOUDFLARE_TURN_KEY_ID.",
    );
  }
  return relay;
}

/** A half that is set but wrong has a problem of its own already; then the pair is none. */
function nameHalf(one: string, other: string, problems: string[]): void {
  if (problems.some((problem) => problem.startsWith(one) || problem.startsWith(other))) return;
  problems.push(`${one} and ${other} only work together; one of them is missing.`);
}

function turnHost(text: string): Read<string> {
  const problem =
    "must be a host name or an address, IPv6 in brackets, with a port where its TLS is not on 443";
  return usable(text, () => coturn({ secret: "", host: text }), problem);
}

function iceServers(text: string): Read<string> {
  const problem = "must be a JSON list of ICE servers, each with urls; turn with username and credential";
  return usable(text, () => staticList(text), problem);
}

/** Only what the provider itself takes may be configured, so that no mistake is found later. */
function usable(text: string, make: () => unknown, problem: string): Read<string> {
  try {
    make();
    return { value: text };
  } catch (error) {
    if (!(error instanceof NullroomError)) throw error;
    return { problem };
  }
}
