import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Config, type Environment, parse } from "./config.ts";

const noFiles = (_path: string): string => {
  throw new Error("no such file");
};

function accepted(env: Environment, readFile = noFiles): Config {
  const parsed = parse(env, readFile);
  if ("problems" in parsed) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

function problems(env: Environment, readFile = noFiles): string[] {
  const parsed = parse(env, readFile);
  return "problems" in parsed ? parsed.problems : [];
}

test("an empty environment is a whole configuration", () => {
  expect(accepted({})).toEqual({
    port: 3000,
    host: undefined,
    roomTtlSeconds: 900,
    fileSizeLimit: 16_777_216,
    destroyOnPeerLeave: true,
    classic: true,
    rateLimits: true,
    origins: [],
    trustedProxies: 0,
    basePath: "",
    maxSockets: 20_000,
    metricsPort: undefined,
    log: "off",
    redisUrl: undefined,
    tokensDir: undefined,
    tokensLedger: undefined,
    tokensTtlSeconds: undefined,
    relay: { kind: "none" },
  });
});

test("an empty value is none at all", () => {
  expect(accepted({ PORT: "", NULLROOM_CLASSIC: "", REDIS_URL: "", COTURN_SECRET: "" })).toEqual(
    accepted({}),
  );
});

test.each<[string, Environment, Partial<Config>]>([
  ["port and host", { PORT: "8080", HOST: "0.0.0.0" }, { port: 8080, host: "0.0.0.0" }],
  ["an IPv6 host", { HOST: "::" }, { host: "::" }],
  [
    "switches",
    { NULLROOM_CLASSIC: "off", NULLROOM_RATE_LIMITS: "False" },
    { classic: false, rateLimits: false },
  ],
  ["a base path with a slash too many", { NULLROOM_BASE_PATH: "/a/b/" }, { basePath: "/a/b" }],
  ["a base path that is none", { NULLROOM_BASE_PATH: "/" }, { basePath: "" }],
  ["origins", { NULLROOM_ORIGINS: "https://a.example, null" }, { origins: ["https://a.example", "null"] }],
  ["the terminal client's variable", { NULLROOM_SERVER: "https://a.example" }, {}],
  [
    "a static list",
    { NULLROOM_ICE_SERVERS: '[{"urls":"stun:a.example"}]' },
    { relay: { kind: "static", json: '[{"urls":"stun:a.example"}]' } },
  ],
  [
    "coturn",
    { COTURN_SECRET: "s", NULLROOM_TURN_HOST: "turn.example" },
    { relay: { kind: "coturn", secret: "s", host: "turn.example" } },
  ],
  ...["turn.example:8443", "203.0.113.7", "[2001:db8::1]", "[2001:db8::1]:5349"].map(
    (host): [string, Environment, Partial<Config>] => [
      `coturn at ${host}`,
      { COTURN_SECRET: "s", NULLROOM_TURN_HOST: host },
      { relay: { kind: "coturn", secret: "s", host } },
    ],
  ),
  [
    "Cloudflare",
    { CLOUDFLARE_TURN_KEY_ID: "k", CLOUDFLARE_TURN_API_TOKEN: "t" },
    { relay: { kind: "cloudflare", keyId: "k", apiToken: "t" } },
  ],
])("takes %s", (_name, env, expected) => {
  expect(accepted(env)).toMatchObject(expected);
});

test.each<[string, Environment, RegExp]>([
  ["a port that is none", { PORT: "http" }, /^PORT must be a whole number/],
  ["a port out of range", { PORT: "65536" }, /^PORT must be/],
  ["a negative number", { NULLROOM_ROOM_TTL_SECONDS: "-1" }, /^NULLROOM_ROOM_TTL_SECONDS must be/],
  ["a number with a fraction", { NULLROOM_MAX_SOCKETS: "1.5" }, /^NULLROOM_MAX_SOCKETS must be/],
  ["a switch that is neither", { NULLROOM_CLASSIC: "yes" }, /^NULLROOM_CLASSIC must be on or off/],
  ["a relative base path", { NULLROOM_BASE_PATH: "rooms" }, /^NULLROOM_BASE_PATH must be a path/],
  ["a base path that climbs", { NULLROOM_BASE_PATH: "/a/../b" }, /^NULLROOM_BASE_PATH must be a path/],
  ["an origin with a path", { NULLROOM_ORIGINS: "https://a.example/x" }, /^NULLROOM_ORIGINS must list/],
  ["a store that is no Redis", { REDIS_URL: "http://a.example" }, /^REDIS_URL must be an address/],
  [
    "ICE servers that are no JSON",
    { NULLROOM_ICE_SERVERS: "stun:a" },
    /^NULLROOM_ICE_SERVERS must be a JSON list/,
  ],
  [
    "turn without a password",
    { NULLROOM_ICE_SERVERS: '[{"urls":"turn:a"}]' },
    /^NULLROOM_ICE_SERVERS must be/,
  ],
  ...["turn.example:99999", "2001:db8::1", "[2001:db8::1", "https://turn.example", "turn.example/x"].map(
    (host): [string, Environment, RegExp] => [
      `a relay at ${host}, and names only that`,
      { COTURN_SECRET: "s", NULLROOM_TURN_HOST: host },
      /^NULLROOM_TURN_HOST must be a host name or an address, IPv6 in brackets/,
    ],
  ),
  ["half a coturn", { COTURN_SECRET: "s" }, /only work together/],
  ["half a Cloudflare", { CLOUDFLARE_TURN_KEY_ID: "k" }, /only work together/],
  ["a log level that is none", { NULLROOM_LOG: "verbose" }, /^NULLROOM_LOG must be off or debug/],
  [
    "a name that nobody knows",
    { NULLROOM_CLASIC: "off" },
    /^NULLROOM_CLASIC is not known; NULLROOM_CLASSIC is the closest/,
  ],
  [
    "two relay providers",
    { NULLROOM_ICE_SERVERS: '[{"urls":"stun:a.example"}]', COTURN_SECRET: "s", NULLROOM_TURN_HOST: "t" },
    /^Two relay providers/,
  ],
])("refuses %s", (_name, env, sentence) => {
  expect(problems(env)).toEqual([expect.stringMatching(sentence)]);
});

test("names every problem at once and no value of a secret", () => {
  const env = {
    PORT: "x",
    NULLROOM_CLASSIC: "x",
    REDIS_URL: "http://hunter2",
    NULLROOM_ICE_SERVERS: "hunter2",
  };
  const found = problems(env);
  expect(found).toHaveLength(4);
  expect(found.join()).not.toContain("hunter2");
});

describe("a secret from a file", () => {
  const files = { "/run/redis": " redis://r:6379\n", "/run/empty": "\n" };
  const readFile = (path: string) => files[path as keyof typeof files] ?? noFiles(path);

  test("is read and trimmed", () => {
    expect(accepted({ REDIS_URL_FILE: "/run/redis" }, readFile).redisUrl).toBe("redis://r:6379");
  });

  test.each<[string, Environment, RegExp]>([
    ["missing", { REDIS_URL_FILE: "/run/none" }, /^REDIS_URL_FILE names a file that cannot be read/],
    ["empty", { REDIS_URL_FILE: "/run/empty" }, /^REDIS_URL_FILE names an empty file/],
    ["beside the value itself", { REDIS_URL_FILE: "/run/redis", REDIS_URL: "redis://a" }, /are both set/],
    ["for what is no secret", { NULLROOM_CLASSIC_FILE: "/run/redis" }, /^NULLROOM_CLASSIC_FILE is not known/],
  ])("is refused when it is %s", (_name, env, sentence) => {
    expect(problems(env, readFile)).toEqual([expect.stringMatching(sentence)]);
  });
});

test("whatever the environment holds, the answer is a configuration or sentences", () => {
  const name = fc.oneof(
    fc.constantFrom(
      "PORT",
      "HOST",
      "REDIS_URL",
      "NULLROOM_ORIGINS",
      "NULLROOM_BASE_PATH",
      "NULLROOM_ICE_SERVERS",
    ),
    fc.string().map((text) => `NULLROOM_${text}`),
  );
  const value = fc.oneof(fc.string(), fc.json(), fc.webUrl(), fc.nat().map(String));
  fc.assert(
    fc.property(fc.dictionary(name, value), (env) => {
      const parsed = parse(env, noFiles);
      if ("config" in parsed) expect(parsed.config.port).toBeTypeOf("number");
      else for (const sentence of parsed.problems) expect(sentence).toMatch(/^[A-Z].*\.$/s);
    }),
    { numRuns: 500 },
  );
});

test("every whole number within its bounds comes out as it went in", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_535 }), (port) => {
      expect(accepted({ PORT: String(port) }).port).toBe(port);
    }),
  );
});
