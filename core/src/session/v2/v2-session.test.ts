import { setMaxListeners } from "node:events";
import { describe, expect, test } from "vitest";
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
import type { Person } from "../../testing/person.ts";
import { plainDestination, savedBytes } from "../../testing/plain-destination.ts";
import { TwoPeople } from "../../testing/two-people.ts";
import { fromBase64Url, toBase64Url } from "../../wire/read.ts";
import type { TransferId } from "../session.ts";
import { V2Session } from "./v2-session.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

describe("two people", () => {
  test("see the same words, and the link is spent", async () => {
    using people = await TwoPeople.connect();
    const { rooms, maker, guest } = people;
    const [mine, theirs] = [maker.state, guest.state];
    if (mine.phase !== "secure" || theirs.phase !== "secure") throw new Error("not secure");
    expect(mine.words).toEqual({ words: theirs.words?.words, mine: false, theirs: false });
    expect([maker.session.fragment, guest.session.fragment]).toEqual([undefined, undefined]);
    expect(mine.deadline - performance.now()).toBeLessThanOrEqual(600_000);
    await until(
      "both say so",
      () => rooms.actions.filter(({ message }) => message.action === "established").length === 2,
    );
  });

  test("are connected at the first attempt, every time", async () => {
    for (let i = 0; i < scaled(1_000, 25); i++) {
      using people = await TwoPeople.connect();
      const { maker, guest } = people;
      for (const { events, session } of [maker, guest]) {
        const attempts = events.flatMap((event) =>
          event.type === "state" && event.state.phase === "connecting" ? [event.state.attempt] : [],
        );
        expect(new Set(attempts)).toEqual(new Set([1]));
        session.wipe({ type: "page-gone" });
      }
    }
  }, 300_000);

  test("say nothing to the server but blobs of fixed sizes", async () => {
    using people = await TwoPeople.connect();
    const { rooms } = people;
    const sizes = rooms.signals.map(({ data }) => fromBase64Url(data).length);
    expect(new Set(sizes)).toEqual(new Set([1567, 1051]));
  });

  test("a text is delivered once it stands on the other screen, and not before", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    const id = maker.session.sendText("hello\nthere");
    await until("the text", () => guest.texts.length === 1);
    expect(guest.texts).toEqual(["hello\nthere"]);
    expect(maker.hasDelivered(id)).toBe(false);
    guest.session.shown("in-1");
    await maker.delivers(id);
    expect(() => maker.session.sendText("x".repeat(16_001))).toThrow("E_MESSAGE_TOO_LONG");
  });

  test("many texts at once arrive once each and in order", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    const written = Array.from({ length: 200 }, (_, i) => `text ${i}`);
    for (const text of written) maker.session.sendText(text);
    await until("all", () => guest.texts.length === written.length);
    expect(guest.texts).toEqual(written);
  });

  test("the mark is one's own, and told", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    maker.session.compareWords(true);
    await until("told", () => guest.words?.theirs);
    expect(maker.words).toMatchObject({ mine: true, theirs: false });
    expect(guest.words).toMatchObject({ mine: false, theirs: true });
  });

  test("words that differ end it for both and destroy the room", async () => {
    using people = await TwoPeople.connect();
    const { rooms, maker, guest } = people;
    guest.session.compareWords(false);
    await people.reach("ended");
    for (const { session } of [maker, guest])
      expect(session.state).toEqual({ phase: "ended", reason: { type: "words-differ" } });
    expect(rooms.actions).toContainEqual({ seat: 1, message: { action: "destroy" } });
  });

  test("destroying is heard as destroyed, leaving as left", async () => {
    using first = await TwoPeople.connect();
    await first.maker.session.destroy();
    await first.guest.reaches("ended");
    expect(first.maker.state).toEqual({ phase: "ended", reason: { type: "destroyed" } });
    expect(first.guest.state).toEqual({ phase: "ended", reason: { type: "peer-destroyed" } });

    using second = await TwoPeople.connect();
    second.maker.session.wipe({ type: "page-gone" });
    await second.guest.reaches("ended");
    expect(second.guest.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });
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
      using people = await TwoPeople.connect();
      const { maker, guest } = people;
      maker.session.files.offer(fileOffering(file(length, "../\u202Egpj.exe")));
      const offered = await guest.reports("offered");
      expect(offered).toMatchObject({ name: "__gpj.exe", size: length, moved: 0 });
      guest.session.files.accept(offered.id, plainDestination());
      const received = await guest.reports("delivered");
      expect(equalBytes(await savedBytes(received.received), bytes(length))).toBe(true);
      expect(await maker.reports("delivered")).toMatchObject({ moved: length });
    },
  );

  test("declined, cancelled by either side, above the limit", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    const [declined] = maker.session.files.offer(fileOffering(file(10)));
    guest.session.files.decline((await guest.reports("offered")).id);
    expect(await maker.reports("declined")).toMatchObject({ id: declined });
    const [cancelled = "out-0"] = maker.session.files.offer(fileOffering(file(10)));
    maker.session.files.cancel(cancelled);
    expect(await guest.reports("cancelled")).toMatchObject({ code: "E_FILE_CANCELLED" });
    expect(() =>
      maker.session.files.offer(fileOffering(new File([new Uint8Array(2 ** 24 + 1)], "large"))),
    ).toThrow("E_FILE_LIMIT");
  });

  test("both ways at once, each cancelled by its receiver, without taking one for the other", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    maker.session.files.offer(fileOffering(file(6_000_000)));
    guest.session.files.offer(fileOffering(file(6_000_000)));
    await Promise.all([guest.becomes("in-1", "offered"), maker.becomes("in-1", "offered")]);
    guest.session.files.accept("in-1", plainDestination());
    maker.session.files.accept("in-1", plainDestination());
    guest.session.files.cancel("in-1");
    await maker.becomes("out-1", "cancelled");
    await maker.becomes("in-1", "delivered");
  });

  test("the seventeenth waits until the other side has answered one", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    for (let i = 0; i < 17; i++) maker.session.files.offer(fileOffering(file(1)));
    await until("sixteen offers", () => guest.transfers.get("in-16"));
    expect(maker.transfers.get("out-17")).toMatchObject({ status: "queued" });
    expect(guest.transfers.get("in-17")).toBeUndefined();
    guest.session.files.decline("in-4");
    await until("the seventeenth", () => guest.transfers.get("in-17"));
    expect(maker.transfers.get("out-17")).toMatchObject({ status: "offered" });
    maker.session.files.cancel("out-17");
    await until("its end", () => guest.transfers.get("in-17")?.status === "cancelled");
  });

  test("either side pauses it, and it goes on where it was", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    maker.session.files.offer(fileOffering(file(10_000_000)));
    guest.session.files.accept((await guest.reports("offered")).id, plainDestination());
    await guest.reports("moving");
    guest.session.files.pause("in-1");
    maker.session.files.pause("out-1");
    expect(guest.transfers.get("in-1")).toMatchObject({ status: "paused", pausedBy: "me" });
    expect(maker.transfers.get("out-1")).toMatchObject({ status: "paused", pausedBy: "me" });
    maker.session.files.resume("out-1");
    // What the other side's credit allows, and not a byte more.
    await until("the credit's end", () => (maker.transfers.get("out-1")?.moved ?? 0) >= 4 * 2 ** 20);
    expect(guest.transfers.get("in-1")?.status).toBe("paused");
    expect(maker.transfers.get("out-1")?.moved).toBeLessThan(8 * 2 ** 20);
    guest.session.files.resume("in-1");
    expect(await guest.reports("delivered")).toMatchObject({ moved: 10_000_000 });
  });

  test("a destination that cannot be opened refuses, and tells why on both sides", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    maker.session.files.offer(fileOffering(file(10)));
    const open = () => Promise.reject(new NullroomError("E_FILE_LIMIT", "planted"));
    guest.session.files.accept(
      (await guest.reports("offered")).id,
      Object.assign(plainDestination(), { open }),
    );
    expect(await guest.reports("failed")).toMatchObject({ code: "E_FILE_LIMIT" });
    expect(await maker.reports("failed")).toMatchObject({ code: "E_FILE_READ" });
  });
});

describe("when it ends", () => {
  test("what was on its way has failed, what nobody had answered is gone, what came whole stays said", async () => {
    using people = await TwoPeople.connect();
    const { maker, guest } = people;
    const large = new File([new Uint8Array(8_000_000)], "large.bin");
    for (const file of [new File(["1"], "small.txt"), large, large])
      maker.session.files.offer(fileOffering(file));
    guest.session.files.accept((await guest.reports("offered")).id, plainDestination());
    await maker.reports("delivered");
    await until("the second offer", () => guest.transfers.get("in-3"));
    guest.session.files.accept("in-2", plainDestination());
    await until("its first bytes", () => guest.transfers.get("in-2")?.status === "moving");
    guest.session.wipe({ type: "page-gone" });
    await maker.reaches("ended");
    const ends = (who: Person, ids: TransferId[]) => ids.map((id) => who.transfers.get(id)?.status);
    expect(ends(maker, ["out-1", "out-2", "out-3"])).toEqual(["delivered", "failed", "failed"]);
    expect(ends(guest, ["in-1", "in-2", "in-3"])).toEqual(["delivered", "failed", "cancelled"]);
    expect(maker.transfers.get("out-2")?.code).toBe("E_FILE_CANCELLED");
  });
});

describe("a server that lies", () => {
  test("about who sits where is refused", async () => {
    const rooms = new FakeRooms();
    rooms.lies = { seat: 1 };
    using people = await TwoPeople.create({ rooms });
    expect(await people.maker.fails()).toBe("E_ROLE");
  });

  test("once secure changes nothing, whatever it says", async () => {
    using people = await TwoPeople.connect();
    const { rooms, maker, guest } = people;
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
    maker.session.sendText("still here");
    await until("the text", () => guest.texts.length === 1);
    expect([maker.state.phase, guest.state.phase]).toEqual(["secure", "secure"]);
  });

  test("a cable that drops once secure comes back by itself, and says so again", async () => {
    using people = await TwoPeople.connect();
    const { rooms, maker } = people;
    rooms.seats[0]?.drop();
    await until("the seat again", () => rooms.actions.some(({ message }) => message.action === "resume"));
    await until("established again", () => rooms.actions.at(-1)?.message.action === "established");
    expect(maker.events.filter((event) => event.type === "state").at(-1)).toMatchObject({
      state: { phase: "secure" },
    });
  });

  test("who knows only the room is not let in", async () => {
    using people = await TwoPeople.create();
    const guest = await people.join({ fragment: `2.${"A".repeat(43)}` });
    expect(await guest.fails()).toBe("E_ROOM");
  });
});

describe("what ends a session", () => {
  test("three attempts that fail, each shown, and no fourth", async () => {
    const rooms = new FakeRooms();
    rooms.tamper = (signal) =>
      signal.from === 1 && signal.count % 2 === 1 ? (ATTACKS.flip?.(signal) ?? []) : honest(signal);
    using people = await TwoPeople.create({ rooms });
    const { maker } = people;
    await people.join();
    const failedAttempts = () =>
      maker.events.flatMap(({ type, ...event }) =>
        type === "state" && "state" in event && event.state.phase === "connecting" && event.state.failed?.code
          ? [event.state.attempt]
          : [],
      );
    await until("one failure", () => failedAttempts().length === 1);
    expect(maker.failure).toBe("E_SEAL");
    maker.session.retry();
    await until("two failures", () => failedAttempts().length === 2);
    maker.session.retry();
    await maker.reaches("ended");
    expect(failedAttempts()).toEqual([1, 2]); // The third is the end itself.
    expect(maker.failure).toBe("E_HS_TAMPER");
  });

  test.each([
    ["a text message", "hello", "E_CHANNEL"],
    ["a size that is no bucket", new ArrayBuffer(91), "E_RECORD_PAD"],
    ["a record of another channel", new ArrayBuffer(92), "E_RECORD_AUTH"],
  ])("%s on ctl", async (_, data, code) => {
    using people = await TwoPeople.connect();
    const { rooms, maker, guest } = people;
    rooms.network.connections[0]?.channels.get(0)?.receive(data);
    expect(await maker.fails()).toBe(code);
    await guest.reaches("ended"); // By a signal over the cable, because the channels carry nothing any more.
    expect(guest.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });
  });

  test("a third channel", async () => {
    using people = await TwoPeople.connect();
    const { rooms, maker } = people;
    const third = Object.assign(new Event("datachannel"), { channel: {} });
    rooms.network.connections[0]?.dispatchEvent(third);
    expect(await maker.fails()).toBe("E_CHANNEL");
  });

  test.each([
    [4_500, { type: "time-up" }],
    [60_000, { type: "failed", code: "E_ROOM" }],
  ])("a room that the server has closed with %i ms left", async (ttlMs, reason) => {
    const rooms = new FakeRooms();
    rooms.lies = { ttlMs };
    using people = await TwoPeople.create({ rooms });
    const { maker } = people;
    await until("its seat", () => rooms.seats[0]);
    rooms.tell(0, { type: "refused", code: "room-gone" });
    await maker.reaches("ended");
    expect(maker.state).toEqual({ phase: "ended", reason });
  });

  test("time, by each side's own clock and the shorter of the two", async () => {
    const rooms = new FakeRooms();
    rooms.lies = { sessionMs: 1_500 };
    using people = await TwoPeople.connect({ rooms });
    const { maker, guest } = people;
    for (const each of [maker, guest]) {
      await each.reaches("ended");
      expect(each.state).toEqual({ phase: "ended", reason: { type: "time-up" } });
    }
  });

  test("fails every text that was never acknowledged", async () => {
    using people = await TwoPeople.connect();
    const { maker } = people;
    const id = maker.session.sendText("anybody there?");
    maker.session.wipe({ type: "page-gone" });
    expect(maker.events).toContainEqual({ type: "delivery", id, status: "failed" });
  });
});

describe("what is left behind", () => {
  test("the link's secret is zero once secure, what admits to the room once it is over", async () => {
    const rooms = new FakeRooms();
    const [secret, admit] = [randomBytes(32), randomBytes(32)];
    using people = await TwoPeople.create({ rooms });
    const { roomId } = people.maker.session;
    rooms.seats[0]?.drop();
    rooms.admit(await hash(admit));
    const begin = { platform: rooms.platform(), roomId, kem: loadKem(), hideAddress: false };
    const maker = people.watch(
      new V2Session({ ...begin, seat: 0, secret, admit, deadline: performance.now() + 60_000 }),
    );
    const guest = people.watch(
      new V2Session({ ...begin, seat: 1, secret: secret.slice(), admit: admit.slice() }),
    );
    await guest.reaches("secure");
    await maker.reaches("secure");
    expect(secret).toEqual(new Uint8Array(32));
    maker.session.wipe({ type: "page-gone" });
    expect(admit).toEqual(new Uint8Array(32));
    maker.session.wipe({ type: "destroyed" }); // Idempotent: the first reason stands.
    expect(maker.state).toEqual({ phase: "ended", reason: { type: "page-gone" } });
    await until("no listener on any channel", () =>
      rooms.network.connections.every(({ channels }) =>
        [...channels.values()].every((c) => c.listenerCount === 0),
      ),
    );
  });

  test("whatever happens after the end, it stays ended", async () => {
    using people = await TwoPeople.connect();
    const { rooms, maker } = people;
    const { session } = maker;
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
  const { createPeerConnection } = nodePlatform("http://127.0.0.1/");
  using people = await TwoPeople.connect({ platform: { createPeerConnection } });
  const { maker, guest } = people;
  maker.session.sendText("hello");
  await until("the text", () => guest.texts.length === 1);
  maker.session.files.offer(fileOffering(new File([new Uint8Array(300_000).fill(7)], "seven.bin")));
  guest.session.files.accept((await guest.reports("offered")).id, plainDestination());
  expect(await guest.reports("delivered")).toMatchObject({ size: 300_000 });
  await maker.session.destroy();
  await guest.reaches("ended");
  expect(guest.state).toEqual({ phase: "ended", reason: { type: "peer-destroyed" } });
});

/** Every signal of an attempt: who says it, how many that side has said before it, and what it is. */
const HANDSHAKE_SIGNALS: readonly [Seat, number, string][] = [
  [0, 0, "HS1"],
  [1, 0, "HS2"],
  [0, 1, "HS3"],
  [1, 1, "HS4"],
  [0, 2, "HS5"],
  [0, 3, "the offer"],
  [1, 2, "the answer"],
];

/** Every signal of a session that went well, for an attacker to say again. */
const earlier = await (async () => {
  using people = await TwoPeople.connect();
  return people.rooms.signals;
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
  test.each(HANDSHAKE_SIGNALS)("to seat %i's message %i, %s", async (from, count) => {
    const rooms = new FakeRooms();
    let hit = false;
    rooms.tamper = (signal) => {
      if (signal.from !== from || signal.count !== count || hit) return honest(signal);
      hit = true;
      return attack(signal);
    };
    using people = await TwoPeople.create({ rooms });
    await people.join();
    await until("the attack", () => hit);
    await settled(rooms);
    for (const each of [people.maker, people.guest]) {
      expect(each.phases).not.toContain("secure");
      expect(each.texts).toEqual([]);
    }
    // No side makes a connection before the other has proved itself. The responder does so to the initiator with HS4.
    const isHandshake = count < (from === 0 ? 3 : 2);
    if (!isHandshake || attack === ATTACKS.duplicate) return;
    const provenToInitiator = from === 0 && count === 2;
    expect(rooms.network.connections).toHaveLength(provenToInitiator ? 1 : 0);
    expect(rooms.network.connections.flatMap(({ named }) => named)).toEqual([]);
  });
});

/** Nothing more is being said, so whatever has not happened by now waits for a clock. */
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
