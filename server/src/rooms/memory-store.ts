import { randomUUID } from "node:crypto";
import type { RoomId, Seat } from "@nullroom/core/brand";
import { HANDSHAKE_TTL_MS } from "@nullroom/core/limits";
import { wholeMs } from "../clock.ts";
import { ExpiryIndex } from "./expiry-index.ts";
import * as rules from "./room.ts";
import { isOver, type Moment, type Room } from "./room-record.ts";
import type {
  Departure,
  Digest,
  Join,
  JoinOutcome,
  LeaveOutcome,
  NewRoom,
  Occupant,
  Renewal,
  Restoration,
  ResumeOutcome,
  RoomRules,
  RoomStore,
} from "./store.ts";

const SWEEP_INTERVAL_MS = 1_000;

/** Rooms of one process, in its memory and nowhere else. Every step is atomic because none waits for anything. */
export class MemoryStore implements RoomStore {
  readonly #rules: RoomRules;
  readonly #now: () => number;
  readonly #rooms = new Map<RoomId, Room>();
  readonly #handshakes = new Map<Digest, { blob: string; endsAt: number }>();
  readonly #roomEnds: ExpiryIndex<RoomId>;
  readonly #handshakeEnds: ExpiryIndex<Digest>;
  readonly #sweeper: NodeJS.Timeout;

  constructor(roomRules: RoomRules, now: () => number = wholeMs) {
    this.#rules = roomRules;
    this.#now = now;
    this.#roomEnds = new ExpiryIndex(now());
    this.#handshakeEnds = new ExpiryIndex(now());
    this.#sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
  }

  async create(room: NewRoom): Promise<RoomId> {
    const roomId = randomUUID() as string as RoomId;
    this.#put(roomId, undefined, rules.newRoom(room, this.#moment()));
    return roomId;
  }

  async classicTtl(roomId: RoomId): Promise<number | undefined> {
    const room = this.#rooms.get(roomId);
    const moment = this.#moment();
    if (room?.protocol !== "classic" || isOver(room, moment)) return undefined;
    return room.endsAt - moment.now;
  }

  async join(request: Join): Promise<JoinOutcome> {
    return this.#runStep(request.roomId, (room, moment) => rules.join(room, request, moment));
  }

  async resume(roomId: RoomId, token: Digest, occupant: Occupant): Promise<ResumeOutcome> {
    return this.#runStep(roomId, (room, moment) => rules.resume(room, { token, occupant }, moment));
  }

  async renew(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<Renewal> {
    return this.#runStep(roomId, (room, moment) => rules.renew(room, seat, occupant, moment));
  }

  async establish(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<{ ttlMs: number } | undefined> {
    return this.#runStep(roomId, (room, moment) => rules.establish(room, seat, occupant, moment));
  }

  async evict(roomId: RoomId, occupant: Occupant): Promise<Occupant | undefined> {
    return this.#runStep(roomId, (room, moment) => rules.evict(room, occupant, moment));
  }

  async leave(roomId: RoomId, seat: Seat, occupant: Occupant, departure: Departure): Promise<LeaveOutcome> {
    return this.#runStep(roomId, (room, moment) => rules.leave(room, { seat, occupant, departure }, moment));
  }

  async destroy(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<LeaveOutcome> {
    return this.#runStep(roomId, (room, moment) => rules.destroy(room, seat, occupant, moment));
  }

  async restore(restoration: Restoration): Promise<boolean> {
    return this.#runStep(restoration.roomId, (room, moment) =>
      rules.restore(room, restoration, { lost: false, moment }),
    );
  }

  onReturn(): void {
    // This store is never out of reach, so no listener is ever called.
  }

  async putHandshake(identifier: Digest, blob: string): Promise<boolean> {
    const now = this.#now();
    const held = this.#handshakes.get(identifier);
    if (held !== undefined && now < held.endsAt) return false;
    if (held !== undefined) this.#handshakeEnds.remove(identifier, held.endsAt);
    const endsAt = now + HANDSHAKE_TTL_MS;
    this.#handshakes.set(identifier, { blob, endsAt });
    this.#handshakeEnds.add(identifier, endsAt);
    return true;
  }

  async takeHandshake(identifier: Digest): Promise<string | undefined> {
    const held = this.#handshakes.get(identifier);
    if (held === undefined) return undefined;
    this.#handshakes.delete(identifier);
    this.#handshakeEnds.remove(identifier, held.endsAt);
    return this.#now() < held.endsAt ? held.blob : undefined;
  }

  async ping(): Promise<void> {
    // Memory takes every write, so there is nothing to prove.
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#rooms.clear();
    this.#handshakes.clear();
  }

  /** How much is held at the moment, for tests that look for leaks. */
  get size(): { rooms: number; handshakes: number } {
    return { rooms: this.#rooms.size, handshakes: this.#handshakes.size };
  }

  /** Free what is over. Runs every second. */
  sweep(): void {
    const now = this.#now();
    for (const roomId of this.#roomEnds.takeDue(now)) this.#rooms.delete(roomId);
    for (const identifier of this.#handshakeEnds.takeDue(now)) this.#handshakes.delete(identifier);
  }

  #moment(): Moment {
    return { now: this.#now(), rules: this.#rules };
  }

  #runStep<Outcome>(
    roomId: RoomId,
    rule: (room: Room | undefined, moment: Moment) => rules.Step<Outcome>,
  ): Outcome {
    const before = this.#rooms.get(roomId);
    const { room, outcome } = rule(before, this.#moment());
    if (room !== before) this.#put(roomId, before, room);
    return outcome;
  }

  #put(roomId: RoomId, before: Room | undefined, room: Room | undefined): void {
    if (before?.endsAt !== room?.endsAt) {
      if (before !== undefined) this.#roomEnds.remove(roomId, before.endsAt);
      if (room !== undefined) this.#roomEnds.add(roomId, room.endsAt);
    }
    if (room === undefined) this.#rooms.delete(roomId);
    else this.#rooms.set(roomId, room);
  }
}
