import { setMaxListeners } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { nodePlatform } from "../../../../testing/peers/node-platform.ts";
import { scaled } from "../../../../testing/scale.ts";
import { until } from "../../../../testing/until.ts";
import { otherSeat, type Seat } from "../../brand.ts";
import { equalBytes, randomBytes } from "../../crypto/bytes.ts";
import { loadKem } from "../../crypto/kem-load.ts";
import { hash } from "../../crypto/keys.ts";
import { NullroomError } from "../../errors.ts";
import { fileOffering } from "../../files/offering.ts";
import { connectionId, FakeRooms, left, type Tamper } from "../../testing/fake-rooms.ts";
import { plainDestination, savedBytes } from "../../testing/plain-destination.ts";
import { fromBase64Url, toBase64Url } from "../../wire/read.ts";
import type { Session, SessionEvent, Transfer } from "../session.ts";
import { createRoom2, joinRoom2 } from "./create-join.ts";
import { V2Session } from "./v2-session.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

const opened: Session[] = [];
afterEach(() => {
  for (const session of opened.splice(0)) session.wipe({ type: "page-gone" });
});

type Person = { session: Session; events: SessionEvent[] };

const forever = new AbortController().signal;

function person(session: Session): Person {
  const events: SessionEvent[] = [];
  session.subscribe((event) => events.push(event), forever);
  opened.push(session);
  return { session, events };
}

async function create(rooms: FakeRooms): Promise<Person> {
  return person(await createRoom2({ platform: rooms.platform(), hideAddress: false, signal: forever }));
}

async function join(
  rooms: FakeRooms,
  { session }: Person,
  fragment = session.fragment ?? "",
): Promise<Person> {
  const { roomId } = session;
  return person(
    await joinRoom2({ platform: rooms.platform(), hideAddress: false, signal: forever, roomId, fragment }),
  );
}

async function meet(rooms = new FakeRooms()): Promise<{ rooms: FakeRooms; a: Person; b: Person }> {
  const a = await create(rooms);
  const b = await join(rooms, a);
  await reaches(a, "secure");
  await reaches(b, "secure");
  return { rooms, a, b };
}

function reaches({ session }: Person, phase: Session["state"]["phase"]) {
  return until(phase, () => session.state.phase === phase);
}

function failure({ session }: Person): string | undefined {
  const { state } = session;
  if (state.phase === "connecting") return state.failed?.code;
  return state.phase === "ended" && state.reason.type === "failed" ? state.reason.code : undefined;
}

function texts({ events }: Person): string[] {
  return events.flatMap((event) => (event.type === "message" && event.from === "peer" ? [event.text] : []));
}

function transfer({ events }: Person, status: Transfer["status"]): Promise<Transfer> {
  return until(status, () => {
    for (const event of events)
      if (event.type === "transfer" && event.transfer.status === status) return event.transfer;
    return undefined;
  });
}

/** The newest snapshot of that file. */
function last({ events }: Person, id: Transfer["id"]): Transfer | undefined {
  return events.flatMap((e) => (e.type === "transfer" && e.transfer.id === id ? [e.transfer] : [])).at(-1);
}

function transferIn({ events }: Person, status: Transfer["status"]): Promise<Transfer> {
  return until(status, () => {
    for (const event of events) {
      if (event.type !== "transfer" || event.transfer.direction !== "in") continue;
      if (event.transfer.status === status) return event.transfer;
    }
    return undefined;
  });
}

function everSecure({ events }: Person): boolean {
  return events.some((event) => event.type === "state" && event.state.phase === "secure");
}

describe("two people", () => {
  test("meet, see the same words, and the link is spent", async () => {
    const { rooms, a, b } = await meet();
    const [mine, theirs] = [a.session.state, b.session.state];
    if (mine.phase !== "secure" || theirs.phase !== "secure") throw new Error("not secure");
    expect(mine.words).toEqual({ words: theirs.words?.words, mine: false, theirs: false });
    expect([a.session.fragment, b.session.fragment]).toEqual([undefined, undefined]);
    expect(mine.deadline - performance.now()).toBeLessThanOrEqual(600_000);
    await until(
      "both say so",
      () => rooms.actions.filter(({ message }) => message.action === "established").length === 2,
    );
  });

  test("meet at the first attempt, every time", async () => {
    for (let i = 0; i < scaled(1_000, 25); i++) {
      const { a, b } = await meet();
      for (const { events, session } of [a, b]) {
        const attempts = events.flatMap((event) =>
          event.type === "state" && event.state.phase === "connecting" ? [event.state.attempt] : [],
        );
        expect(new Set(attempts)).toEqual(new Set([1]));
        session.wipe({ type: "page-gone" });
      }
    }
  }, 300_000);

  test("say nothing to the server but blobs of fixed sizes", async () => {
    const { rooms } = await meet();
    const sizes = rooms.signals.map(({ data }) => fromBase64Url(data).length);
    expect(new Set(sizes)).toEqual(new Set([1567, 1051]));
  });

  test("a text is delivered once it stands on the other screen, and not before", async () => {
    const { a, b } = await meet();
    const id = a.session.sendText("hello\nthere");
    await until("the text", () => texts(b).length === 1);
    expect(texts(b)).toEqual(["hello\nthere"]);
    const isDelivered = () =>
      a.events.some((event) => event.type === "delivery" && event.id === id && event.status === "delivered");
    expect(isDelivered()).toBe(false);
    b.session.shown("in-1");
    await until("delivery", isDelivered);
    expect(() => a.session.sendText("x".repeat(16_001))).toThrow("E_MESSAGE_TOO_LONG");
  });

  test("many texts at once arrive once each and in order", async () => {
    const { a, b } = await meet();
    const written = Array.from({ length: 200 }, (_, i) => `text ${i}`);
    for (const text of written) a.session.sendText(text);
    await until("all", () => texts(b).length === written.length);
    expect(texts(b)).toEqual(written);
  });

  test("the mark is one's own, and told", async () => {
    const { a, b } = await meet();
    a.session.compareWords(true);
    const marks = ({ session: { state } }: Person) => (state.phase === "secure" ? state.words : undefined);
    await until("told", () => marks(b)?.theirs);
    expect(marks(a)).toMatchObject({ mine: true, theirs: false });
    expect(marks(b)).toMatchObject({ mine: false, theirs: true });
  });

  test("words that differ end it for both and destroy the room", async () => {
    const { rooms, a, b } = await meet();
    b.session.compareWords(false);
    await reaches(a, "ended");
    await reaches(b, "ended");
    for (const { session } of [a, b])
      expect(session.state).toEqual({ phase: "ended", reason: { type: "words-differ" } });
    expect(rooms.actions).toContainEqual({ seat: 1, message: { action: "destroy" } });
  });

  test("destroying is heard as destroyed, leaving as left", async () => {
    const first = await meet();
    await first.a.session.destroy();
    await reaches(first.b, "ended");
    expect(first.a.session.state).toEqual({ phase: "ended", reason: { type: "destroyed" } });
    expect(first.b.session.state).toEqual({ phase: "ended", reason: { type: "peer-destroyed" } });

    const second = await meet();
    second.a.session.wipe({ type: "page-gone" });
    await reaches(second.b, "ended");
    expect(second.b.session.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });
  });
});

describe("files", () => {
  const block = Uint8Array.from({ length: 251 * 31 }, (_, i) => (i * 31) % 251);
  const bytes = (length: number) => {
    const filled = new Uint8Array(length);
    for (let at = 0; at < length; at += block.length) filled.set(block.subarray(0, length - at), at);
    return filled;
  };
  const file = (length: number, name = "notes.txt") =>
    new File([bytes(length)], name, { type: "text/plain" });

  test.each([0, 1, 65_280, 65_281, 5_000_001])(
    "%i bytes are offered, accepted, moved, verified",
    async (length) => {
      const { a, b } = await meet();
      a.session.files.offer(fileOffering(file(length, "../\u202Egpj.exe")));
      const offered = await transfer(b, "offered");
      expect(offered).toMatchObject({ name: "__gpj.exe", size: length, moved: 0 });
      b.session.files.accept(offered.id, plainDestination());
      const received = await transfer(b, "delivered");
      expect(equalBytes(await savedBytes(received.received), bytes(length))).toBe(true);
      expect(await transfer(a, "delivered")).toMatchObject({ moved: length });
    },
  );

  test("declined, cancelled by either side, above the limit", async () => {
    const { a, b } = await meet();
    const [declined] = a.session.files.offer(fileOffering(file(10)));
    b.session.files.decline((await transfer(b, "offered")).id);
    expect(await transfer(a, "declined")).toMatchObject({ id: declined });
    const [cancelled = "out-0"] = a.session.files.offer(fileOffering(file(10)));
    a.session.files.cancel(cancelled);
    expect(await transfer(b, "cancelled")).toMatchObject({ code: "E_FILE_CANCELLED" });
    expect(() =>
      a.session.files.offer(fileOffering(new File([new Uint8Array(2 ** 24 + 1)], "large"))),
    ).toThrow("E_FILE_LIMIT");
  });

  test("both ways at once, each cancelled by its receiver, without taking one for the other", async () => {
    const { a, b } = await meet();
    a.session.files.offer(fileOffering(file(6_000_000)));
    b.session.files.offer(fileOffering(file(6_000_000)));
    await Promise.all([transferIn(b, "offered"), transferIn(a, "offered")]);
    b.session.files.accept("in-1", plainDestination());
    a.session.files.accept("in-1", plainDestination());
    b.session.files.cancel("in-1");
    await until("A's file to be over", () =>
      a.events.some(
        (e) => e.type === "transfer" && e.transfer.id === "out-1" && e.transfer.status === "cancelled",
      ),
    );
    await until("B's file to arrive", () =>
      a.events.some(
        (e) => e.type === "transfer" && e.transfer.id === "in-1" && e.transfer.status === "delivered",
      ),
    );
  });

  test("the seventeenth waits until the other side has answered one", async () => {
    const { a, b } = await meet();
    for (let i = 0; i < 17; i++) a.session.files.offer(fileOffering(file(1)));
    await until("sixteen offers", () => last(b, "in-16"));
    expect(last(a, "out-17")).toMatchObject({ status: "queued" });
    expect(last(b, "in-17")).toBeUndefined();
    b.session.files.decline("in-4");
    await until("the seventeenth", () => last(b, "in-17"));
    expect(last(a, "out-17")).toMatchObject({ status: "offered" });
    a.session.files.cancel("out-17");
    await until("its end", () => last(b, "in-17")?.status === "cancelled");
  });

  test("either side lets it rest, and it goes on where it was", async () => {
    const { a, b } = await meet();
    a.session.files.offer(fileOffering(file(10_000_000)));
    b.session.files.accept((await transfer(b, "offered")).id, plainDestination());
    await transfer(b, "moving");
    b.session.files.pause("in-1");
    a.session.files.pause("out-1");
    expect(last(b, "in-1")).toMatchObject({ status: "paused", pausedBy: "me" });
    expect(last(a, "out-1")).toMatchObject({ status: "paused", pausedBy: "me" });
    a.session.files.resume("out-1");
    // What the other side's credit allows, and not a byte more.
    await until("the credit's end", () => (last(a, "out-1")?.moved ?? 0) >= 4 * 2 ** 20);
    expect(last(b, "in-1")?.status).toBe("paused");
    expect(last(a, "out-1")?.moved).toBeLessThan(8 * 2 ** 20);
    b.session.files.resume("in-1");
    expect(await transfer(b, "delivered")).toMatchObject({ moved: 10_000_000 });
  });

  test("a place that cannot be opened refuses, and tells why on both sides", async () => {
    const { a, b } = await meet();
    a.session.files.offer(fileOffering(file(10)));
    const open = () => Promise.reject(new NullroomError("E_FILE_LIMIT", "planted"));
    b.session.files.accept((await transfer(b, "offered")).id, Object.assign(plainDestination(), { open }));
    expect(await transfer(b, "failed")).toMatchObject({ code: "E_FILE_LIMIT" });
    expect(await transfer(a, "failed")).toMatchObject({ code: "E_FILE_READ" });
  });
});

describe("when it ends", () => {
  test("what was on its way has failed, what nobody had answered is gone, what came whole stays said", async () => {
    const { a, b } = await meet();
    const large = new File([new Uint8Array(8_000_000)], "large.bin");
    for (const file of [new File(["1"], "small.txt"), large, large])
      a.session.files.offer(fileOffering(file));
    b.session.files.accept((await transfer(b, "offered")).id, plainDestination());
    await transfer(a, "delivered");
    await until("the second offer", () => last(b, "in-3"));
    b.session.files.accept("in-2", plainDestination());
    await until("its first bytes", () => last(b, "in-2")?.status === "moving");
    b.session.wipe({ type: "page-gone" });
    await reaches(a, "ended");
    const ends = (who: Person, ids: Transfer["id"][]) => ids.map((id) => last(who, id)?.status);
    expect(ends(a, ["out-1", "out-2", "out-3"])).toEqual(["delivered", "failed", "failed"]);
    expect(ends(b, ["in-1", "in-2", "in-3"])).toEqual(["delivered", "failed", "cancelled"]);
    expect(last(a, "out-2")?.code).toBe("E_FILE_CANCELLED");
  });
});

describe("a server that lies", () => {
  test("about who sits where is refused", async () => {
    const rooms = new FakeRooms();
    rooms.lies = { seat: 1 };
    const a = await create(rooms);
    await reaches(a, "ended");
    expect(failure(a)).toBe("E_ROLE");
  });

  test("once secure changes nothing, whatever it says", async () => {
    const { rooms, a, b } = await meet();
    for (const seat of [0, 1] as const) {
      rooms.tell(seat, { type: "peer_ready" });
      rooms.tell(seat, { type: "peer_back" });
      for (const reason of ["left", "gone", "destroyed"] as const) rooms.tell(seat, left(reason));
      for (const code of ["room-gone", "evicted", "lease-over", "seat-taken-over"] as const) {
        rooms.tell(seat, { type: "refused", code });
      }
      for (const { data } of rooms.signals)
        rooms.tell(seat, { type: "signal", data, connectionId: connectionId() });
      for (const data of ["", "AAAA", 7, null, toBase64Url(new Uint8Array(1051))]) {
        rooms.tell(seat, { type: "signal", data, connectionId: connectionId() });
      }
    }
    a.session.sendText("still here");
    await until("the text", () => texts(b).length === 1);
    expect([a.session.state.phase, b.session.state.phase]).toEqual(["secure", "secure"]);
  });

  test("a cable that drops once secure comes back by itself, and says so again", async () => {
    const { rooms, a } = await meet();
    rooms.seats[0]?.drop();
    await until("the seat again", () => rooms.actions.some(({ message }) => message.action === "resume"));
    await until("established again", () => rooms.actions.at(-1)?.message.action === "established");
    expect(a.events.filter((event) => event.type === "state").at(-1)).toMatchObject({
      state: { phase: "secure" },
    });
  });

  test("who knows only the room is not let in", async () => {
    const rooms = new FakeRooms();
    const a = await create(rooms);
    const b = await join(rooms, a, `2.${"A".repeat(43)}`);
    await reaches(b, "ended");
    expect(failure(b)).toBe("E_ROOM");
  });
});

describe("what ends a session", () => {
  test("three attempts that fail, each shown, and no fourth", async () => {
    const rooms = new FakeRooms();
    rooms.tamper = (signal) =>
      signal.from === 1 && signal.count % 2 === 1 ? (ATTACKS.flip?.(signal) ?? []) : honest(signal);
    const a = await create(rooms);
    await join(rooms, a);
    const failedAttempts = () =>
      a.events.flatMap(({ type, ...event }) =>
        type === "state" && "state" in event && event.state.phase === "connecting" && event.state.failed?.code
          ? [event.state.attempt]
          : [],
      );
    await until("one failure", () => failedAttempts().length === 1);
    expect(failure(a)).toBe("E_SEAL");
    a.session.retry();
    await until("two failures", () => failedAttempts().length === 2);
    a.session.retry();
    await reaches(a, "ended");
    expect(failedAttempts()).toEqual([1, 2]); // The third is the end itself.
    expect(failure(a)).toBe("E_HS_TAMPER");
  });

  test.each([
    ["a text message", "hello", "E_CHANNEL"],
    ["a size that is no bucket", new ArrayBuffer(91), "E_RECORD_PAD"],
    ["a record of another channel", new ArrayBuffer(92), "E_RECORD_AUTH"],
  ])("%s on ctl", async (_, data, code) => {
    const { rooms, a, b } = await meet();
    rooms.network.connections[0]?.channels.get(0)?.deliver(data);
    await reaches(a, "ended");
    expect(failure(a)).toBe(code);
    await reaches(b, "ended"); // By a word over the cable: the line is none any more.
    expect(b.session.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });
  });

  test("a third channel", async () => {
    const { rooms, a } = await meet();
    const third = Object.assign(new Event("datachannel"), { channel: {} });
    rooms.network.connections[0]?.dispatchEvent(third);
    await reaches(a, "ended");
    expect(failure(a)).toBe("E_CHANNEL");
  });

  test.each([
    [4_500, { type: "time-up" }],
    [60_000, { type: "failed", code: "E_ROOM" }],
  ])("a room that the server has closed with %i ms left", async (ttlMs, reason) => {
    const rooms = new FakeRooms();
    rooms.lies = { ttlMs };
    const a = await create(rooms);
    await until("its seat", () => rooms.seats[0]);
    rooms.tell(0, { type: "refused", code: "room-gone" });
    await reaches(a, "ended");
    expect(a.session.state).toEqual({ phase: "ended", reason });
  });

  test("time, by each side's own clock and the shorter of the two", async () => {
    const rooms = new FakeRooms();
    rooms.lies = { sessionMs: 1_500 };
    const { a, b } = await meet(rooms);
    for (const each of [a, b]) {
      await reaches(each, "ended");
      expect(each.session.state).toEqual({ phase: "ended", reason: { type: "time-up" } });
    }
  });

  test("and what was never acknowledged has failed", async () => {
    const { a } = await meet();
    const id = a.session.sendText("anybody there?");
    a.session.wipe({ type: "page-gone" });
    expect(a.events).toContainEqual({ type: "delivery", id, status: "failed" });
  });
});

describe("what is left behind", () => {
  test("the link's secret is zero once secure, what admits to the room once it is over", async () => {
    const rooms = new FakeRooms();
    const [secret, admit] = [randomBytes(32), randomBytes(32)];
    const { roomId } = (await create(rooms)).session;
    rooms.seats[0]?.drop();
    rooms.admit(await hash(admit));
    const begin = { platform: rooms.platform(), roomId, kem: loadKem(), hideAddress: false };
    const a = person(
      new V2Session({ ...begin, seat: 0, secret, admit, deadline: performance.now() + 60_000 }),
    );
    const b = person(new V2Session({ ...begin, seat: 1, secret: secret.slice(), admit: admit.slice() }));
    await reaches(b, "secure");
    await reaches(a, "secure");
    expect(secret).toEqual(new Uint8Array(32));
    a.session.wipe({ type: "page-gone" });
    expect(admit).toEqual(new Uint8Array(32));
    a.session.wipe({ type: "destroyed" }); // Idempotent: the first reason stands.
    expect(a.session.state).toEqual({ phase: "ended", reason: { type: "page-gone" } });
    await until("no listener on any channel", () =>
      rooms.network.connections.every(({ channels }) =>
        [...channels.values()].every((c) => c.listenerCount === 0),
      ),
    );
  });

  test("whatever happens after the end, it stays ended", async () => {
    const { rooms, a } = await meet();
    const { session } = a;
    session.wipe({ type: "page-gone" });
    rooms.tell(0, { type: "peer_ready" });
    rooms.network.connections[0]?.change("connected");
    session.retry();
    session.wake();
    session.compareWords(true);
    session.shown("in-1");
    session.files.cancel("in-1");
    await session.destroy();
    expect(() => session.sendText("x")).toThrow("E_CHANNEL");
    expect(session.state).toEqual({ phase: "ended", reason: { type: "page-gone" } });
  });
});

test("over Node's WebRTC library too", async () => {
  const rooms = new FakeRooms();
  const { createPeerConnection } = nodePlatform("http://127.0.0.1/");
  rooms.createPeerConnection = createPeerConnection;
  const { a, b } = await meet(rooms);
  a.session.sendText("hello");
  await until("the text", () => texts(b).length === 1);
  a.session.files.offer(fileOffering(new File([new Uint8Array(300_000).fill(7)], "seven.bin")));
  b.session.files.accept((await transfer(b, "offered")).id, plainDestination());
  expect(await transfer(b, "delivered")).toMatchObject({ size: 300_000 });
  await a.session.destroy();
  await reaches(b, "ended");
  expect(b.session.state).toEqual({ phase: "ended", reason: { type: "peer-destroyed" } });
});

/** HS1, HS3, HS5, the offer; HS2, HS4, the answer. */
const PLACES: readonly [Seat, number, string][] = [
  [0, 0, "HS1"],
  [1, 0, "HS2"],
  [0, 1, "HS3"],
  [1, 1, "HS4"],
  [0, 2, "HS5"],
  [0, 3, "the offer"],
  [1, 2, "the answer"],
];

const earlier = await (async () => {
  const { rooms, a, b } = await meet();
  for (const { session } of [a, b]) session.wipe({ type: "page-gone" });
  return rooms.signals;
})();

type Signal = Parameters<Tamper>[0];
const honest = ({ from, data }: Signal) => [{ to: otherSeat(from), data }];

const ATTACKS: { [name: string]: (signal: Signal) => ReturnType<Tamper> } = {
  flip: ({ from, data }) => {
    const blob = fromBase64Url(data);
    const at = blob.length - 20;
    blob[at] = (blob[at] ?? 0) ^ 1;
    return [{ to: otherSeat(from), data: toBase64Url(blob) }];
  },
  drop: () => [],
  duplicate: (signal) => [...honest(signal), ...honest(signal)],
  reflect: ({ from, data }) => [{ to: from, data }],
  "swap the role byte": ({ from, data }) => {
    const blob = fromBase64Url(data);
    blob[2] = (blob[2] ?? 0) ^ 1;
    return [{ to: otherSeat(from), data: toBase64Url(blob) }];
  },
  "replay from an earlier session": ({ from, count }) => {
    const old = earlier.filter((signal) => signal.from === from)[count];
    return old ? [{ to: otherSeat(from), data: old.data }] : [];
  },
};

describe.each(Object.entries(ATTACKS))("a relay that does this once: %s", (_, attack) => {
  test.each(PLACES)("to seat %i's message %i, %s", async (from, count) => {
    const rooms = new FakeRooms();
    let hit = false;
    rooms.tamper = (signal) => {
      if (signal.from !== from || signal.count !== count || hit) return honest(signal);
      hit = true;
      return attack(signal);
    };
    const a = await create(rooms);
    const b = await join(rooms, a);
    await until("the attack", () => hit);
    await settled(rooms);
    for (const each of [a, b]) {
      expect(everSecure(each)).toBe(false);
      expect(texts(each)).toEqual([]);
    }
    // Nobody makes a connection before the other side has proved itself to it; I's proof of R is HS4.
    const isHandshake = count < (from === 0 ? 3 : 2);
    if (!isHandshake || attack === ATTACKS.duplicate) return;
    const provenToI = from === 0 && count === 2;
    expect(rooms.network.connections).toHaveLength(provenToI ? 1 : 0);
    expect(rooms.network.connections.flatMap(({ named }) => named)).toEqual([]);
  });
});

/** Nothing more is being said: what has not happened by now waits for a clock. */
async function settled(rooms: FakeRooms): Promise<void> {
  let last = -1;
  let since = performance.now();
  await until("silence", () => {
    if (rooms.signals.length !== last) {
      last = rooms.signals.length;
      since = performance.now();
    }
    return performance.now() - since > 150;
  });
}
