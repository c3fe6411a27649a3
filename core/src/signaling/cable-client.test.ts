import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FakeSocket, fakeSockets } from "../testing/fake-socket.ts";
import { CABLE_OPEN_TIMEOUT_MS, CableClient, type CableEvent } from "./cable-client.ts";

const identifier = '{"channel":"RoomsChannel","room_id":"x"}';

function start({ random = 0.5 }: { random?: number } = {}) {
  const { openSocket, opened } = fakeSockets();
  const lifetime = new AbortController();
  const events: CableEvent[] = [];
  const client = new CableClient({
    platform: { openSocket, now: () => performance.now() },
    identifier,
    signal: lifetime.signal,
    onEvent: (event) => events.push(event),
    random: () => random,
  });
  const latest = (): FakeSocket => {
    const socket = opened.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  };
  const confirm = () => {
    latest().welcome();
    latest().deliver({ type: "confirm_subscription", identifier });
  };
  return { client, opened, latest, confirm, lifetime, events };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("subscribing", () => {
  test("subscribes on welcome, confirms, performs, hears its own messages only", () => {
    const { client, latest, confirm, events } = start();
    expect(client.perform("{}")).toBe(false);
    confirm();
    expect(latest().offered).toEqual(["actioncable-v1-json", "actioncable-unsupported"]);
    expect(latest().sent).toEqual([{ command: "subscribe", identifier }]);
    expect(client.perform('{"action":"x"}')).toBe(true);
    expect(latest().sent[1]).toEqual({ command: "message", identifier, data: '{"action":"x"}' });
    latest().deliver({ identifier, message: { type: "init" } });
    latest().deliver({ identifier: "another", message: { type: "init" } });
    expect(events).toEqual([{ type: "confirmed" }, { type: "message", message: { type: "init" } }]);
  });

  test("a rejection is final: socket closed, no retry, not even on wake", async () => {
    const { client, latest, opened, events } = start();
    latest().welcome();
    latest().deliver({ type: "reject_subscription", identifier });
    client.wake();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(events).toEqual([{ type: "rejected" }]);
    expect(opened).toHaveLength(1);
    expect(latest().readyState).toBe(3);
  });

  test("what cannot be read is told, not thrown", () => {
    const { latest, confirm, events } = start();
    confirm();
    latest().deliver("not json");
    latest().deliver({ type: "surprise" });
    expect(events.slice(1)).toMatchObject([
      { type: "unreadable", error: { code: "E_MALFORMED" } },
      { type: "unreadable", error: { code: "E_MALFORMED" } },
    ]);
  });
});

describe("losing and returning", () => {
  test("returns after 1, 2, 4, 8, 8 s, and from the start after a confirmation", async () => {
    const { opened, latest, confirm, events } = start();
    for (const wait of [1_000, 2_000, 4_000, 8_000, 8_000]) {
      const before = opened.length;
      latest().drop();
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(opened).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(opened).toHaveLength(before + 1);
    }
    confirm();
    latest().drop();
    const before = opened.length;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(opened).toHaveLength(before + 1);
    expect(events.filter((event) => event.type === "lost")).toHaveLength(6);
  });

  test.each([
    [0, 500],
    [1, 1_500],
  ])("spreads the first return by half either way (random %d)", async (random, wait) => {
    const { opened, latest } = start({ random });
    latest().drop();
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(opened).toHaveLength(2);
  });

  test("a silent socket is stale after 6 s; any frame keeps it", async () => {
    const { latest, confirm, events, opened } = start();
    confirm();
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(5_000);
      latest().deliver(i % 2 ? { type: "ping", message: 1 } : { identifier, message: {} });
    }
    expect(opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(events.some((event) => event.type === "lost")).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(events.at(-1)).toEqual({ type: "lost", retries: true });
  });

  test("a socket that never opens is given up", async () => {
    const { events, opened } = start();
    await vi.advanceTimersByTimeAsync(CABLE_OPEN_TIMEOUT_MS + 1_000);
    expect(events).toEqual([{ type: "lost", retries: true }]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(opened).toHaveLength(2);
  });

  test("disconnect obeys its reconnect flag, unless the client is tireless", async () => {
    const obedient = start();
    obedient.confirm();
    obedient.latest().deliver({ type: "disconnect", reason: "unauthorized", reconnect: false });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(obedient.opened).toHaveLength(1);
    expect(obedient.events.at(-1)).toEqual({ type: "lost", retries: false, reason: "unauthorized" });

    const tireless = start();
    tireless.confirm();
    tireless.client.tireless = true;
    tireless.latest().deliver({ type: "disconnect", reason: "unauthorized", reconnect: false });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tireless.opened).toHaveLength(2);

    const restarted = start();
    restarted.confirm();
    restarted.latest().deliver({ type: "disconnect", reason: "server_restart", reconnect: true });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(restarted.opened).toHaveLength(2);
  });
});

describe("waking", () => {
  test("while waiting to retry: at once, and the back-off starts anew", async () => {
    const { client, latest, opened } = start();
    latest().drop();
    await vi.advanceTimersByTimeAsync(1_000);
    latest().drop();
    client.wake();
    expect(opened).toHaveLength(3);
    latest().drop();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(opened).toHaveLength(4);
  });

  test("an open socket gets one ping's time to prove that it lives", async () => {
    const { client, latest, confirm, opened, events } = start();
    confirm();
    client.wake();
    await vi.advanceTimersByTimeAsync(3_000);
    latest().deliver({ type: "ping", message: 1 });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(opened).toHaveLength(1);
    client.wake();
    await vi.advanceTimersByTimeAsync(4_500);
    expect(events.at(-1)).toEqual({ type: "lost", retries: true });
  });

  test("a jump of the clock wakes the client by itself", async () => {
    let slept = 0;
    const { openSocket, opened } = fakeSockets();
    const lifetime = new AbortController();
    new CableClient({
      platform: { openSocket, now: () => performance.now() + slept },
      identifier,
      signal: lifetime.signal,
      onEvent: () => undefined,
      random: () => 0.5,
    });
    for (const wait of [1_000, 2_000, 4_000]) {
      opened.at(-1)?.drop();
      await vi.advanceTimersByTimeAsync(wait);
    }
    opened.at(-1)?.drop();
    slept = 20_000; // Another 8 s of back-off are due, by timers that stood still meanwhile.
    await vi.advanceTimersByTimeAsync(1_000);
    expect(opened).toHaveLength(5);
    lifetime.abort();
  });
});

describe("the end", () => {
  test("aborting leaves no timer, no listener and no socket, in every phase", async () => {
    const phases: ((s: ReturnType<typeof start>) => void)[] = [
      () => undefined,
      ({ latest }) => latest().welcome(),
      ({ confirm }) => confirm(),
      ({ latest }) => latest().drop(),
      ({ confirm, latest }) => {
        confirm();
        latest().drop();
      },
    ];
    for (const reach of phases) {
      const started = start();
      reach(started);
      const before = started.events.length;
      started.lifetime.abort();
      for (const socket of started.opened) {
        expect(socket.listenerCount).toBe(0);
        expect(socket.readyState).toBeGreaterThanOrEqual(2);
      }
      expect(vi.getTimerCount()).toBe(0);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(started.events).toHaveLength(before);
      expect(started.opened).toHaveLength(1);
    }
  });

  test("leave unsubscribes, closes, and resolves when the socket has closed", async () => {
    const { client, latest, confirm, events, lifetime } = start();
    confirm();
    const socket = latest();
    await client.leave();
    expect(socket.sent.at(-1)).toEqual({ command: "unsubscribe", identifier });
    expect(socket.readyState).toBe(3);
    expect(events).toEqual([{ type: "confirmed" }]);
    lifetime.abort();
    expect(vi.getTimerCount()).toBe(0);
    expect(socket.listenerCount).toBe(0);
  });

  test("a client that is born dead opens nothing", () => {
    const { openSocket, opened } = fakeSockets();
    new CableClient({
      platform: { openSocket, now: () => 0 },
      identifier,
      signal: AbortSignal.abort(),
      onEvent: () => undefined,
    });
    expect(opened).toHaveLength(0);
  });
});
