import type { Brand, ConnectionId, RoomId, Seat } from "@nullroom/core/brand";
import type { Protocol } from "@nullroom/core/wire/room-messages";

/** One running server process, for as long as it runs: 32 hex digits. */
export type NodeId = Brand<string, "NodeId">;

/** Where a seat's socket is: which process holds it, and its name there. */
export type Occupant = { node: NodeId; connectionId: ConnectionId };

/** SHA-256 in 64 hex digits. The store never holds what was hashed. */
export type Digest = Brand<string, "Digest">;

export type NewRoom = { protocol: "classic" } | { protocol: "2"; admit: Digest };

export type Join = {
  roomId: RoomId;
  protocol: Protocol;
  /** H(admit): protocol 2 only. A room of the other protocol does not exist for this call. */
  admit?: Digest;
  /** Which seat is asked for; without it the lowest free one. */
  seat?: Seat;
  /** H(seat token), by which `resume` finds the seat again. */
  token: Digest;
  occupant: Occupant;
};

/** What somebody who sits down (again) needs to know. */
export type Seated = {
  seat: Seat;
  /** Who sits opposite with a live lease. */
  other: Occupant | undefined;
  established: boolean;
  /** How long the room still waits or, once established, still lives. */
  ttlMs: number;
};

export type JoinOutcome =
  | ({ outcome: "seated" } & Seated)
  /** No such room, wrong proof or wrong protocol: one answer, so that nobody can ask what exists. */
  | { outcome: "room-gone" }
  /** `occupants` are told that somebody knocked (at most once per 10 s each, which their own node sees to). */
  | { outcome: "room-full"; occupants: Occupant[] };

export type ResumeOutcome =
  /**
   * `replaced`: the older socket of this very seat, which must be told `seat-taken-over`. `admit`: what the node
   * needs to restore the room, since who resumes does not say it again.
   */
  ({ outcome: "seated"; replaced: Occupant | undefined; admit: Digest } & Seated) | { outcome: "lease-over" };

export type Renewal =
  /** `other`: who sits opposite with a live lease now; `lost`: whose lease ran out since the last renewal. */
  | { outcome: "kept"; other: Occupant | undefined; lost: Occupant | undefined; ttlMs: number }
  /** The room ended because the other seat was given up. */
  | { outcome: "ended"; lost: Occupant | undefined }
  /** Not this socket's seat any more, or the time is up. Close the socket: who comes back asks and is told. */
  | { outcome: "unknown" };

/** `said`: unsubscribed on purpose. `dropped`: the socket closed. */
export type Departure = "said" | "dropped";

/** `kept`: the room lives on; `ended`: it is gone for everybody. `other` is who has to be told, if anybody. */
export type LeaveOutcome = { outcome: "kept" | "ended" | "unknown"; other: Occupant | undefined };

/** A room as its live sockets know it, for a store that came back empty. Times are what is left. */
export type Restoration = {
  roomId: RoomId;
  room: NewRoom;
  /** Of a classic room: somebody sat opposite. */
  established: boolean;
  ttlMs: number;
  seat: Seat;
  token: Digest;
  occupant: Occupant;
};

/**
 * Rooms and who sits in them. Every call is one atomic step: of any number racing for the last seat exactly one
 * gets it. The rules are `room.ts`; times are the store's own clock; nothing of what peers say comes here.
 * Everything rejects with NullroomError "E_SERVER" when the store cannot be reached.
 */
export interface RoomStore {
  create(room: NewRoom): Promise<RoomId>;
  /** Milliseconds left, for a classic room only: a protocol 2 room is as if it did not exist. */
  classicTtl(roomId: RoomId): Promise<number | undefined>;
  join(request: Join): Promise<JoinOutcome>;
  /** Take the same seat again while it is reserved, from any node. */
  resume(roomId: RoomId, token: Digest, occupant: Occupant): Promise<ResumeOutcome>;
  /** The socket still answers: its lease runs anew, and what became of the other seat is looked up. */
  renew(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<Renewal>;
  /** Idempotent. The first call, from either seat, starts the session's own time; returns what is left of it. */
  establish(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<{ ttlMs: number } | undefined>;
  /** Seat 0 only, at most three times a room: frees seat 1. Returns who sat there. */
  evict(roomId: RoomId, occupant: Occupant): Promise<Occupant | undefined>;
  /** Idempotent: sockets report their end more than once. A seat taken by a newer socket is left alone. */
  leave(roomId: RoomId, seat: Seat, occupant: Occupant, departure: Departure): Promise<LeaveOutcome>;
  /** End the room for everybody; only from a seat that `occupant` holds. Returns who sat opposite. */
  destroy(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<LeaveOutcome>;
  /**
   * Write a seat again from what its live socket knows: a lease that ran out meanwhile runs anew, and a store
   * that came back empty learns the room; what another node restored before is joined. False where the room
   * has ended, or somebody else sits there: then the socket has lost it.
   */
  restore(rest: Restoration): Promise<boolean>;
  /** Called each time the store was out of reach and is back: restore every live seat then. */
  onReturn(listener: () => void): void;
  /** Classic's handshake blobs. False where the identifier is taken. */
  putHandshake(identifier: Digest, blob: string): Promise<boolean>;
  /** Atomic get-and-delete. */
  takeHandshake(identifier: Digest): Promise<string | undefined>;
  /** Prove that the store takes a write. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export type RoomRules = {
  roomTtlMs: number;
  sessionTtlMs: number;
  destroyOnPeerLeave: boolean;
};
