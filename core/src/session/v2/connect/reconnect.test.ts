import { setMaxListeners } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import { fileOffering } from "../../../files/offering.ts";
import { FakeRooms } from "../../../testing/fake-rooms.ts";
import { plainDestination, savedBytes } from "../../../testing/plain-destination.ts";
import type { MessageId, Session, SessionEvent, SessionState } from "../../session.ts";
import { createRoom2, joinRoom2 } from "../create-join.ts";

setMaxListeners(0); // A session hangs all that it owns on one signal, and all of it ends with that.

const opened: Session[] = [];
afterEach(() => {
  for (const session of opened.splice(0)) session.wipe({ type: "page-gone" });
});

const forever = new AbortController().signal;

/** One of two people whose page shows whatever comes, at once. */
class Person {
  readonly session: Session;
  readonly events: SessionEvent[] = [];
  /** How much this one's clock has gained on the other's. */
  readonly clock: { aheadMs: number };

  constructor(session: Session, clock: { aheadMs: number }) {
    this.session = session;
    this.clock = clock;
    session.subscribe((event) => {
      this.events.push(event);
      if (event.type === "message" && event.from === "peer") session.shown(event.id);
    }, forever);
    opened.push(session);
  }

  get state(): SessionState {
    return this.session.state;
  }

  get words() {
    return "words" in this.state ? this.state.words : undefined;
  }

  get texts(): string[] {
    return this.events.flatMap((event) =>
      event.type === "message" && event.from === "peer" ? [event.text] : [],
    );
  }

  get phases(): string[] {
    return this.events.flatMap((event) => (event.type === "state" ? [event.state.phase] : []));
  }

  reaches(phase: SessionState["phase"], ms?: number) {
    return until(phase, () => this.state.phase === phase, ms);
  }

  delivered(id: MessageId) {
    return until(`delivery of ${id}`, () =>
      this.events.some(
        (event) => event.type === "delivery" && event.id === id && event.status === "delivered",
      ),
    );
  }
}

async function create(rooms: FakeRooms): Promise<Person> {
  const clock = { aheadMs: 0 };
  const platform = rooms.platform(clock);
  return new Person(await createRoom2({ platform, hideAddress: false, signal: forever }), clock);
}

async function join(rooms: FakeRooms, { session }: Person): Promise<Person> {
  const clock = { aheadMs: 0 };
  const { roomId, fragment = "" } = session;
  const platform = rooms.platform(clock);
  const begin = { platform, hideAddress: false, signal: forever, roomId, fragment };
  return new Person(await joinRoom2(begin), clock);
}

async function meet(rooms = new FakeRooms()): Promise<{ rooms: FakeRooms; a: Person; b: Person }> {
  const a = await create(rooms);
  const b = await join(rooms, a);
  for (const each of [a, b]) await each.reaches("secure");
  return { rooms, a, b };
}

/** Both have heard everything, once and in order. */
async function understood(a: Person, b: Person, from: number, to: number): Promise<void> {
  for (const each of [a, b]) {
    await until("all texts", () => each.texts.length >= to);
    expect(each.texts.slice(from)).toEqual(numbers(from, to));
  }
}

function talk(a: Person, b: Person, from: number, to: number): void {
  for (const text of numbers(from, to)) for (const { session } of [a, b]) session.sendText(text);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `text ${from + i}`);
}

/** Every PeerConnection that is there fails, at both ends, and the cable is back in another network. */
function breakDown({ network }: FakeRooms): void {
  network.cut();
  for (const connection of network.connections) connection.change("failed");
  network.mend("in another network");
}

describe("a connection that is interrupted", () => {
  test("and comes back by itself goes on, and what was written meanwhile arrives", async () => {
    const { rooms, a, b } = await meet();
    talk(a, b, 0, 5);
    rooms.network.cut();
    for (const each of [a, b]) expect(each.state.phase).toBe("reconnecting");
    talk(a, b, 5, 10);
    rooms.network.mend();
    await understood(a, b, 0, 10);
    expect(rooms.network.connections).toHaveLength(2);
    for (const each of [a, b])
      expect(each.phases.filter((phase) => phase === "reconnecting")).toHaveLength(1);
  });

  test("is restarted with fresh servers, at once when the network has changed", async () => {
    const { rooms, a, b } = await meet();
    rooms.network.cut();
    talk(a, b, 0, 5);
    rooms.network.mend("in another network");
    for (const { session } of [a, b]) session.wake("network");
    await understood(a, b, 0, 5);
    expect(rooms.network.connections).toHaveLength(2);
    for (const { configurations } of rooms.network.connections) expect(configurations).toHaveLength(1);
  });

  test("is not restarted with another certificate: that ends it", async () => {
    const { rooms, a, b } = await meet();
    const [ofA, ofB] = rooms.network.connections;
    const described = ofB?.remoteDescription;
    rooms.network.cut();
    rooms.network.mend("in another network");
    ofA?.changeCertificate();
    for (const { session } of [a, b]) session.wake("network");
    for (const each of [a, b]) await each.reaches("ended");
    expect(b.state).toEqual({ phase: "ended", reason: { type: "failed", code: "E_FP_MISMATCH" } });
    expect(ofB?.remoteDescription).toBe(described);
  });

  test("is restarted after five seconds, also where only R has noticed", async () => {
    const { rooms, a, b } = await meet();
    rooms.network.cut(false);
    rooms.network.connections[1]?.change("disconnected");
    talk(a, b, 0, 5);
    rooms.network.mend("in another network");
    await understood(a, b, 0, 5);
    expect(rooms.network.connections).toHaveLength(2);
    expect(a.phases).not.toContain("reconnecting");
  });

  test("is made anew where a side cannot restart", async () => {
    const rooms = new FakeRooms();
    const a = await create(rooms);
    rooms.restartsIce = false;
    const b = await join(rooms, a);
    for (const each of [a, b]) await each.reaches("secure");
    rooms.network.cut();
    rooms.network.mend("in another network");
    a.session.wake("network");
    talk(a, b, 0, 5);
    await understood(a, b, 0, 5);
    expect(rooms.network.connections).toHaveLength(4);
  });

  test("and was restarted for another network before anything was lost, is never seen to be interrupted", async () => {
    const { rooms, a, b } = await meet();
    b.session.wake("network");
    await until("both restarted", () =>
      rooms.network.connections.every(({ configurations }) => configurations.length === 1),
    );
    talk(a, b, 0, 5);
    await understood(a, b, 0, 5);
    for (const each of [a, b]) expect(each.phases).not.toContain("reconnecting");
  });
});

describe("a connection that is dead is made anew", () => {
  test("under the same words and marks, and every text arrives once and in order", async () => {
    const { rooms, a, b } = await meet();
    const words = a.words?.words;
    a.session.compareWords(true);
    talk(a, b, 0, 5);
    await understood(a, b, 0, 5);
    rooms.network.cut(false);
    talk(a, b, 5, 10); // Into the dead line: sent, as far as anybody knows.
    breakDown(rooms);
    talk(a, b, 10, 15);
    await understood(a, b, 0, 15);
    for (const each of [a, b]) {
      await each.reaches("secure");
      expect(each.words?.words).toEqual(words);
      await each.delivered("out-15");
    }
    expect([a.words?.mine, b.words?.theirs]).toEqual([true, true]);
    expect(rooms.network.connections).toHaveLength(4);
  });

  test("again and again", async () => {
    const { rooms, a, b } = await meet();
    for (let round = 0; round < 5; round++) {
      talk(a, b, round * 4, round * 4 + 2);
      breakDown(rooms);
      talk(a, b, round * 4 + 2, round * 4 + 4);
      await understood(a, b, round * 4, round * 4 + 4);
    }
  });

  test("also when the server was away for a while", async () => {
    const { rooms, a, b } = await meet();
    rooms.isAway = true;
    for (const socket of rooms.seats) socket?.drop();
    breakDown(rooms);
    talk(a, b, 0, 5);
    for (const each of [a, b]) await each.reaches("reconnecting");
    rooms.isAway = false;
    await understood(a, b, 0, 5);
  });

  test("before there ever was a conversation", async () => {
    const rooms = new FakeRooms();
    rooms.network.cut();
    const a = await create(rooms);
    const b = await join(rooms, a);
    await until("two connections", () => rooms.network.connections.length === 2);
    for (const connection of rooms.network.connections) connection.change("failed");
    rooms.network.mend();
    for (const each of [a, b]) await each.reaches("secure");
    expect(rooms.network.connections).toHaveLength(4);
    expect(a.words?.words).toEqual(b.words?.words);
    talk(a, b, 0, 2);
    await understood(a, b, 0, 2);
  });

  test("and files go on where they were", async () => {
    const { rooms, a, b } = await meet();
    const content = Uint8Array.from({ length: 10_000_000 }, (_, i) => (i * 7) % 251);
    a.session.files.offer(fileOffering(new File([content], "seven.bin")));
    const moved = (person: Person) =>
      person.events.flatMap((event) => (event.type === "transfer" ? [event.transfer] : [])).at(-1);
    await until("the offer", () => moved(b)?.status === "offered");
    b.session.files.accept("in-1", plainDestination());
    await until("its beginning", () => moved(b)?.status === "moving");
    b.session.files.pause("in-1"); // It comes to where its credit ends, and no further.
    await until("some of it", () => (moved(b)?.moved ?? 0) >= 4 * 2 ** 20);
    breakDown(rooms);
    b.session.files.resume("in-1");
    await until("all of it", () => moved(b)?.status === "delivered" && moved(a)?.status === "delivered");
    expect(equalBytes(await savedBytes(moved(b)?.received), content)).toBe(true);
    expect(rooms.network.connections.length).toBeGreaterThanOrEqual(4);
  });
});

describe("a connection that does not come back", () => {
  test("is lost after two minutes by each side's own clock", async () => {
    const { rooms, a, b } = await meet();
    rooms.isAway = true;
    for (const socket of rooms.seats) socket?.drop();
    rooms.network.cut();
    const id = a.session.sendText("anybody there?");
    const { state } = a;
    if (state.phase !== "reconnecting") throw new Error("not interrupted");
    expect(state.giveUpAt - performance.now()).toBeGreaterThan(119_000);
    expect(state.giveUpAt - performance.now()).toBeLessThanOrEqual(120_000);
    for (const { clock } of [a, b]) clock.aheadMs += 119_000;
    for (const { session } of [a, b]) session.wake();
    expect([a.state.phase, b.state.phase]).toEqual(["reconnecting", "reconnecting"]);
    for (const { clock } of [a, b]) clock.aheadMs += 1_000;
    for (const each of [a, b]) {
      await each.reaches("ended");
      expect(each.state).toEqual({ phase: "ended", reason: { type: "lost" } });
    }
    expect(a.events).toContainEqual({ type: "delivery", id, status: "failed" });
  });

  test("is lost at once where the server has refused and the connection has failed", async () => {
    const { rooms, a } = await meet();
    rooms.tell(0, { type: "refused", code: "room-gone" });
    talk(a, a, 0, 1);
    breakDown(rooms);
    await a.reaches("ended");
    expect(a.state).toEqual({ phase: "ended", reason: { type: "lost" } });
  });

  test("is lost for a page that was frozen for longer than that, even if all looks well", async () => {
    const { a, b } = await meet();
    b.clock.aheadMs += 121_000;
    await b.reaches("ended");
    expect(b.state).toEqual({ phase: "ended", reason: { type: "lost" } });
    expect(a.state.phase).not.toBe("ended");
  });

  test("and a page that was frozen for less makes sure, and goes on", async () => {
    const { a, b } = await meet();
    b.clock.aheadMs += 60_000;
    talk(a, b, 0, 5);
    await understood(a, b, 0, 5);
    for (const each of [a, b]) expect(each.phases).not.toContain("reconnecting");
  });

  test("who leaves meanwhile says so by way of the server", async () => {
    const { rooms, a, b } = await meet();
    rooms.network.cut();
    await a.session.destroy();
    await b.reaches("ended");
    expect(b.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });
  });
});

test("a page that goes away says so in the same turn: nothing that it begins then is ever finished", async () => {
  const { rooms, a, b } = await meet();
  const socket = rooms.seats[0];
  const before = socket?.sent.length;
  a.session.wipe({ type: "page-gone" });
  const said = JSON.stringify(socket?.sent.slice(before));
  expect(said).toMatch(/send_signal.*unsubscribe/);
  rooms.network.cut();
  await b.reaches("ended");
  expect(b.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });
});

test("time goes on meanwhile, and ends it for both", async () => {
  const rooms = new FakeRooms();
  const { a, b } = await meet(rooms);
  const left = ({ state }: Person) => ("deadline" in state ? state.deadline - performance.now() : 0);
  a.clock.aheadMs += 60_000; // A's clock is ahead: it has the shorter time left, and that one counts.
  breakDown(rooms);
  talk(a, b, 0, 1);
  await understood(a, b, 0, 1);
  expect(left(b)).toBeLessThanOrEqual(540_000);
  expect(left(b)).toBeGreaterThan(530_000);
});

describe("a room whose link may be used again", () => {
  const rejoinable = () => {
    const rooms = new FakeRooms();
    rooms.lies = { rejoin: true };
    return rooms;
  };

  test.each([0, 1] as const)(
    "waits again for whoever comes when the other has left, with seat %i staying",
    async (seat) => {
      const rooms = rejoinable();
      const { a, b } = await meet(rooms);
      const [stays, leaves] = seat === 0 ? [a, b] : [b, a];
      talk(a, b, 0, 2);
      await understood(a, b, 0, 2);
      const before = stays.words?.words;
      leaves.session.wipe({ type: "page-gone" });
      await stays.reaches("waiting");
      expect(() => stays.session.sendText("x")).toThrow("E_CHANNEL");
      rooms.freeSeat = seat === 0 ? 1 : 0;
      const again = await join(rooms, stays);
      for (const each of [stays, again]) await each.reaches("secure");
      expect(again.words?.words).toEqual(stays.words?.words);
      expect(stays.words?.words).not.toEqual(before);
      expect(stays.words).toMatchObject({ mine: false, theirs: false });
      stays.session.sendText("anew");
      await until("the text", () => again.texts.length === 1);
      expect(again.texts).toEqual(["anew"]);
    },
  );

  test("ends for both when one destroys it", async () => {
    const { a, b } = await meet(rejoinable());
    await a.session.destroy();
    await b.reaches("ended");
    expect(b.state).toEqual({ phase: "ended", reason: { type: "peer-destroyed" } });
    expect([a.session.fragment, b.session.fragment]).toEqual([undefined, undefined]);
  });

  test("takes up somebody new who came while the one before was still looked for", async () => {
    const rooms = rejoinable();
    const { a, b } = await meet(rooms);
    rooms.network.cut(); // B cannot say goodbye …
    b.session.wipe({ type: "lost" });
    await a.reaches("reconnecting");
    rooms.network.mend("in another network");
    const c = await join(rooms, a);
    a.clock.aheadMs += 120_000;
    for (const each of [a, c]) await each.reaches("secure");
    expect(a.words?.words).toEqual(c.words?.words);
  });
});
