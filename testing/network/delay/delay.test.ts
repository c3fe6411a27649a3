import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { scaled } from "../../scale.ts";
import { until } from "../../until.ts";
import { passageMs, startDelay } from "./delay.ts";

const PAYLOAD_BYTES = 1_200;
const KERNEL_BUFFER_BYTES = 4 * 1024 * 1024;

let client: Socket;
let server: Socket;

beforeEach(async () => {
  [client, server] = await Promise.all([boundSocket(), boundSocket()]);
});

afterEach(() => {
  client.close();
  server.close();
});

async function boundSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.setRecvBufferSize(KERNEL_BUFFER_BYTES);
  return socket;
}

/** The server sends everything back to where it came from. */
function echo(): void {
  server.on("message", (datagram, { port, address }) => server.send(datagram, port, address));
}

function numbered(number: number): Buffer {
  const datagram = Buffer.alloc(PAYLOAD_BYTES);
  datagram.writeUInt32BE(number);
  return datagram;
}

describe("a delayed line", () => {
  test.each([0, 10, 20, 25, 50])("takes %i ms each way, no less and hardly more", async (delayMs) => {
    echo();
    await using line = await startDelay({ target: server.address(), delayMs });
    const times: number[] = [];
    for (let number = 0; number < 15; number++) {
      const back = once(client, "message");
      const sentAt = performance.now();
      client.send(numbered(number), line.port, "127.0.0.1");
      await back;
      times.push(performance.now() - sentAt);
    }
    // A busy machine may hold any single one up, so the fastest tells what the line itself takes.
    const fastest = Math.min(...times);
    expect(fastest).toBeGreaterThanOrEqual(2 * delayMs - 2);
    expect(fastest).toBeLessThan(2 * delayMs + 8);
  });

  test("loses nothing and keeps the order", async () => {
    const count = scaled(200_000, 5_000);
    const got: number[] = [];
    server.on("message", (datagram) => got.push(datagram.readUInt32BE()));
    await using line = await startDelay({ target: server.address(), delayMs: 20 });
    for (let number = 0; number < count; number++) {
      client.send(numbered(number), line.port, "127.0.0.1");
      // What is on the way stays below the buffers, so that a loss would be the line's.
      await until("the line to catch up", () => number - got.length < 1_000);
    }
    await until("the last one", () => got.length === count);
    expect(got.every((number, index) => number === index)).toBe(true);
    expect(await line.counts()).toEqual({ forwarded: count, dropped: 0, queuedBytes: 0, flipped: 0 });
  });

  test("drops what its queue cannot hold, and says so", async () => {
    const got: number[] = [];
    server.on("message", (datagram) => got.push(datagram.readUInt32BE()));
    await using line = await startDelay({
      target: server.address(),
      delayMs: 500,
      queueBytes: 10 * PAYLOAD_BYTES,
    });
    for (let number = 0; number < 30; number++) client.send(numbered(number), line.port, "127.0.0.1");
    await until("the first ten", () => got.length === 10);
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await line.counts()).toEqual({ forwarded: 10, dropped: 20, queuedBytes: 0, flipped: 0 });
  });

  test("shows each client to the target as an address of its own", async () => {
    const ports = new Set<number>();
    server.on("message", (_, { port }) => ports.add(port));
    const second = await boundSocket();
    await using line = await startDelay({ target: server.address(), delayMs: 0 });
    client.send("one", line.port, "127.0.0.1");
    second.send("two", line.port, "127.0.0.1");
    await until("both to be heard", () => ports.size === 2);
    second.close();
  });

  test("a round trip between two ends behind one relay is four passages", () => {
    expect([0, 40, 80, 100, 200].map(passageMs)).toEqual([0, 10, 20, 25, 50]);
  });
});

describe("a line in trouble", () => {
  test("carries nothing while it is cut", async () => {
    echo();
    await using line = await startDelay({ target: server.address(), delayMs: 0 });
    line.setTrouble({ isCut: true });
    client.send(numbered(1), line.port, "127.0.0.1");
    await until("the loss", async () => (await line.counts()).dropped === 1);
    line.setTrouble();
    const back = once(client, "message");
    client.send(numbered(2), line.port, "127.0.0.1");
    expect(await back).toEqual([numbered(2), expect.anything()]);
  });

  test("flips one bit on each passage, where all are to be struck", async () => {
    echo();
    await using line = await startDelay({ target: server.address(), delayMs: 0 });
    line.setTrouble({ flipShare: 1 });
    const back = once(client, "message");
    client.send(Buffer.alloc(PAYLOAD_BYTES), line.port, "127.0.0.1");
    const [answer] = (await back) as [Buffer];
    const bits = answer.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);
    expect([0, 2]).toContain(bits); // Both passages may have hit the same one.
    expect(await line.counts()).toMatchObject({ flipped: 2 });
  });
});
