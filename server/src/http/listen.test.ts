import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../app.ts";
import { rulesOf } from "../serve.ts";
import { RawClient } from "../testing/client.ts";
import { configOf, partsOf, startNode, type TestNode } from "../testing/node.ts";
import { createHttpServer, listen } from "./listen.ts";

let node: TestNode;

beforeAll(async () => {
  node = await startNode({ NULLROOM_MAX_SOCKETS: "2" });
});
afterAll(() => node.stop());

/** All that a server answers to these bytes until it closes the connection. */
function say(port: number, bytes: string, { end = true } = {}): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => (end ? socket.end(bytes) : socket.write(bytes)));
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", () => undefined); // A reset ends the answer, and what came before it counts.
    socket.on("close", () => resolve(answer));
  });
}

const KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n";
const UPGRADE = `Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY}`;

describe("what never becomes a request is answered with all the headers", () => {
  test.each([
    ["no HTTP at all", "hello\r\n\r\n", 400],
    ["a header without end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(9_000)}\r\n\r\n`, 431],
    ["many headers", `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(10_000)}\r\n`, 431],
    ["an upgrade elsewhere", `GET /rooms HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`, 404],
    [
      "an upgrade from another site",
      `GET /cable HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n${UPGRADE}\r\n`,
      403,
    ],
    [
      "an upgrade without a key",
      "GET /cable HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      400,
    ],
  ])("%s", async (_name, bytes, status) => {
    const answer = await say(node.port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/content-security-policy: default-src 'none'/);
    expect(answer).toMatch(/x-content-type-options: nosniff/);
    expect(answer).toMatch(/\{"error":"[a-z-]+"\}$/);
  });
});

test("sockets beyond the limit are refused until one goes", async () => {
  const [first, second] = [new RawClient(node.url), new RawClient(node.url)];
  await Promise.all([first.next(), second.next()]);
  expect(await say(node.port, `GET /cable HTTP/1.1\r\nHost: a\r\n${UPGRADE}\r\n`)).toMatch(/^HTTP\/1.1 503 /);
  first.close();
  await expect.poll(() => node.cable.sockets).toBe(1);
  const third = new RawClient(node.url);
  expect(await third.next()).toEqual({ type: "welcome" });
  second.close();
  third.close();
  await expect.poll(() => node.cable.sockets).toBe(0);
});

test.each([
  [["actioncable-v1-json", "actioncable-unsupported"], "actioncable-v1-json"],
  [["actioncable-unsupported"], "actioncable-unsupported"],
  [[], ""],
])("of the sub-protocols %j it picks %j", async (protocols, expected) => {
  const client = new RawClient(node.url, { protocols });
  await client.next();
  expect(client.socket.protocol).toBe(expected);
  client.close();
  await client.closed;
  await expect.poll(() => node.cable.sockets).toBe(0);
});

test("who is slow with a header or a body is not waited for", async () => {
  const config = configOf();
  const parts = partsOf(config);
  const callers = { trustedProxies: 0, origins: [] };
  const deps = { ...parts, rules: rulesOf(config), classic: true, fileSizeLimit: 1, basePath: "", callers };
  const server = createHttpServer(createApp(deps), 200);
  const port = await listen(server, 0, "127.0.0.1");
  const slowHeader = say(port, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ", { end: false });
  const slowBody = say(
    port,
    "POST /rooms HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    { end: false },
  );
  expect(await slowHeader).toMatch(/^HTTP\/1.1 408 /);
  expect(await slowBody).toMatch(/^(HTTP\/1.1 (408|400) |$)/);
  server.close();
});
