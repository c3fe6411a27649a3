import { setMaxListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import { equalBytes } from "../../../crypto/bytes.ts";
import { fileOffering } from "../../../files/offering.ts";
import { FakeRooms } from "../../../testing/fake-rooms.ts";
import type { Person } from "../../../testing/person.ts";
import { plainDestination, savedBytes } from "../../../testing/plain-destination.ts";
import { type PeopleOptions, TwoPeople } from "../../../testing/two-people.ts";

setMaxListeners(0); // All that a session owns listens to one signal, and ends with it.

/** Two people whose pages show each text as soon as it comes. */
const connect = (options: PeopleOptions = {}) => TwoPeople.connect({ ...options, showsTexts: true });

/** Both have heard everything, once and in order. */
async function understood({ maker, guest }: TwoPeople, from: number, to: number): Promise<void> {
  for (const each of [maker, guest]) {
    await until("all texts", () => each.texts.length >= to);
    expect(each.texts.slice(from)).toEqual(numbers(from, to));
  }
}

function talk({ maker, guest }: TwoPeople, from: number, to: number): void {
  for (const text of numbers(from, to)) for (const { session } of [maker, guest]) session.sendText(text);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `text ${from + i}`);
}

describe("a connection that is interrupted", () => {
  test("and comes back by itself goes on, and what was written meanwhile arrives", async () => {
    using people = await connect();
    const { maker, guest } = people;
    talk(people, 0, 5);
    people.network.cut();
    for (const each of [maker, guest]) expect(each.state.phase).toBe("reconnecting");
    talk(people, 5, 10);
    people.network.mend();
    await understood(people, 0, 10);
    expect(people.network.connections).toHaveLength(2);
    for (const each of [maker, guest])
      expect(each.phases.filter((phase) => phase === "reconnecting")).toHaveLength(1);
  });

  test("is restarted with fresh servers, at once when the network has changed", async () => {
    using people = await connect();
    const { maker, guest } = people;
    people.network.cut();
    talk(people, 0, 5);
    people.network.mend("in another network");
    for (const { session } of [maker, guest]) session.wake("network");
    await understood(people, 0, 5);
    expect(people.network.connections).toHaveLength(2);
    for (const { configurations } of people.network.connections) expect(configurations).toHaveLength(1);
  });

  test("is not restarted with another certificate: that ends it", async () => {
    using people = await connect();
    const { maker, guest } = people;
    const [ofMaker, ofGuest] = people.network.connections;
    const described = ofGuest?.remoteDescription;
    people.network.cut();
    people.network.mend("in another network");
    ofMaker?.changeCertificate();
    for (const { session } of [maker, guest]) session.wake("network");
    await people.reach("ended");
    expect(guest.state).toEqual({ phase: "ended", reason: { type: "failed", code: "E_FP_MISMATCH" } });
    expect(ofGuest?.remoteDescription).toBe(described);
  });

  test("is restarted after five seconds, also where only the guest has noticed", async () => {
    using people = await connect();
    const { maker } = people;
    people.network.cut(false);
    people.network.connections[1]?.change("disconnected");
    talk(people, 0, 5);
    people.network.mend("in another network");
    await understood(people, 0, 5);
    expect(people.network.connections).toHaveLength(2);
    expect(maker.phases).not.toContain("reconnecting");
  });

  test("is made anew where a side cannot restart", async () => {
    using people = await connect({ guest: { platform: { restartsIce: false } } });
    const { maker } = people;
    people.network.cut();
    people.network.mend("in another network");
    maker.session.wake("network");
    talk(people, 0, 5);
    await understood(people, 0, 5);
    expect(people.network.connections).toHaveLength(4);
  });

  test("and was restarted for another network before anything was lost, is never seen to be interrupted", async () => {
    using people = await connect();
    const { maker, guest } = people;
    guest.session.wake("network");
    await until("both restarted", () =>
      people.network.connections.every(({ configurations }) => configurations.length === 1),
    );
    talk(people, 0, 5);
    await understood(people, 0, 5);
    for (const each of [maker, guest]) expect(each.phases).not.toContain("reconnecting");
  });
});

describe("a connection that is dead is made anew", () => {
  test("under the same words and marks, and every text arrives once and in order", async () => {
    using people = await connect();
    const { maker, guest } = people;
    const words = maker.words?.words;
    maker.session.compareWords(true);
    talk(people, 0, 5);
    await understood(people, 0, 5);
    people.network.cut(false);
    talk(people, 5, 10); // Into the dead connection: sent, as far as anybody knows.
    people.breakConnections();
    talk(people, 10, 15);
    await understood(people, 0, 15);
    for (const each of [maker, guest]) {
      await each.reaches("secure");
      expect(each.words?.words).toEqual(words);
      await each.delivers("out-15");
    }
    expect([maker.words?.mine, guest.words?.theirs]).toEqual([true, true]);
    expect(people.network.connections).toHaveLength(4);
  });

  test("again and again", async () => {
    using people = await connect();
    for (let round = 0; round < 5; round++) {
      talk(people, round * 4, round * 4 + 2);
      people.breakConnections();
      talk(people, round * 4 + 2, round * 4 + 4);
      await understood(people, round * 4, round * 4 + 4);
    }
  });

  test("also when the server was away for a while", async () => {
    using people = await connect();
    const { rooms } = people;
    rooms.isAway = true;
    people.dropSockets();
    people.breakConnections();
    talk(people, 0, 5);
    await people.reach("reconnecting");
    rooms.isAway = false;
    await understood(people, 0, 5);
  });

  test("before there ever was a conversation", async () => {
    const rooms = new FakeRooms();
    rooms.network.cut();
    using people = await TwoPeople.create({ rooms, showsTexts: true });
    await people.join();
    const { maker, guest } = people;
    await until("two connections", () => people.network.connections.length === 2);
    for (const connection of people.network.connections) connection.change("failed");
    people.network.mend();
    await people.reach("secure");
    expect(people.network.connections).toHaveLength(4);
    expect(maker.words?.words).toEqual(guest.words?.words);
    talk(people, 0, 2);
    await understood(people, 0, 2);
  });

  test("and files go on where they were", async () => {
    using people = await connect();
    const { maker, guest } = people;
    const content = Uint8Array.from({ length: 10_000_000 }, (_, i) => (i * 7) % 251);
    maker.session.files.offer(fileOffering(new File([content], "seven.bin")));
    await guest.becomes("in-1", "offered");
    guest.session.files.accept("in-1", plainDestination());
    await guest.becomes("in-1", "moving");
    guest.session.files.pause("in-1"); // It comes to where its credit ends, and no further.
    await until("some of it", () => (guest.transfers.get("in-1")?.moved ?? 0) >= 4 * 2 ** 20);
    people.breakConnections();
    guest.session.files.resume("in-1");
    const { received } = await guest.becomes("in-1", "delivered");
    await maker.becomes("out-1", "delivered");
    expect(equalBytes(await savedBytes(received), content)).toBe(true);
    expect(people.network.connections.length).toBeGreaterThanOrEqual(4);
  });
});

describe("a connection that does not come back", () => {
  test("is lost after two minutes by each side's own clock", async () => {
    using people = await connect();
    const { rooms, maker, guest } = people;
    rooms.isAway = true;
    people.dropSockets();
    people.network.cut();
    const id = maker.session.sendText("anybody there?");
    const { state } = maker;
    if (state.phase !== "reconnecting") throw new Error("not interrupted");
    expect(state.giveUpAt - performance.now()).toBeGreaterThan(119_000);
    expect(state.giveUpAt - performance.now()).toBeLessThanOrEqual(120_000);
    for (const { clock } of [maker, guest]) clock.aheadMs += 119_000;
    for (const { session } of [maker, guest]) session.wake();
    expect([maker.state.phase, guest.state.phase]).toEqual(["reconnecting", "reconnecting"]);
    for (const { clock } of [maker, guest]) clock.aheadMs += 1_000;
    for (const each of [maker, guest]) {
      await each.reaches("ended");
      expect(each.state).toEqual({ phase: "ended", reason: { type: "lost" } });
    }
    expect(maker.events).toContainEqual({ type: "delivery", id, status: "failed" });
  });

  test("is lost at once where the server has refused and the connection has failed", async () => {
    using people = await connect();
    const { rooms, maker } = people;
    rooms.tell(0, { type: "refused", code: "room-gone" });
    for (let copy = 0; copy < 2; copy++) maker.session.sendText("text 0");
    people.breakConnections();
    await maker.reaches("ended");
    expect(maker.state).toEqual({ phase: "ended", reason: { type: "lost" } });
  });

  test("is lost for a page that was frozen for longer than that, even if all looks well", async () => {
    using people = await connect();
    const { maker, guest } = people;
    guest.clock.aheadMs += 121_000;
    await guest.reaches("ended");
    expect(guest.state).toEqual({ phase: "ended", reason: { type: "lost" } });
    expect(maker.state.phase).not.toBe("ended");
  });

  test("and a page that was frozen for less makes sure, and goes on", async () => {
    using people = await connect();
    const { maker, guest } = people;
    guest.clock.aheadMs += 60_000;
    talk(people, 0, 5);
    await understood(people, 0, 5);
    for (const each of [maker, guest]) expect(each.phases).not.toContain("reconnecting");
  });

  test("who leaves meanwhile says so by way of the server", async () => {
    using people = await connect();
    const { maker, guest } = people;
    people.network.cut();
    await maker.session.destroy();
    await guest.reaches("ended");
    expect(guest.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });
  });
});

test("a page that goes away says so in the same turn: nothing that it begins then is ever finished", async () => {
  using people = await connect();
  const { rooms, maker, guest } = people;
  const socket = rooms.seats[0];
  const before = socket?.sent.length;
  maker.session.wipe({ type: "page-gone" });
  const said = JSON.stringify(socket?.sent.slice(before));
  expect(said).toMatch(/send_signal.*unsubscribe/);
  people.network.cut();
  await guest.reaches("ended");
  expect(guest.state).toEqual({ phase: "ended", reason: { type: "peer-left" } });
});

test("time goes on meanwhile, and the shorter time counts for both", async () => {
  using people = await connect();
  const { maker, guest } = people;
  const left = ({ state }: Person) => ("deadline" in state ? state.deadline - performance.now() : 0);
  maker.clock.aheadMs += 60_000; // The maker's clock is ahead: it has the shorter time left, and that one counts.
  people.breakConnections();
  talk(people, 0, 1);
  await understood(people, 0, 1);
  expect(left(guest)).toBeLessThanOrEqual(540_000);
  expect(left(guest)).toBeGreaterThan(530_000);
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
      using people = await connect({ rooms });
      const { maker, guest } = people;
      const [stays, leaves] = seat === 0 ? [maker, guest] : [guest, maker];
      talk(people, 0, 2);
      await understood(people, 0, 2);
      const before = stays.words?.words;
      leaves.session.wipe({ type: "page-gone" });
      await stays.reaches("waiting");
      expect(() => stays.session.sendText("x")).toThrow("E_CHANNEL");
      rooms.freeSeat = seat === 0 ? 1 : 0;
      const again = await people.join({ from: stays });
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
    using people = await connect({ rooms: rejoinable() });
    const { maker, guest } = people;
    await maker.session.destroy();
    await guest.reaches("ended");
    expect(guest.state).toEqual({ phase: "ended", reason: { type: "peer-destroyed" } });
    expect([maker.session.fragment, guest.session.fragment]).toEqual([undefined, undefined]);
  });

  test("takes up somebody new who came while the one before was still looked for", async () => {
    const rooms = rejoinable();
    using people = await connect({ rooms });
    const { maker, guest } = people;
    people.network.cut(); // The guest cannot say goodbye.
    guest.session.wipe({ type: "lost" });
    await maker.reaches("reconnecting");
    people.network.mend("in another network");
    const newcomer = await people.join();
    maker.clock.aheadMs += 120_000;
    await people.reach("secure");
    expect(maker.words?.words).toEqual(newcomer.words?.words);
  });
});
