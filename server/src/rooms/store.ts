import type { Brand, ConnectionId, RoomId, Seat } from "@nullroom/core/brand";
import type { Protocol } from "@nullroom/core/wire/room-messages";

/** One running server process, for as long as it runs: 32 hex digits. */
export type NodeId = Brand<string, "NodeId">;

/** Where a seat's socket is: the process that holds it, and the socket's name there. */
export type Occupant = { node: NodeId; connectionId: ConnectionId };

/** SHA-256 in 64 hex digits. A store never holds what was hashed. */
export type Digest = Brand<string, "Digest">;

/** What distinguishes a room from others when it is made: its protocol, and the proof that protocol 2 asks for. */
export type NewRoom = { protocol: "classic" } | { protocol: "2"; admit: Digest };

export type Join = {
  roomId: RoomId;
  protocol: Protocol;
  /** H(admit), in protocol 2 only. A room of the other protocol does not exist for this call. */
  admit?: Digest;
  /** The seat that is asked for; without it the lowest free one. */
  seat?: Seat;
  /** H(seat token), by which `resume` finds the seat again. */
  token: Digest;
  occupant: Occupant;
};

/** What a client needs to know that has just got a seat, or got it back. */
export type Seated = {
  seat: Seat;
  /** Who sits opposite, if their lease is live. */
  other: Occupant | undefined;
  established: boolean;
  /** How long the room still waits, or once established still lives. */
  ttlMs: number;
};

export type JoinOutcome =
  | ({ outcome: "seated" } & Seated)
  /**
   * There is no such room, or the proof or the protocol is wrong: one answer, so that nobody can find out what exists.
   */
  | { outcome: "room-gone" }
  /** `occupants` are told that somebody tried to get in; their own nodes tell them at most once in 10 s. */
  | { outcome: "room-full"; occupants: Occupant[] };

export type ResumeOutcome =
  /**
   * `replaced` is the older socket of this same seat, which must be told `seat-taken-over`. The node needs `admit` to
   * restore the room, since a client that resumes does not send it again.
   */
  ({ outcome: "seated"; replaced: Occupant | undefined; admit: Digest } & Seated) | { outcome: "lease-over" };

export type Renewal =
  /** `other` sits opposite with a live lease now; the lease of `lost` ran out since the last renewal. */
  | { outcome: "kept"; other: Occupant | undefined; lost: Occupant | undefined; ttlMs: number }
  /** The room has ended because the other seat is lost for good. */
  | { outcome: "ended"; lost: Occupant | undefined }
  /**
   * The store knows no seat of this socket: it is somebody else's now, its time is up, or the store has forgotten it.
   */
  | { outcome: "unknown" };

/** `said`: the client unsubscribed on purpose. `dropped`: its socket closed. */
export type Departure = "said" | "dropped";

/**
 * `kept`: the room lives on; `ended`: it is gone for both; `unknown`: the seat was not the caller's. `other` has to be
 * told.
 */
export type LeaveOutcome = { outcome: "kept" | "ended" | "unknown"; other: Occupant | undefined };

/** A seat and its room as the live socket knows them, for a store that came back empty. */
export type Restoration = {
  roomId: RoomId;
  room: NewRoom;
  /** Whether the conversation was established; of a classic room, whether somebody sat opposite. */
  established: boolean;
  /** How much time is left. */
  ttlMs: number;
  seat: Seat;
  token: Digest;
  occupant: Occupant;
};

/**
 * Rooms and who sits in them. Every call is one atomic step: of any number racing for the last seat exactly one gets
 * it. The rules are `room.ts`. Times are those of the store's own clock. Nothing that peers say to each other comes
 * here.
 *
 * @throws NullroomError "E_SERVER" from every call while the store cannot be reached
 */
export interface RoomStore {
  create(room: NewRoom): Promise<RoomId>;
  /** How many milliseconds a classic room has left. For this call a room of protocol 2 does not exist. */
  classicTtl(roomId: RoomId): Promise<number | undefined>;
  join(request: Join): Promise<JoinOutcome>;
  /** Take the same seat again while it is reserved, from any node. The token tells which seat. */
  resume(roomId: RoomId, token: Digest, occupant: Occupant): Promise<ResumeOutcome>;
  /** The socket still answers, so its lease begins anew. Returns what has become of the other seat, too. */
  renew(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<Renewal>;
  /** The first call from either seat starts the session's own time. Returns what is left of it. Idempotent. */
  establish(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<{ ttlMs: number } | undefined>;
  /** Free seat 1, from seat 0 only and at most three times a room. Returns who sat there. */
  evict(roomId: RoomId, occupant: Occupant): Promise<Occupant | undefined>;
  /**
   * Give up a seat. Idempotent, since a socket may report its end twice; a seat that a newer socket has taken stays.
   */
  leave(roomId: RoomId, seat: Seat, occupant: Occupant, departure: Departure): Promise<LeaveOutcome>;
  /** End the room for both, only from a seat that `occupant` holds. Returns who sat opposite. */
  destroy(roomId: RoomId, seat: Seat, occupant: Occupant): Promise<LeaveOutcome>;
  /**
   * Write a seat again from what its live socket knows. A lease that ran out meanwhile begins anew; a store that came
   * back empty learns of the room; a room that another node has restored already gets this seat too. False where the
   * room has ended or somebody else sits there: the socket has lost its seat then.
   */
  restore(restoration: Restoration): Promise<boolean>;
  /** `listener` runs each time the store was out of reach and is back, and has to restore every live seat. */
  onReturn(listener: () => void): void;
  /** Keep a classic handshake blob. False where the identifier is taken. */
  putHandshake(identifier: Digest, blob: string): Promise<boolean>;
  /** Take a blob out: of any number of calls exactly one gets it. */
  takeHandshake(identifier: Digest): Promise<string | undefined>;
  /** Resolves once the store has taken a write. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export type RoomRules = {
  roomTtlMs: number;
  sessionTtlMs: number;
  destroyOnPeerLeave: boolean;
};
