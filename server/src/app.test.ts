import { NullroomError } from "@nullroom/core/errors";
import { beforeEach, describe, expect, test } from "vitest";
import { createApp } from "./app.ts";
import type { Limiter } from "./limits/limiter.ts";
import { MemoryStore } from "./rooms/memory-store.ts";
import { rulesOf } from "./serve.ts";
import { configOf, partsOf } from "./testing/node.ts";

type Options = { env?: { [name: string]: string }; limiter?: Limiter; storeDown?: boolean };

/** The app without a port; `ask` sends one request to it. */
function newApp({ env = {}, limiter, storeDown = false }: Options = {}) {
  const config = configOf(env);
  const store = new MemoryStore(rulesOf(config));
  if (storeDown) {
    const down = async () => {
      throw new NullroomError("E_SERVER", "the store cannot be reached");
    };
    Object.assign(store, { create: down, ping: down, classicTtl: down, takeHandshake: down });
  }
  const parts = partsOf(config, { store, ...(limiter === undefined ? {} : { limiter }) });
  const { classic, fileSizeLimit, basePath, trustedProxies, origins } = config;
  const callers = { trustedProxies, origins };
  const app = createApp({ ...parts, rules: rulesOf(config), classic, fileSizeLimit, basePath, callers });
  const ask = async (path: string, init: RequestInit & { headers?: { [name: string]: string } } = {}) => {
    const headers = { host: "room.example", ...init.headers };
    return app.fetch(new Request(`http://room.example${path}`, { ...init, headers }), { peer: "192.0.2.1" });
  };
  return { ask, store, counters: parts.counters };
}

const fullUp: Limiter = {
  admit: () => ({ admitted: false, retryAfterMs: 1_500 }),
  [Symbol.dispose]: () => undefined,
};
const PAGE = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const JSON_TYPE = { "content-type": "application/json" };
const UUID = "00000000-0000-4000-8000-000000000000";
const ADMIT = "A".repeat(43);

let app: ReturnType<typeof newApp>;
beforeEach(() => {
  app = newApp();
});

describe("headers on every answer", () => {
  const everywhere: [string, RequestInit & { headers?: { [name: string]: string } }][] = [
    ["/", {}],
    ["/", { method: "HEAD" }],
    ["/", { method: "PUT" }],
    ["/rooms", { method: "POST" }],
    ["/rooms", { method: "GET" }],
    ["/rooms", { method: "POST", headers: { origin: "https://evil.example" } }],
    ["/rooms", { method: "POST", body: "{", headers: JSON_TYPE }],
    ["/rooms", { method: "POST", body: "x".repeat(5000), headers: JSON_TYPE }],
    [`/rooms/${UUID}`, {}],
    [`/rooms/${UUID}`, { headers: { accept: "application/json" } }],
    ["/rooms/nope", { headers: PAGE }],
    ["/privacy", {}],
    ["/gone", {}],
    ["/features", {}],
    ["/up", {}],
    [`/handshakes/${"a".repeat(64)}`, {}],
    [`/handshakes/${"a".repeat(64)}`, { method: "POST", body: '{"blob":"x"}', headers: JSON_TYPE }],
    ["/cable", {}],
    ["/assets/app-0123abcd.js", {}],
    ["/assets/none.js", {}],
    ["/icon.svg", {}],
    ["/robots.txt", {}],
    ["/.well-known/security.txt", {}],
    ["/nowhere", { headers: PAGE }],
    ["/nowhere", {}],
  ];

  test.each(everywhere)("%s %o", async (path, init) => {
    for (const broken of [app, newApp({ storeDown: true })]) {
      const { headers, status } = await broken.ask(path, init);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("origin-agent-cluster")).toBe("?1");
      expect(headers.get("integrity-policy")).toBe("blocked-destinations=(script)");
      expect(headers.get("permissions-policy")).toMatch(/camera=\(\).*clipboard-write=\(self\)/);
      const policy = headers.get("content-security-policy");
      for (const directive of [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]) {
        expect(policy).toContain(directive);
      }
      expect(policy).not.toMatch(/unsafe|\*|eval/);
      expect(headers.get("cache-control")).not.toBeNull();
      for (const absent of ["set-cookie", "server", "x-powered-by", "strict-transport-security"]) {
        expect(headers.get(absent)).toBeNull();
      }
      if (headers.get("content-type")?.startsWith("text/html")) {
        expect(headers.get("cache-control")).toBe("no-store");
      }
      expect(status).toBeLessThan(600);
    }
  });

  test("pages name each source they need, inline scripts by hash, the cable by host", async () => {
    const policy = (await app.ask("/")).headers.get("content-security-policy");
    expect(policy).toMatch(/script-src 'self' 'sha256-[A-Za-z0-9+/]{43}='/);
    expect(policy).toContain("connect-src 'self' ws://room.example");
    expect(policy).not.toContain("upgrade-insecure-requests");
  });

  test("TLS is only believed of a trusted proxy", async () => {
    const behindTls = { headers: { "x-forwarded-proto": "https" } };
    expect((await app.ask("/", behindTls)).headers.get("strict-transport-security")).toBeNull();
    const proxied = newApp({ env: { NULLROOM_TRUST_PROXY: "1" } });
    const { headers } = await proxied.ask("/", behindTls);
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect(headers.get("content-security-policy")).toMatch(
      /wss:\/\/room\.example.*upgrade-insecure-requests$/,
    );
  });

  test("a host that is none is not repeated", async () => {
    const headers = { host: "a'; script-src *" };
    const policy = (await app.ask("/", { headers })).headers.get("content-security-policy");
    expect(policy).toContain("connect-src 'self';");
  });
});

describe("pages", () => {
  test.each([
    ["/", "landing"],
    [`/rooms/${UUID}`, "room"],
    ["/privacy", "privacy"],
    ["/gone", "gone"],
  ])("%s", async (path, words) => {
    const answer = await app.ask(path, { headers: PAGE });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain(words);
  });

  test("the landing page carries the constant that existing terminal clients look for", async () => {
    expect(await (await app.ask("/")).text()).toMatch(/<meta name="csrf-token" content="[^"]+">/);
  });

  test("a room's page is the same for every well-formed id and asks no store", async () => {
    const down = newApp({ storeDown: true });
    const other = await down.ask("/rooms/11111111-1111-4111-8111-111111111111", { headers: PAGE });
    expect(other.status).toBe(200);
    expect(other.headers.get("x-robots-tag")).toBe("noindex");
    expect(other.headers.get("vary")).toMatch(/Accept/);
    expect(await other.text()).toBe(await (await app.ask(`/rooms/${UUID}`)).text());
  });

  test.each(["/rooms/nope", `/rooms/${UUID.toUpperCase().replace("8", "A")}`, `/rooms/${UUID}/`, "/nowhere"])(
    "%s is not found, in words for people and as a code for programs",
    async (path) => {
      const page = await app.ask(path, { headers: PAGE });
      expect([page.status, await page.text()]).toEqual([404, expect.stringContaining("not found")]);
      const json = await app.ask(path, { headers: { accept: "*/*" } });
      expect([json.status, await json.json()]).toEqual([404, { error: "not-found" }]);
    },
  );

  test.each([
    ["/rooms", 405],
    ["/cable", 400],
  ])("whoever navigates to %s gets a page, and programs get a code", async (path, status) => {
    const page = await app.ask(path, { headers: PAGE });
    expect([page.status, page.headers.get("content-type")]).toEqual([status, "text/html; charset=utf-8"]);
    const json = await app.ask(path, { headers: { accept: "*/*" } });
    expect([json.status, await json.json()]).toEqual([status, { error: expect.any(String) }]);
  });

  test("so are a failure and too many requests", async () => {
    const path = `/handshakes/${"a".repeat(64)}`;
    const failing = await newApp({ storeDown: true }).ask(path, { headers: PAGE });
    expect([failing.status, await failing.text()]).toEqual([503, expect.stringContaining("our fault")]);
    const busy = await newApp({ limiter: fullUp }).ask(path, { headers: PAGE });
    expect([busy.status, await busy.text()]).toEqual([429, expect.stringContaining("too much")]);
    expect(busy.headers.get("retry-after")).toBe("2");
  });

  test("who leaves has the cache cleared", async () => {
    expect((await app.ask("/gone")).headers.get("clear-site-data")).toBe('"cache"');
  });

  test.each(["/icon.svg", "/icon-new.svg"])("%s is a picture", async (path) => {
    const { status, headers } = await app.ask(path);
    expect([status, headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
  });

  test("hashed assets are immutable and compressed", async () => {
    const answer = await app.ask("/assets/app-0123abcd.js", { headers: { "accept-encoding": "gzip, br" } });
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("content-encoding")).toBe("br");
    expect(answer.headers.get("vary")).toBe("Accept-Encoding");
    expect(answer.headers.get("content-type")).toMatch(/^text\/javascript/);
    const gzip = await app.ask("/", { headers: { "accept-encoding": "br;q=0, gzip" } });
    expect(gzip.headers.get("content-encoding")).toBe("gzip");
  });

  test("robots are sent away from rooms; a contact and an end date are named", async () => {
    expect(await (await app.ask("/robots.txt")).text()).toContain("Disallow: /rooms/");
    const path = "/.well-known/security.txt";
    const text = await (await app.ask(path)).text();
    expect(text).toMatch(/^Contact: mailto:security@room\.example$/m);
    for (const [host, mailbox] of [
      ["room.example:8443", "security@room.example"],
      ["127.0.0.1:3000", "security@[127.0.0.1]"],
      ["[2001:db8::1]:3000", "security@[IPv6:2001:db8::1]"],
      ["no host!", "security@localhost"],
    ] as const) {
      expect(await (await app.ask(path, { headers: { host } })).text()).toContain(`mailto:${mailbox}\n`);
    }
    expect(Date.parse(/^Expires: (.*)$/m.exec(text)?.[1] ?? "")).toBeGreaterThan(Date.now());
  });

  test("below a base path everything moves and nothing stays", async () => {
    const moved = newApp({ env: { NULLROOM_BASE_PATH: "/two" } });
    expect((await moved.ask("/two/")).status).toBe(200);
    expect((await moved.ask("/two/assets/app-0123abcd.js")).status).toBe(200);
    expect((await moved.ask("/")).status).toBe(404);
    const bare = await moved.ask("/two");
    expect([bare.status, bare.headers.get("location")]).toEqual([308, "/two/"]);
  });
});

describe("POST /rooms", () => {
  const create = (body?: string, headers: { [name: string]: string } = JSON_TYPE) =>
    app.ask("/rooms", { method: "POST", headers, ...(body === undefined ? {} : { body }) });

  test("makes a classic room of an empty body", async () => {
    const answer = await create(undefined, {});
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({
      room_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      ice_servers: [],
      turn_servers: [],
      ttl_seconds: 900,
      file_size_limit: 16_777_216,
    });
  });

  test("makes a protocol 2 room that JSON clients do not see", async () => {
    const created = await create(JSON.stringify({ v: 2, admit: ADMIT }));
    expect(created.status).toBe(201);
    const { room_id: id } = (await created.json()) as { room_id: string };
    const seen = await app.ask(`/rooms/${id}`, { headers: { accept: "application/json" } });
    expect([seen.status, await seen.json()]).toEqual([404, { error: "not-found" }]);
    const classic = (await (await create("{}")).json()) as { room_id: string };
    const known = await app.ask(`/rooms/${classic.room_id}`, { headers: { accept: "application/json" } });
    expect(await known.json()).toMatchObject({
      room_id: classic.room_id,
      turn_servers: [],
      ttl_seconds: 900,
    });
  });

  test.each<[string, string, { [name: string]: string }, number, string]>([
    ["no JSON", "{", JSON_TYPE, 400, "bad-request"],
    ["a list", "[]", JSON_TYPE, 400, "bad-request"],
    ["an unknown version", '{"v":3}', JSON_TYPE, 400, "bad-request"],
    ["no admission", '{"v":2}', JSON_TYPE, 400, "bad-request"],
    ["a short admission", '{"v":2,"admit":"AAAA"}', JSON_TYPE, 400, "bad-request"],
    ["another type", "v=2", { "content-type": "text/plain" }, 415, "unsupported-type"],
    ["too much", `{"x":"${"x".repeat(4096)}"}`, JSON_TYPE, 413, "too-large"],
    ["another site", "{}", { ...JSON_TYPE, origin: "https://evil.example" }, 403, "forbidden-origin"],
    ["a file on disk", "{}", { ...JSON_TYPE, origin: "null" }, 403, "forbidden-origin"],
  ])("refuses %s", async (_name, body, headers, status, error) => {
    const answer = await create(body, headers);
    expect([answer.status, await answer.json()]).toEqual([status, { error }]);
  });

  test("lets in its own pages, whatever the scheme, and origins that the operator listed", async () => {
    for (const origin of ["http://room.example", "https://room.example"]) {
      expect((await create("{}", { ...JSON_TYPE, origin })).status).toBe(201);
    }
    const open = newApp({ env: { NULLROOM_ORIGINS: "null https://other.example" } });
    const init = { method: "POST", headers: { ...JSON_TYPE, origin: "null" } };
    const answer = await open.ask("/rooms", init);
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([201, "null"]);
    const asked = await open.ask("/rooms", {
      method: "OPTIONS",
      headers: { origin: "https://other.example" },
    });
    expect(asked.headers.get("access-control-allow-methods")).toBe("POST");
    const strange = await open.ask("/rooms", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example" },
    });
    expect([strange.status, strange.headers.get("access-control-allow-origin")]).toEqual([405, null]);
  });

  test("says which methods there are", async () => {
    const answer = await app.ask("/rooms", { method: "DELETE" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("makes no classic room where classic is off", async () => {
    const modern = newApp({ env: { NULLROOM_CLASSIC: "off" } });
    const refused = await modern.ask("/rooms", { method: "POST" });
    expect([refused.status, await refused.json()]).toEqual([400, { error: "classic-off" }]);
    const path = `/handshakes/${"a".repeat(64)}`;
    expect(
      (await modern.ask(path, { method: "POST", body: '{"blob":"x"}', headers: JSON_TYPE })).status,
    ).toBe(404);
    expect(await (await modern.ask("/features")).json()).toMatchObject({ classic: false });
  });

  test("is refused for a while where it was asked too often", async () => {
    const strict = newApp({ limiter: fullUp });
    const answer = await strict.ask("/rooms", { method: "POST" });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "2"]);
    expect(await answer.json()).toEqual({ error: "rate-limited" });
    const up = await strict.ask("/up");
    expect([up.status, await up.json()]).toEqual([429, { status: "rate_limited" }]);
    expect(up.headers.get("retry-after")).toBe("2");
  });

  test("a store that is down is a code and a count, in words for people", async () => {
    const down = newApp({ storeDown: true });
    const answer = await down.ask("/rooms", { method: "POST" });
    expect([answer.status, await answer.json()]).toEqual([503, { error: "store-down" }]);
    expect(down.counters.errors().get("E_SERVER")).toBe(1);
    const up = await down.ask("/up");
    expect([up.status, await up.json()]).toEqual([500, { status: "error" }]);
  });
});

describe("handshakes", () => {
  const path = `/handshakes/${"0a".repeat(32)}`;
  const put = (at: string, body: string) => app.ask(at, { method: "POST", body, headers: JSON_TYPE });

  test("are published once and taken once", async () => {
    expect((await put(path, '{"blob":"c2VjcmV0"}')).status).toBe(201);
    expect((await put(path, '{"blob":"b3RoZXI="}')).status).toBe(409);
    expect(await (await app.ask(path)).json()).toEqual({ blob: "c2VjcmV0" });
    expect((await app.ask(path)).status).toBe(404);
  });

  test.each([
    [`/handshakes/${"A".repeat(64)}`, '{"blob":"x"}'],
    ["/handshakes/short", '{"blob":"x"}'],
    [path, "{}"],
    [path, '{"blob":1}'],
    [path, `{"blob":"${"x".repeat(2049)}"}`],
  ])("%s with %s is unprocessable", async (at, body) => {
    expect((await put(at, body)).status).toBe(422);
  });
});

test("a body without a length is read only as far as it may go", async () => {
  let pulled = 0;
  const body = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1024).fill(0x20));
    },
  });
  const answer = await app.ask("/rooms", {
    method: "POST",
    body,
    headers: JSON_TYPE,
    duplex: "half",
  } as RequestInit & {
    headers: { [name: string]: string };
  });
  expect(answer.status).toBe(413);
  expect(pulled).toBeLessThan(8);
});
