import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cloudflare } from "./cloudflare.ts";

/** These tests ask a stand-in that speaks Cloudflare's TURN API and can fail in the ways that APIs do. */

const KEY_ID = "0123456789abcdef";
const API_TOKEN = "token";
const ANSWER = {
  iceServers: [
    { urls: ["stun:stun.cloudflare.com:3478", "stun:stun.cloudflare.com:53"] },
    {
      urls: [
        "turn:turn.cloudflare.com:3478?transport=udp",
        "turn:turn.cloudflare.com:53?transport=udp",
        "turn:turn.cloudflare.com:3478?transport=tcp",
        "turn:turn.cloudflare.com:80?transport=tcp",
        "turns:turn.cloudflare.com:5349?transport=tcp",
        "turns:turn.cloudflare.com:443?transport=tcp",
      ],
      username: "u",
      credential: "c",
    },
  ],
};
const USABLE = [
  { urls: ["stun:stun.cloudflare.com:3478"] },
  {
    urls: [
      "turn:turn.cloudflare.com:3478?transport=udp",
      "turn:turn.cloudflare.com:3478?transport=tcp",
      "turns:turn.cloudflare.com:5349?transport=tcp",
      "turns:turn.cloudflare.com:443?transport=tcp",
    ],
    username: "u",
    credential: "c",
  },
];

type Asked = { path: string | undefined; authorization: string | undefined; ttl: number };

let api: Server;
let origin: string;
let asked: Asked[];
let answer: (response: ServerResponse) => void;
let now: number;

beforeEach(async () => {
  asked = [];
  now = 0;
  answer = (response) => void response.writeHead(201).end(JSON.stringify(ANSWER));
  api = createServer((request, response) => void serve(request, response)).listen(0, "127.0.0.1");
  await once(api, "listening");
  origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});

afterEach(async () => {
  api.closeAllConnections();
  api.close();
  await once(api, "close");
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { ttl } = JSON.parse(await text(request)) as { ttl: number };
  asked.push({ path: request.url, authorization: request.headers.authorization, ttl });
  answer(response);
}

function provider() {
  return cloudflare({ keyId: KEY_ID, apiToken: API_TOKEN, origin, now: () => now });
}

test("asks with the key and the time, and leaves out the alternate ports", async () => {
  expect(await provider().iceServers(900_000)).toEqual(USABLE);
  expect(asked).toEqual([
    {
      path: `/v1/turn/keys/${KEY_ID}/credentials/generate-ice-servers`,
      authorization: `Bearer ${API_TOKEN}`,
      ttl: expect.any(Number),
    },
  ]);
  expect(asked[0]?.ttl).toBeGreaterThanOrEqual(900);
});

test("one object instead of a list is understood too", async () => {
  answer = (response) => void response.end(JSON.stringify({ iceServers: ANSWER.iceServers[1] }));
  expect(await provider().iceServers(900_000)).toEqual([USABLE[1]]);
});

test("rooms of half a minute share an answer that lives as long as the last of them", async () => {
  const turn = provider();
  await Promise.all([turn.iceServers(900_000), turn.iceServers(900_000)]);
  now = 29_999;
  await turn.iceServers(900_000);
  expect(asked).toHaveLength(1);
  expect((asked[0]?.ttl ?? 0) * 1_000).toBeGreaterThanOrEqual(900_000 + now);
  await turn.iceServers(900_001); // This is longer than the shared credentials live.
  expect(asked).toHaveLength(2);
  now = 60_000;
  await turn.iceServers(900_000);
  expect(asked).toHaveLength(3);
});

test.each([
  ["a refusal", (response: ServerResponse) => void response.writeHead(401).end("{}")],
  ["a server error", (response: ServerResponse) => void response.writeHead(500).end()],
  ["no JSON", (response: ServerResponse) => void response.end("<html>")],
  ["something else", (response: ServerResponse) => void response.end('{"iceServers":[{"urls":"http://x"}]}')],
  ["a redirect", (response: ServerResponse) => void response.writeHead(307, { location: "/" }).end()],
  ["a closed connection", (response: ServerResponse) => void response.destroy()],
  ["silence", () => undefined],
])("%s is E_SERVER, soon and not for every room anew", async (_, behaviour) => {
  answer = behaviour;
  const turn = provider();
  const from = performance.now();
  await expect(turn.iceServers(900_000)).rejects.toMatchObject({ code: "E_SERVER" });
  expect(performance.now() - from).toBeLessThan(6_000);
  await expect(turn.iceServers(900_000)).rejects.toMatchObject({ code: "E_SERVER" });
  expect(asked).toHaveLength(1);

  answer = (response) => void response.end(JSON.stringify(ANSWER));
  now += 5_001;
  expect(await turn.iceServers(900_000)).toEqual(USABLE);
});
