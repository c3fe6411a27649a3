import { randomBytes } from "node:crypto";
import type { RoomId, Seat } from "@nullroom/core/brand";
import { SEAT_LEASE_MS, SEAT_RESERVATION_MS } from "@nullroom/core/limits";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import { digest, newConnectionId, newNodeId } from "./ids.ts";
import type { Digest, JoinOutcome, Occupant, RoomRules, RoomStore } from "./store.ts";

/** A store with a clock that the test moves. */
export type TimedStore = { store: RoomStore; advance(ms: number): void };

const RULES: RoomRules = { roomTtlMs: 900_000, sessionTtlMs: 600_000, destroyOnPeerLeave: true };
const REJOIN: RoomRules = { ...RULES, destroyOnPeerLeave: false };
const ADMIT = digest(Buffer.from("admit"));

export function someone(): Occupant {
  return { node: newNodeId(), connectionId: newConnectionId() };
}

export function someDigest(): Digest {
  return digest(randomBytes(16));
}

type Sitting = { occupant: Occupant; token: Digest; outcome: JoinOutcome };

let store: RoomStore;
let advance: (ms: number) => void;

async function joinRoom(roomId: RoomId, options: { seat?: Seat; classic?: boolean } = {}): Promise<Sitting> {
  const occupant = someone();
  const token = someDigest();
  const { seat, classic = false } = options;
  const outcome = await store.join({
    roomId,
    token,
    occupant,
    ...(classic ? { protocol: "classic" } : { protocol: "2", admit: ADMIT }),
    ...(seat === undefined ? {} : { seat }),
  });
  return { occupant, token, outcome };
}

async function waiting(): Promise<{ roomId: RoomId; a: Sitting }> {
  const roomId = await store.create({ protocol: "2", admit: ADMIT });
  return { roomId, a: await joinRoom(roomId, { seat: 0 }) };
}

async function paired(): Promise<{ roomId: RoomId; a: Sitting; b: Sitting }> {
  const { roomId, a } = await waiting();
  return { roomId, a, b: await joinRoom(roomId, { seat: 1 }) };
}

async function established(): Promise<{ roomId: RoomId; a: Sitting; b: Sitting }> {
  const room = await paired();
  await store.establish(room.roomId, 0, room.a.occupant);
  return room;
}

async function classicPair(): Promise<{ roomId: RoomId; a: Sitting; b: Sitting }> {
  const roomId = await store.create({ protocol: "classic" });
  const a = await joinRoom(roomId, { classic: true });
  return { roomId, a, b: await joinRoom(roomId, { classic: true }) };
}

/** Let `ms` pass, in which the sockets of `seats` answer every ping and so renew their leases. */
async function renewFor(ms: number, roomId: RoomId, ...seats: [Seat, Occupant][]): Promise<void> {
  for (let left = ms; left > 0; left -= 15_000) {
    advance(Math.min(left, 15_000));
    for (const [seat, occupant] of seats) await store.renew(roomId, seat, occupant);
  }
}

/** What every store has to do, wherever it keeps its rooms. */
export function storeContract(name: string, open: (rules: RoomRules) => Promise<TimedStore>): void {
  describe(name, () => {
    async function use(rules: RoomRules): Promise<void> {
      ({ store, advance } = await open(rules));
    }
    beforeEach(() => use(RULES));
    afterEach(() => store.close());

    describe("joining", () => testJoining());
    describe("leases", () => testLeases());
    describe("coming back", () => testResuming());
    describe("a conversation of protocol 2", () => testEstablished());
    describe("classic", () => testClassic());
    describe("being sent out", () => testEviction());
    describe("restoring", () => testRestoring());
    describe("handshakes", () => testHandshakes());
    describe("with links that may be used again", () => {
      beforeEach(async () => {
        await store.close();
        await use(REJOIN);
      });
      testRejoining();
    });
    test("takes a write", () => store.ping());
  });
}

function testJoining(): void {
  test("seats two, and a third is refused", async () => {
    const { roomId, a, b } = await paired();
    expect(a.outcome).toMatchObject({ outcome: "seated", seat: 0, other: undefined, established: false });
    expect(b.outcome).toMatchObject({ outcome: "seated", seat: 1, other: a.occupant });
    const third = await joinRoom(roomId);
    expect(third.outcome).toEqual({ outcome: "room-full", occupants: [a.occupant, b.occupant] });
  });

  test("the seat that is asked for, or the lowest that is free", async () => {
    const roomId = await store.create({ protocol: "2", admit: ADMIT });
    const b = await joinRoom(roomId, { seat: 1 });
    expect(b.outcome).toMatchObject({ seat: 1 });
    expect((await joinRoom(roomId, { seat: 1 })).outcome).toEqual({
      outcome: "room-full",
      occupants: [b.occupant],
    });
    expect((await joinRoom(roomId)).outcome).toMatchObject({ seat: 0, other: b.occupant });
  });

  test("one answer for no room, the wrong proof and the wrong protocol", async () => {
    const { roomId } = await waiting();
    const classic = await store.create({ protocol: "classic" });
    const ask = { token: someDigest(), occupant: someone() };
    const gone = { outcome: "room-gone" };
    const nowhere = "00000000-0000-4000-8000-000000000000" as RoomId;
    expect(await store.join({ ...ask, roomId: nowhere, protocol: "2", admit: ADMIT })).toEqual(gone);
    expect(await store.join({ ...ask, roomId, protocol: "2", admit: someDigest() })).toEqual(gone);
    expect(await store.join({ ...ask, roomId, protocol: "2" })).toEqual(gone);
    expect(await store.join({ ...ask, roomId, protocol: "classic" })).toEqual(gone);
    expect(await store.join({ ...ask, roomId: classic, protocol: "2", admit: ADMIT })).toEqual(gone);
  });

  test("a room is over at its time", async () => {
    const { roomId, a } = await waiting();
    expect(a.outcome).toMatchObject({ ttlMs: expect.closeTo(900_000, -4) });
    await renewFor(890_000, roomId, [0, a.occupant]);
    expect((await joinRoom(roomId, { seat: 1 })).outcome).toMatchObject({ outcome: "seated" });
    advance(10_001);
    expect(await store.renew(roomId, 0, a.occupant)).toEqual({ outcome: "unknown" });
    expect((await joinRoom(roomId)).outcome).toEqual({ outcome: "room-gone" });
  });

  test("of many who race for two seats exactly two get one", async () => {
    for (let i = 0; i < scaled(500, 5); i++) {
      const roomId = await store.create({ protocol: "2", admit: ADMIT });
      const all = await Promise.all(Array.from({ length: 8 }, () => joinRoom(roomId)));
      const seats = all.flatMap(({ outcome }) => (outcome.outcome === "seated" ? [outcome.seat] : []));
      expect(seats.sort()).toEqual([0, 1]);
    }
  });
}

function testLeases(): void {
  test("a process that died frees a waiting room's seat", async () => {
    const { roomId } = await waiting();
    advance(SEAT_LEASE_MS);
    expect((await joinRoom(roomId, { seat: 0 })).outcome).toMatchObject({
      outcome: "seated",
      other: undefined,
    });
  });

  test("a socket that answers keeps its seat and learns once whose did not", async () => {
    const { roomId, a, b } = await paired();
    advance(30_000);
    expect(await store.renew(roomId, 0, a.occupant)).toMatchObject({ other: b.occupant, lost: undefined });
    advance(30_000);
    expect(await store.renew(roomId, 0, a.occupant)).toMatchObject({ outcome: "kept", lost: b.occupant });
    expect(await store.renew(roomId, 0, a.occupant)).toMatchObject({ other: undefined, lost: undefined });
    expect((await joinRoom(roomId, { seat: 1 })).outcome).toMatchObject({
      outcome: "seated",
      other: a.occupant,
    });
  });

  test("who lost the seat to somebody else is not let back in by a late answer", async () => {
    const { roomId, a } = await waiting();
    advance(SEAT_LEASE_MS);
    const { occupant } = await joinRoom(roomId, { seat: 0 });
    expect(await store.renew(roomId, 0, a.occupant)).toEqual({ outcome: "unknown" });
    expect(await store.leave(roomId, 0, a.occupant, "dropped")).toEqual({
      outcome: "unknown",
      other: undefined,
    });
    expect(await store.renew(roomId, 0, occupant)).toMatchObject({ outcome: "kept" });
  });

  test("before establishment a dropped socket frees its seat at once, and the room stays", async () => {
    const { roomId, a, b } = await paired();
    expect(await store.leave(roomId, 1, b.occupant, "dropped")).toEqual({
      outcome: "kept",
      other: a.occupant,
    });
    expect(await store.leave(roomId, 1, b.occupant, "dropped")).toEqual({
      outcome: "unknown",
      other: undefined,
    });
    expect((await joinRoom(roomId, { seat: 1 })).outcome).toMatchObject({ outcome: "seated" });
    expect(await store.leave(roomId, 0, a.occupant, "said")).toMatchObject({ outcome: "kept" });
  });
}

function testResuming(): void {
  test("the same seat by its token, and the older socket is named", async () => {
    const { roomId, a, b } = await paired();
    const back = someone();
    const outcome = await store.resume(roomId, b.token, back);
    expect(outcome).toMatchObject({ outcome: "seated", seat: 1, replaced: b.occupant, other: a.occupant });
    expect(await store.renew(roomId, 1, b.occupant)).toEqual({ outcome: "unknown" });
    expect(await store.leave(roomId, 1, b.occupant, "dropped")).toMatchObject({ outcome: "unknown" });
    expect(await store.renew(roomId, 0, a.occupant)).toMatchObject({ other: back });
    expect(await store.resume(roomId, b.token, back)).toMatchObject({ replaced: undefined });
  });

  test("not by another token, not once the seat is free, not in classic", async () => {
    const { roomId, b } = await paired();
    const over = { outcome: "lease-over" };
    expect(await store.resume(roomId, someDigest(), someone())).toEqual(over);
    await store.leave(roomId, 1, b.occupant, "dropped");
    expect(await store.resume(roomId, b.token, someone())).toEqual(over);
    const classic = await classicPair();
    expect(await store.resume(classic.roomId, classic.a.token, someone())).toEqual(over);
  });
}

function testEstablished(): void {
  test("its own time begins with the first side that says so", async () => {
    const { roomId, a, b } = await paired();
    await renewFor(100_000, roomId, [0, a.occupant], [1, b.occupant]);
    const first = await store.establish(roomId, 1, b.occupant);
    expect(first?.ttlMs).toBeCloseTo(600_000, -4);
    advance(10_000);
    const second = await store.establish(roomId, 0, a.occupant);
    expect(second?.ttlMs).toBeCloseTo(590_000, -4);
    await renewFor(585_000, roomId, [0, a.occupant], [1, b.occupant]);
    expect(await store.renew(roomId, 0, a.occupant)).toMatchObject({ outcome: "kept" });
    advance(5_001);
    expect(await store.renew(roomId, 0, a.occupant)).toEqual({ outcome: "unknown" });
  });

  test("who sits alone establishes nothing", async () => {
    const { roomId, a } = await waiting();
    expect((await store.establish(roomId, 0, a.occupant))?.ttlMs).toBeCloseTo(900_000, -4);
    expect(await store.establish(roomId, 1, a.occupant)).toBeUndefined();
    expect((await joinRoom(roomId, { seat: 1 })).outcome).toMatchObject({
      outcome: "seated",
      established: false,
    });
  });

  test("a lost socket's seat is reserved for its token, `lost` is told once, nobody else gets in", async () => {
    const { roomId, a, b } = await established();
    expect(await store.leave(roomId, 1, b.occupant, "dropped")).toEqual({
      outcome: "kept",
      other: undefined,
    });
    await renewFor(SEAT_LEASE_MS - 15_000, roomId, [0, a.occupant]);
    advance(15_000);
    expect(await store.renew(roomId, 0, a.occupant)).toMatchObject({ lost: b.occupant, other: undefined });
    await renewFor(SEAT_RESERVATION_MS - SEAT_LEASE_MS - 5_000, roomId, [0, a.occupant]);
    expect((await joinRoom(roomId)).outcome).toEqual({ outcome: "room-full", occupants: [a.occupant] });
    const back = someone();
    expect(await store.resume(roomId, b.token, back)).toMatchObject({ seat: 1, established: true });
    expect(await store.renew(roomId, 0, a.occupant)).toMatchObject({ other: back, lost: undefined });
  });

  test("a seat given up ends the room", async () => {
    const { roomId, a, b } = await established();
    await renewFor(SEAT_RESERVATION_MS - 15_000, roomId, [0, a.occupant]);
    advance(15_000);
    expect((await joinRoom(roomId)).outcome).toEqual({ outcome: "room-gone" });
    expect(await store.resume(roomId, b.token, someone())).toEqual({ outcome: "lease-over" });
    expect(await store.renew(roomId, 0, a.occupant)).toEqual({ outcome: "ended", lost: undefined });
    expect(await store.renew(roomId, 0, a.occupant)).toEqual({ outcome: "unknown" });
  });

  test.each(["leave", "destroy"] as const)("%s ends it at once", async (how) => {
    const { roomId, a, b } = await established();
    const ended =
      how === "leave" ? store.leave(roomId, 1, b.occupant, "said") : store.destroy(roomId, 1, b.occupant);
    expect(await ended).toEqual({ outcome: "ended", other: a.occupant });
    expect(await store.renew(roomId, 0, a.occupant)).toEqual({ outcome: "unknown" });
    expect(await store.destroy(roomId, 1, b.occupant)).toEqual({ outcome: "unknown", other: undefined });
  });

  test("only who sits in the room destroys it", async () => {
    const { roomId, a } = await waiting();
    expect(await store.destroy(roomId, 0, someone())).toMatchObject({ outcome: "unknown" });
    expect(await store.destroy(roomId, 1, a.occupant)).toMatchObject({ outcome: "unknown" });
    expect(await store.destroy(roomId, 0, a.occupant)).toEqual({ outcome: "ended", other: undefined });
  });
}

function testClassic(): void {
  test("is asked for by its id, and only classic is", async () => {
    const { roomId } = await classicPair();
    expect(await store.classicTtl(roomId)).toBeCloseTo(900_000, -4);
    expect(await store.classicTtl((await waiting()).roomId)).toBeUndefined();
    advance(900_000);
    expect(await store.classicTtl(roomId)).toBeUndefined();
  });

  test.each(["dropped", "said"] as const)("one of two who %s ends the room", async (departure) => {
    const { roomId, a, b } = await classicPair();
    expect(await store.leave(roomId, 0, a.occupant, departure)).toEqual({
      outcome: "ended",
      other: b.occupant,
    });
    expect((await joinRoom(roomId, { classic: true })).outcome).toEqual({ outcome: "room-gone" });
  });

  test("a creator who waits alone may drop and come back, but not leave", async () => {
    const roomId = await store.create({ protocol: "classic" });
    const a = await joinRoom(roomId, { classic: true });
    expect(await store.leave(roomId, 0, a.occupant, "dropped")).toEqual({
      outcome: "kept",
      other: undefined,
    });
    const again = await joinRoom(roomId, { classic: true });
    expect(again.outcome).toMatchObject({ outcome: "seated", seat: 0 });
    expect(await store.leave(roomId, 0, again.occupant, "said")).toMatchObject({ outcome: "ended" });
  });

  test("a lease that runs out ends the room", async () => {
    const { roomId, a, b } = await classicPair();
    await renewFor(SEAT_LEASE_MS, roomId, [0, a.occupant]);
    expect((await joinRoom(roomId, { classic: true })).outcome).toEqual({ outcome: "room-gone" });
    const other = await classicPair();
    await renewFor(30_000, other.roomId, [0, other.a.occupant]);
    advance(15_000);
    expect(await store.renew(other.roomId, 0, other.a.occupant)).toEqual({
      outcome: "ended",
      lost: other.b.occupant,
    });
    expect(await store.renew(roomId, 1, b.occupant)).toEqual({ outcome: "unknown" });
  });
}

function testEviction(): void {
  test("frees seat 1, three times a room", async () => {
    const { roomId, a, b } = await paired();
    expect(await store.evict(roomId, a.occupant)).toEqual(b.occupant);
    expect(await store.renew(roomId, 1, b.occupant)).toEqual({ outcome: "unknown" });
    expect(await store.evict(roomId, a.occupant)).toBeUndefined();
    for (let i = 0; i < 2; i++) {
      const { occupant } = await joinRoom(roomId, { seat: 1 });
      expect(await store.evict(roomId, a.occupant)).toEqual(occupant);
    }
    await joinRoom(roomId, { seat: 1 });
    expect(await store.evict(roomId, a.occupant)).toBeUndefined();
  });

  test("only by seat 0, until it has called the conversation secure itself", async () => {
    const { roomId, a, b } = await paired();
    expect(await store.evict(roomId, b.occupant)).toBeUndefined();
    await store.establish(roomId, 1, b.occupant);
    expect(await store.evict(roomId, a.occupant)).toEqual(b.occupant);
    advance(30_000);
    await joinRoom(roomId, { seat: 1 });
    const anew = await store.establish(roomId, 0, a.occupant);
    expect(anew?.ttlMs).toBeCloseTo(600_000, -4); // What seat 1 had called established was no conversation.
    expect(await store.evict(roomId, a.occupant)).toBeUndefined();
  });
}

function testRestoring(): void {
  test("a lease that ran out meanwhile runs anew, for the same socket only", async () => {
    const { roomId, a, b } = await paired();
    const rest = { roomId, room: { protocol: "2", admit: ADMIT }, established: false, ttlMs: 1_000 } as const;
    advance(SEAT_LEASE_MS);
    const own = { seat: 0, token: a.token, occupant: a.occupant } as const;
    expect(await store.restore({ ...rest, ...own })).toBe(true);
    expect(await store.renew(roomId, 0, a.occupant)).toMatchObject({ outcome: "kept", lost: b.occupant });
    expect(await store.restore({ ...rest, ...own, occupant: someone() })).toBe(false);
  });

  test("a room that has ended stays ended", async () => {
    const { roomId, a } = await paired();
    await store.destroy(roomId, 0, a.occupant);
    const own = { seat: 0, token: a.token, occupant: a.occupant } as const;
    const room = { protocol: "2", admit: ADMIT } as const;
    expect(await store.restore({ roomId, room, established: false, ttlMs: 1_000, ...own })).toBe(false);
    expect(await store.renew(roomId, 0, a.occupant)).toEqual({ outcome: "unknown" });
  });
}

function testHandshakes(): void {
  test("are put once and taken once", async () => {
    const identifier = someDigest();
    expect(await store.takeHandshake(identifier)).toBeUndefined();
    expect(await store.putHandshake(identifier, "blob")).toBe(true);
    expect(await store.putHandshake(identifier, "other")).toBe(false);
    const taken = await Promise.all(Array.from({ length: 5 }, () => store.takeHandshake(identifier)));
    expect(taken.filter((blob) => blob !== undefined)).toEqual(["blob"]);
    expect(await store.putHandshake(identifier, "again")).toBe(true);
  });
}

function testRejoining(): void {
  test("who leaves frees the seat, and who stays may be joined in either", async () => {
    const { roomId, a, b } = await established();
    expect(await store.leave(roomId, 0, a.occupant, "said")).toEqual({ outcome: "kept", other: b.occupant });
    const again = await joinRoom(roomId, { seat: 1 });
    expect(again.outcome).toMatchObject({
      outcome: "seated",
      seat: 0,
      other: b.occupant,
      established: false,
    });
    expect((await joinRoom(roomId, { seat: 1 })).outcome).toMatchObject({ outcome: "room-full" });
  });

  test("a lost seat is given up after its reservation, and the room waits again", async () => {
    const { roomId, a, b } = await established();
    await renewFor(SEAT_RESERVATION_MS - 5_000, roomId, [0, a.occupant]);
    expect((await joinRoom(roomId, { seat: 1 })).outcome).toMatchObject({ outcome: "room-full" });
    advance(5_000);
    expect(await store.renew(roomId, 0, a.occupant)).toMatchObject({ outcome: "kept", other: undefined });
    expect(await store.resume(roomId, b.token, someone())).toEqual({ outcome: "lease-over" });
    expect((await joinRoom(roomId, { seat: 1 })).outcome).toMatchObject({ seat: 1, established: false });
  });

  test("a second conversation does not lengthen the room's life", async () => {
    const { roomId, a, b } = await established();
    await store.leave(roomId, 1, b.occupant, "said");
    await renewFor(300_000, roomId, [0, a.occupant]);
    const { occupant } = await joinRoom(roomId, { seat: 1 });
    expect((await store.establish(roomId, 1, occupant))?.ttlMs).toBeCloseTo(300_000, -4);
  });

  test("classic stays too", async () => {
    const { roomId, a, b } = await classicPair();
    expect(await store.leave(roomId, 0, a.occupant, "said")).toEqual({ outcome: "kept", other: b.occupant });
    expect((await joinRoom(roomId, { classic: true })).outcome).toMatchObject({ seat: 0, other: b.occupant });
    advance(SEAT_LEASE_MS);
    expect((await joinRoom(roomId, { classic: true })).outcome).toMatchObject({ seat: 0, other: undefined });
  });
}
