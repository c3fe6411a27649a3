import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { IceServer } from "@nullroom/core/wire/room-messages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCoturn } from "../../../testing/services/coturn.ts";
import { type Credentials, TurnClient } from "../../../testing/services/turn-client.ts";
import { coturn } from "./coturn.ts";
import { CREDENTIAL_MARGIN_MS } from "./provider.ts";

const LIFETIME_MS = 900_000 + CREDENTIAL_MARGIN_MS;

async function credentialsOf(
  relay: TestCoturn,
  { secret = relay.secret, now = Date.now } = {},
): Promise<Credentials> {
  const provider = coturn({
    secret,
    host: `${relay.host}:${relay.ports.tls}`,
    plainPort: relay.ports.plain,
    now,
  });
  return withCredentials(await provider.iceServers(LIFETIME_MS));
}

function withCredentials(servers: IceServer[]): Credentials {
  const { username, credential } = servers.find((server) => server.username !== undefined) ?? {};
  if (username === undefined || credential === undefined) throw new Error("no credentials among the servers");
  return { username, credential };
}

describe("coturn's credentials", () => {
  test("stun, and turn over UDP, TCP and TLS, until the room ends and five minutes more", async () => {
    const now = () => 1_700_000_000_000;
    const provider = coturn({ secret: "north", host: "turn.example.org", now });
    const servers = await provider.iceServers(LIFETIME_MS);
    expect(servers).toEqual([
      { urls: ["stun:turn.example.org:3478"] },
      {
        urls: [
          "turn:turn.example.org:3478?transport=udp",
          "turn:turn.example.org:3478?transport=tcp",
          "turns:turn.example.org:443?transport=tcp",
        ],
        username: expect.stringMatching(/^1700001200:[\w-]{12}$/),
        credential: expect.stringMatching(/^[A-Za-z0-9+/]{27}=$/),
      },
    ]);
    expect(provider.relays).toBe(true);
  });

  test("no two are the same user", async () => {
    const provider = coturn({ secret: "north", host: "turn.example.org" });
    const [one, two] = [await provider.iceServers(1_000), await provider.iceServers(1_000)].map(
      withCredentials,
    );
    expect(one?.username).not.toBe(two?.username);
  });

  test.each([
    ["turn.example.org:5349", "turns:turn.example.org:5349?transport=tcp"],
    ["[2001:db8::1]", "turns:[2001:db8::1]:443?transport=tcp"],
    ["192.0.2.1", "turns:192.0.2.1:443?transport=tcp"],
  ])("%s", async (host, url) => {
    const servers = await coturn({ secret: "north", host }).iceServers(1_000);
    expect(servers.flatMap((server) => server.urls)).toContain(url);
  });

  test.each(["", "turn example", "turn:host", "a/b", "host:", "2001:db8::1"])("%j is no host", (host) => {
    expect(() => coturn({ secret: "north", host })).toThrow(expect.objectContaining({ code: "E_MALFORMED" }));
  });
});

describe("a real coturn", () => {
  let relay: TestCoturn;
  beforeAll(async () => {
    relay = await TestCoturn.start("loopback");
  });
  afterAll(() => relay?.[Symbol.asyncDispose]());

  test.each([
    ["UDP", []],
    ["TCP", ["-t"]],
  ])("relays over %s for them, asked by its own client", async (_, transport) => {
    const { username, credential } = await credentialsOf(relay);
    const who = ["-u", username, "-w", credential, "-p", String(relay.ports.plain)];
    const args = [...transport, ...who, "-y", "-c", "-n", "5", relay.host];
    const { stdout } = await promisify(execFile)("turnutils_uclient", args, { timeout: 15_000 });
    expect(stdout).toMatch(/Total lost packets 0 /);
  });

  // coturn's own client stalls on TLS, because it waits for bytes that OpenSSL has decrypted already; so ours asks.
  test("allocates over TLS for them", async () => {
    using client = await TurnClient.connect(relay.ports.tls, await credentialsOf(relay), true);
    expect(await client.allocate(4)).toBe(0);
  });

  test("refuses another secret's, and outdated ones", async () => {
    using wrong = await TurnClient.connect(
      relay.ports.plain,
      await credentialsOf(relay, { secret: "other" }),
    );
    expect(await wrong.allocate(4)).toBe(401);
    const longAgo = () => Date.now() - LIFETIME_MS - 5_000;
    using late = await TurnClient.connect(relay.ports.plain, await credentialsOf(relay, { now: longAgo }));
    expect(await late.allocate(4)).toBe(401);
  });
});

describe("the hardened configuration", () => {
  let relay: TestCoturn;
  beforeAll(async () => {
    relay = await TestCoturn.start("hardened");
  });
  afterAll(() => relay[Symbol.asyncDispose]());

  async function permission(address: string, tls = false): Promise<number> {
    const port = tls ? relay.ports.tls : relay.ports.plain;
    using client = await TurnClient.connect(port, await credentialsOf(relay), tls);
    expect(await client.allocate(address.includes(":") ? 6 : 4)).toBe(0);
    return await client.permit(address); // Awaited here, since leaving the block closes the socket.
  }

  test.each([
    ...["0.0.0.1", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1.2.3"],
    ...["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1"],
    ...[
      "192.168.0.1",
      "198.18.0.1",
      "198.19.255.255",
      "198.51.100.1",
      "203.0.113.1",
      "224.0.0.1",
      "240.0.0.1",
    ],
    ...["255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2001:db8::1"],
    ...["fc00::1", "fd12:3456::1", "fe80::1", "febf::1", "ff02::1", "ff0e::1"],
  ])("never relays to %s", async (address) => {
    expect(await permission(address)).toBe(403);
  });

  test.each([
    ...["8.8.8.8", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1"],
    ...["198.17.255.255", "198.20.0.1", "223.255.255.255", "2001:4860:4860::8888", "2a00::1"],
  ])("relays to %s, also when asked over TLS", async (address) => {
    expect(await permission(address)).toBe(0);
    expect(await permission(address, true)).toBe(0);
  });
});
