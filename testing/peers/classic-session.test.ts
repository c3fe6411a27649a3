import { setTimeout as wait } from "node:timers/promises";
import { fileOffering } from "@nullroom/core/files/offering";
import { savedBytes } from "@nullroom/core/testing/plain-destination";
import { afterEach, describe, expect, test } from "vitest";
import { SmallRelay, type SmallRelayOptions } from "../services/small-relay.ts";
import { until } from "../until.ts";
import { Person } from "./person.ts";

/** Two classic sessions in this process, over a real socket and a real WebRTC library. */
const opened: (SmallRelay | Person)[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) {
    if (each instanceof SmallRelay) await each[Symbol.asyncDispose]();
    else each[Symbol.dispose]();
  }
});

function use<T extends SmallRelay | Person>(each: T): T {
  opened.push(each);
  return each;
}

async function serve(options?: SmallRelayOptions): Promise<SmallRelay> {
  return use(await SmallRelay.start(options));
}

async function pair({ url }: SmallRelay): Promise<[Person, Person]> {
  const [a, b] = await Person.pair(url);
  return [use(a), use(b)];
}

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31) % 251);
}

/** `toEqual` takes seconds for a megabyte. */
function sameBytes(given: Uint8Array, content: Uint8Array): boolean {
  return Buffer.from(given).equals(content);
}

function file(content: Uint8Array<ArrayBuffer>, name = "notes.txt"): File {
  return new File([content], name, { type: "text/plain" });
}

describe("two people", () => {
  test("talk both ways, see the path and the time left, and the link is spent", async () => {
    const [a, b] = await pair(await serve());
    a.session.sendText("hello\nthere 👋");
    b.session.sendText("\u202Eolleh");
    await until("texts", () => a.texts.length === 1 && b.texts.length === 1);
    expect(b.texts).toEqual(["hello\nthere 👋"]);
    expect(a.texts).toEqual(["olleh"]);
    expect(b.events).toContainEqual({
      type: "message",
      id: "out-1",
      from: "me",
      text: "olleh",
      cleaned: true,
    });
    await until("sent", () => a.events.some((e) => e.type === "delivery" && e.status === "sent"));
    for (const { session } of [a, b]) {
      await until("a path", () => session.state.phase === "secure" && session.state.path.kind === "direct");
      expect(session.fragment).toBeUndefined();
      const left = session.state.phase === "secure" ? session.state.deadline - performance.now() : 0;
      expect(left).toBeGreaterThan(30_000);
      expect(left).toBeLessThanOrEqual(60_000);
    }
    expect(() => a.session.sendText("x".repeat(16_001))).toThrow("E_MESSAGE_TOO_LONG");
  });

  test("a hundred texts arrive in order", async () => {
    const [a, b] = await pair(await serve());
    const texts = Array.from({ length: 100 }, (_, i) => `text ${i}`);
    for (const text of texts) a.session.sendText(text);
    await until("all texts", () => b.texts.length === texts.length);
    expect(b.texts).toEqual(texts);
  });

  test("hand over a file with progress on both sides, and an empty one", async () => {
    const [a, b] = await pair(await serve());
    const content = bytes(1_000_003);
    a.session.files.offer(fileOffering(file(content, "../\u202Egpj.exe")));
    const received = await b.transferIs("delivered");
    expect(received).toMatchObject({ name: "__gpj.exe", size: content.length, moved: content.length });
    expect(sameBytes(await savedBytes(received.received), content)).toBe(true);
    expect(await a.transferIs("sent")).toMatchObject({ moved: content.length });
    for (const { transfers } of [a, b]) {
      const moved = transfers.filter(({ status }) => status === "moving").map((transfer) => transfer.moved);
      expect(moved.length).toBeGreaterThan(10);
      expect(moved).toEqual(moved.toSorted((x, y) => x - y));
    }

    b.session.files.offer(fileOffering(file(bytes(0), "empty")));
    const empty = await a.transferIs("delivered");
    expect(empty).toMatchObject({ name: "empty", size: 0 });
    expect(await savedBytes(empty.received)).toHaveLength(0);
  });

  test("two files at once do not mix, nor do texts wait for them", async () => {
    const [a, b] = await pair(await serve());
    const contents = [bytes(2_000_000), bytes(70_000)];
    for (const content of contents) a.session.files.offer(fileOffering(file(content)));
    a.session.sendText("meanwhile");
    await until("both files", () => b.transfers.filter(({ status }) => status === "delivered").length === 2);
    const files = b.transfers.flatMap((transfer) =>
      transfer.received?.type === "kept" ? [transfer.received.file] : [],
    );
    expect(files.map(({ size }) => size)).toEqual([2_000_000, 70_000]);
    expect(b.texts).toEqual(["meanwhile"]);
    const said = b.events.findIndex((event) => event.type === "message");
    const whole = b.events.findIndex(
      (event) => event.type === "transfer" && event.transfer.status === "delivered",
    );
    expect(said).toBeLessThan(whole);
  });

  test("the limit is the server's: refused before anything is sent", async () => {
    const [a, b] = await pair(await serve({ fileSizeLimit: 1000 }));
    expect(a.session.fileSizeLimit).toBe(1000);
    expect(() => a.session.files.offer(fileOffering(file(bytes(1001))))).toThrow("E_FILE_LIMIT");
    a.session.files.offer(fileOffering(file(bytes(1000))));
    expect(await b.transferIs("delivered")).toMatchObject({ size: 1000 });
  });

  test.each(["sender", "receiver"] as const)(
    "the %s cancels, both are told, and the next file is whole",
    async (who) => {
      const [a, b] = await pair(await serve());
      const [id = "out-0"] = a.session.files.offer(fileOffering(file(bytes(16_000_000))));
      const moving = await b.transferIs("moving");
      if (who === "sender") a.session.files.cancel(id);
      else b.session.files.cancel(moving.id);
      await Promise.all([a.transferIs("cancelled"), b.transferIs("cancelled")]);
      a.session.files.offer(fileOffering(file(bytes(100_000))));
      expect(await b.transferIs("delivered")).toMatchObject({ id: "in-2", size: 100_000 });
      expect(a.transfers.some(({ status }) => status === "failed")).toBe(false);
    },
  );
});

describe("the end", () => {
  test("destroy: the other is told at once, the room is gone, nothing can be sent", async () => {
    const server = await serve();
    const [a, b] = await pair(server);
    const startedAt = performance.now();
    await a.session.destroy();
    expect(a.session.state).toEqual({ phase: "ended", reason: { type: "destroyed" } });
    await b.reaches("ended");
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(b.session.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });
    expect(server.rooms.size).toBe(0);
    expect(() => b.session.sendText("still there?")).toThrow("E_CHANNEL");
    expect(() => b.session.files.offer(fileOffering(file(bytes(1))))).toThrow("E_CHANNEL");
  });

  test("wiping twice says one end, and nothing after it", async () => {
    const [a] = await pair(await serve());
    a.session.wipe({ type: "page-gone" });
    a.session.wipe({ type: "time-up" });
    await a.session.destroy();
    const ends = a.events.filter((event) => event.type === "state" && event.state.phase === "ended");
    expect(ends).toEqual([{ type: "state", state: { phase: "ended", reason: { type: "page-gone" } } }]);
    expect(a.events.at(-1)).toBe(ends[0]);
  });

  test("time up on both sides, by their own clocks", async () => {
    const [a, b] = await pair(await serve({ ttlMs: 3_000 }));
    await Promise.all([a.reaches("ended"), b.reaches("ended")]);
    for (const { session } of [a, b]) {
      // Whose timer fires first ends the other's line; the other then says the one or the other.
      expect(["time-up", "peer-left"]).toContain(
        session.state.phase === "ended" && session.state.reason.type,
      );
    }
    expect(
      [a, b].some(
        ({ session }) => session.state.phase === "ended" && session.state.reason.type === "time-up",
      ),
    ).toBe(true);
  });

  test("nobody joins: the room's time is up", async () => {
    const { url } = await serve({ ttlMs: 1_000 });
    const a = use(await Person.create(url));
    expect(a.phase).toBe("waiting");
    await a.reaches("ended");
    expect(a.session.state).toEqual({ phase: "ended", reason: { type: "time-up" } });
  });
});

describe("a conversation outlives the cable", () => {
  test("connections cut: the talk goes on, although the server says that both have left", async () => {
    const server = await serve();
    const [a, b] = await pair(server);
    server.cutConnections();
    await wait(300); // Long enough for a `peer_left` to arrive and to be ignored.
    a.session.sendText("did you notice?");
    await until("a text", () => b.texts.length === 1);
    expect([a.phase, b.phase]).toEqual(["secure", "secure"]);
  });

  test("server gone: the talk goes on, and destroying still reaches the other", async () => {
    const server = await SmallRelay.start();
    const [a, b] = await pair(server);
    await server[Symbol.asyncDispose]();
    b.session.sendText("hello?");
    await until("a text", () => a.texts.length === 1);
    await a.session.destroy();
    await b.reaches("ended");
    expect(b.session.state).toEqual({ phase: "ended", reason: { type: "lost" } });
  });
});

describe("who does not get in", () => {
  test("a third person is refused, and the pair goes on", async () => {
    const server = await serve();
    const a = use(await Person.create(server.url));
    await until("A to be seated", () => a.session.fileSizeLimit > 0);
    const fragment = a.session.fragment;
    const b = use(await Person.join(server.url, a.session));
    await Promise.all([a.reaches("secure"), b.reaches("secure")]);
    const c = use(await Person.join(server.url, a.session, fragment));
    await c.reaches("ended");
    expect(c.session.state).toEqual({ phase: "ended", reason: { type: "failed", code: "E_FULL" } });
    a.session.sendText("still us");
    await until("a text", () => b.texts.length === 1);
  });

  test("a room that is gone", async () => {
    const { url } = await serve();
    const a = use(await Person.create(url));
    const { fragment } = a.session;
    const { roomId } = a.session;
    const server = await serve();
    await expect(Person.join(server.url, { ...a.session, roomId }, fragment)).rejects.toMatchObject({
      code: "E_ROOM",
    });
  });

  test("an incomplete link asks nobody anything", async () => {
    const { url } = await serve();
    const a = use(await Person.create(url));
    const cut = a.session.fragment?.slice(0, -20);
    await expect(Person.join("http://127.0.0.1:1/", a.session, cut)).rejects.toMatchObject({
      code: "E_LINK_FORMAT",
    });
  });

  test("another key: the words never open, the room ends", async () => {
    const { url } = await serve();
    const a = use(await Person.create(url));
    const elsewhere = use(await Person.create(url));
    await until("A to be seated", () => a.session.fileSizeLimit > 0);
    const b = use(await Person.join(url, a.session, elsewhere.session.fragment));
    // Classic confirms the new secret only: a wrong link shows with the first frame, and not before.
    await until("both to end", () => a.phase === "ended" && b.phase === "ended");
    const reasons = [a, b].map(({ session }) => session.state.phase === "ended" && session.state.reason);
    expect(reasons).toContainEqual({ type: "failed", code: "E_RECORD_AUTH" });
    expect([...a.texts, ...b.texts]).toEqual([]);
  });

  test("nobody's address is hidden without a relay", async () => {
    const { url } = await serve();
    await expect(Person.create(url, { hideAddress: true })).rejects.toMatchObject({ code: "E_RELAY_NONE" });
  });
});

describe("a room that outlives its peers", () => {
  test("who is left alone before it was secure waits for the next one", async () => {
    const server = await serve({ destroyOnLeave: false });
    const a = use(await Person.create(server.url));
    await until("A to be seated", () => a.session.fileSizeLimit > 0);
    const gone = use(await Person.join(server.url, a.session));
    await until("A to connect", () => a.phase === "connecting");
    gone.session.wipe({ type: "page-gone" });
    await a.reaches("waiting");
    const b = use(await Person.join(server.url, a.session));
    await Promise.all([a.reaches("secure"), b.reaches("secure")]);
  });
});
