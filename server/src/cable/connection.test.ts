import { NullroomError } from "@nullroom/core/errors";
import { beforeEach, describe, expect, test } from "vitest";
import { Counters } from "../counters.ts";
import { unlimited } from "../limits/limiter.ts";
import { LocalBus } from "../rooms/local-bus.ts";
import { MemoryStore } from "../rooms/memory-store.ts";
import type { JoinOutcome } from "../rooms/store.ts";
import { classicIdentifier } from "../testing/client.ts";
import { FakeSocket } from "../testing/fake-socket.ts";
import { noIceServers } from "../turn/none.ts";
import { Connection } from "./connection.ts";
import type { CableContext } from "./context.ts";
import { SignalBudgets } from "./signal-budget.ts";
import { Switchboard } from "./switchboard.ts";

const RULES = { roomTtlMs: 900_000, sessionTtlMs: 900_000, destroyOnPeerLeave: true };
const PING = new Uint8Array();

let now: number;
let store: MemoryStore;
let context: CableContext;
let socket: FakeSocket;
let connection: Connection;

beforeEach(() => {
  now = 0;
  store = new MemoryStore(RULES, () => now);
  context = {
    store,
    switchboard: new Switchboard(new LocalBus()),
    budgets: new SignalBudgets(),
    ice: noIceServers,
    limiter: unlimited,
    rules: RULES,
    classic: true,
    fileSizeLimit: 1024,
    counters: new Counters(),
    logShape: undefined,
    now: () => now,
  };
  ({ socket, connection } = connect());
});

function connect() {
  const socket = new FakeSocket();
  return { socket, connection: new Connection(socket, "192.0.2.1", context) };
}

function say(frame: unknown, to = connection): void {
  to.receive(Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)), false);
}

/** Let `ms` pass, with a visit every three seconds and with or without signs of life. */
function pass(ms: number, { alive }: { alive: boolean }): void {
  for (let left = ms; left > 0; left -= 3_000) {
    now += 3_000;
    if (alive) connection.noteAlive();
    connection.visit(PING);
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const refusal = (reason: string, reconnect: boolean) =>
  JSON.stringify({ type: "disconnect", reason, reconnect });

async function seat(): Promise<void> {
  const identifier = classicIdentifier(await store.create({ protocol: "classic" }));
  say({ command: "subscribe", identifier });
  await settled();
  expect(socket.sent.at(-1)).toContain('"type":"init"');
}

describe("what no client sends ends the socket with a word", () => {
  test.each<[string, string | Buffer, boolean]>([
    ["a binary frame", '{"command":"subscribe","identifier":"x"}', true],
    ["invalid UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), false],
    ["a frame that is too large", JSON.stringify({ command: "x".repeat(32 * 1024) }), false],
    ["no JSON", "{", false],
    ["a list", "[]", false],
    ["null", "null", false],
    ["an unknown command", '{"command":"explode","identifier":"x"}', false],
    ["no identifier", '{"command":"subscribe"}', false],
    ["an identifier that is no string", '{"command":"subscribe","identifier":{}}', false],
    ["a long subscription", JSON.stringify({ command: "subscribe", identifier: "x".repeat(1024) }), false],
    ["a message without data", '{"command":"message","identifier":"x"}', false],
    ["an unknown action", '{"command":"message","identifier":"x","data":"{\\"action\\":\\"y\\"}"}', false],
    ["deep nesting", "[".repeat(30_000), false],
  ])("%s", (_name, frame, isBinary) => {
    connection.receive(Buffer.from(frame), isBinary);
    expect(socket.sent.at(-1)).toBe(refusal("invalid_request", false));
    expect(socket.state).toBe("closing");
    say({ command: "subscribe", identifier: "late" });
    expect(socket.sent.at(-1)).toBe(refusal("invalid_request", false));
  });

  test("an action that is longer than it could need to be", async () => {
    await seat();
    const metadata = { file_name: "x".repeat(1024), file_size: 1 };
    const data = JSON.stringify({ action: "initiate_file_transfer", metadata });
    say({ command: "message", identifier: "x", data });
    expect(socket.sent.at(-1)).toBe(refusal("invalid_request", false));
  });

  test("more commands than could be waiting for one another", () => {
    for (let i = 0; i < 100; i++) say({ command: "subscribe", identifier: `{"n":${i}}` });
    expect(socket.sent.at(-1)).toBe(refusal("invalid_request", false));
  });
});

describe("in order", () => {
  test("a subscription that the store keeps waiting holds back what follows it", async () => {
    const roomId = await store.create({ protocol: "classic" });
    const identifier = classicIdentifier(roomId);
    let answer: (outcome: JoinOutcome) => void = () => undefined;
    store.join = () => new Promise((resolve) => (answer = resolve));
    say({ command: "subscribe", identifier });
    const metadata = { file_name: "a", file_size: 1 };
    say({
      command: "message",
      identifier,
      data: JSON.stringify({ action: "initiate_file_transfer", metadata }),
    });
    await settled();
    expect(socket.sent).toEqual(['{"type":"welcome"}']);
    answer({ outcome: "seated", seat: 0, other: undefined, established: false, ttlMs: 1_000 });
    await settled();
    expect(socket.sent.map((text) => /"type":"(\w+)"/.exec(text)?.[1])).toEqual([
      "welcome",
      "confirm_subscription",
      "init",
      "file_transfer_authorized",
    ]);
  });

  test("a socket that closes meanwhile gives back the seat that it never saw", async () => {
    const roomId = await store.create({ protocol: "classic" });
    say({ command: "subscribe", identifier: classicIdentifier(roomId) });
    connection.closed();
    await settled();
    expect(context.switchboard.size).toBe(0);
    const second = connect();
    say({ command: "subscribe", identifier: classicIdentifier(roomId) }, second.connection);
    await settled();
    expect(second.socket.sent.at(-1)).toContain('"initiator":true');
  });

  test("the same subscription again says nothing new; another one is rejected", async () => {
    await seat();
    const before = socket.sent.length;
    const identifier = JSON.parse(socket.sent.at(-1) ?? "").identifier as string;
    say({ command: "subscribe", identifier });
    await settled();
    expect(socket.sent).toHaveLength(before);
    say({ command: "subscribe", identifier: `${identifier} ` });
    await settled();
    expect(socket.sent.at(-1)).toContain("reject_subscription");
    say({ command: "message", identifier: "foreign", data: '{"action":"send_signal","data":1}' });
    say({ command: "unsubscribe", identifier: "foreign" });
    await settled();
    expect(socket.state).toBe("open");
    expect(context.switchboard.size).toBe(1);
  });
});

describe("how long a socket may stay", () => {
  test("one that says nothing goes after ten seconds", () => {
    pass(9_000, { alive: true });
    expect(socket.state).toBe("open");
    pass(3_000, { alive: true });
    expect(socket.sent.at(-1)).toBe(refusal("idle", false));
  });

  test("one with a seat stays as long as it answers pings, which come every fifteen seconds", async () => {
    await seat();
    pass(300_000, { alive: true });
    expect(socket.state).toBe("open");
    expect(socket.frames).toBe(100);
    expect(socket.pings).toBe(20);
  });

  test("one that answers nothing for 45 seconds is cut", async () => {
    await seat();
    pass(45_000, { alive: false });
    expect(socket.state).toBe("open");
    pass(3_000, { alive: false });
    expect(socket.state).toBe("terminated");
  });

  test("one that takes nothing is cut", async () => {
    await seat();
    socket.backlogBytes = 256 * 1024 + 1;
    pass(3_000, { alive: true });
    expect(socket.state).toBe("terminated");
  });

  test("one that does not finish its closing handshake is cut", () => {
    connection.disconnect("invalid_request", false);
    pass(3_000, { alive: true });
    expect(socket.state).toBe("closing");
    pass(3_000, { alive: true });
    expect(socket.state).toBe("terminated");
  });
});

describe("the lease", () => {
  const renewals = () => {
    let count = 0;
    const renew = store.renew.bind(store);
    store.renew = (...args) => {
      count++;
      return renew(...args);
    };
    return () => count;
  };

  test("is renewed by answered pings, not by every frame", async () => {
    const count = renewals();
    await seat();
    for (let second = 0; second < 60; second++) {
      now += 1_000;
      connection.noteAlive();
      await settled();
    }
    expect(count()).toBe(6);
  });

  test("a store that forgot the room is told again", async () => {
    const roomId = await store.create({ protocol: "classic" });
    say({ command: "subscribe", identifier: classicIdentifier(roomId) });
    await settled();
    const restored: unknown[] = [];
    store.renew = async () => ({ outcome: "unknown" });
    store.restore = async (rest) => {
      restored.push(rest);
      return true;
    };
    now += 15_000;
    connection.noteAlive();
    await settled();
    expect(restored).toEqual([
      expect.objectContaining({ roomId, room: { protocol: "classic" }, seat: 0, ttlMs: 885_000 }),
    ]);
    expect(context.switchboard.size).toBe(1);
  });

  test("a seat that the store gave away is over", async () => {
    await seat();
    store.renew = async () => ({ outcome: "unknown" });
    store.restore = async () => false;
    now += 15_000;
    connection.noteAlive();
    await settled();
    expect(socket.sent.at(-1)).toBe(refusal("room-gone", false));
    expect(context.switchboard.size).toBe(0);
  });

  test("a store out of reach costs nobody their seat", async () => {
    await seat();
    store.renew = async () => {
      throw new NullroomError("E_SERVER", "away");
    };
    now += 15_000;
    connection.noteAlive();
    await settled();
    expect(socket.state).toBe("open");
    expect(context.counters.errors().get("E_SERVER")).toBe(1);
  });
});

test("a store out of reach on joining sends the client back to try again", async () => {
  store.join = async () => {
    throw new NullroomError("E_SERVER", "away");
  };
  say({ command: "subscribe", identifier: classicIdentifier(await store.create({ protocol: "classic" })) });
  await settled();
  expect(socket.sent.at(-1)).toBe(refusal("store-down", true));
  expect(context.switchboard.size).toBe(0);
});

test("a node that stops keeps the seat and tells nobody that anybody left", async () => {
  const roomId = await store.create({ protocol: "classic" });
  const other = connect();
  for (const { connection } of [other])
    say({ command: "subscribe", identifier: classicIdentifier(roomId) }, connection);
  say({ command: "subscribe", identifier: classicIdentifier(roomId) });
  await settled();
  connection.drain();
  connection.closed();
  await settled();
  expect(socket.sent.at(-1)).toBe(refusal("server_restart", true));
  expect(other.socket.sent.at(-1)).toContain("peer_ready");
  expect(store.size.rooms).toBe(1);
  expect(context.switchboard.size).toBe(1);
});

test("one room may relay a mebibyte in a quarter of an hour, across sockets", async () => {
  const roomId = await store.create({ protocol: "classic" });
  const identifier = classicIdentifier(roomId);
  const data = JSON.stringify({ action: "send_signal", data: "x".repeat(30_000) });
  let sent = 0;
  for (let round = 0; round < 3 && socket.state === "open"; round++) {
    if (round > 0) ({ socket, connection } = connect());
    say({ command: "subscribe", identifier });
    await settled();
    for (let i = 0; i < 30 && socket.state === "open"; i++, sent++)
      say({ command: "message", identifier, data });
    if (socket.state === "open") connection.closed();
    await settled();
  }
  expect(socket.sent.at(-1)).toBe(refusal("rate-limited", true));
  expect(sent).toBe(35); // 34 signals of about 30,130 bytes fit into the budget.
});
