import { otherSeat, type Seat } from "@nullroom/core/brand";
import { SEAT_LEASE_MS, SEAT_RESERVATION_MS } from "@nullroom/core/limits";
import type { Digest, NewRoom, Occupant, RoomRules } from "./store.ts";

/** What a store keeps of one room. */
export type Room = NewRoom & {
  readonly endsAt: number;
  readonly established: boolean;
  /**
   * Whether the session's own time has begun. It begins once, since a link that is used again must not live for ever.
   */
  readonly started: boolean;
  readonly evictions: number;
  readonly seats: readonly [SeatRecord | undefined, SeatRecord | undefined];
};

export type SeatRecord = {
  readonly token: Digest;
  readonly occupant: Occupant;
  readonly seenAt: number;
  /** Whether this seat has said `established`. */
  readonly secure: boolean;
  /** Whether the other seat has been told that this one does not answer. */
  readonly reportedLost: boolean;
};

/** When a call happens, by the store's clock, and under which rules. */
export type Moment = { readonly now: number; readonly rules: RoomRules };

/**
 * Whether the room's time is up, or its conversation has lost a side for good. The side that stayed learns it by its
 * next renewal.
 */
export function isOver(room: Room, { now, rules }: Moment): boolean {
  if (now >= room.endsAt) return true;
  if (!room.established || !rules.destroyOnPeerLeave) return false;
  return room.seats.some((seat) => seat !== undefined && !isKept(room, seat, now));
}

/** Whether the seat's socket still answers, as far as its lease tells. */
export function isLive(seat: SeatRecord, now: number): boolean {
  return now < seat.seenAt + SEAT_LEASE_MS;
}

/**
 * Whether the seat still belongs to its occupant: for the lease, or in a conversation of protocol 2 for the
 * reservation.
 */
export function isKept(room: Room, seat: SeatRecord, now: number): boolean {
  const keptMs = room.established && room.protocol === "2" ? SEAT_RESERVATION_MS : SEAT_LEASE_MS;
  return now < seat.seenAt + keptMs;
}

/** The seat's record, if the seat still belongs to its occupant. */
export function keptSeat(room: Room, seat: Seat, now: number): SeatRecord | undefined {
  const record = room.seats[seat];
  return record !== undefined && isKept(room, record, now) ? record : undefined;
}

/** The seat's record, if this socket holds it and nobody has been told that it is lost. */
export function ownSeat(
  room: Room | undefined,
  seat: Seat,
  occupant: Occupant,
  { now }: Moment,
): SeatRecord | undefined {
  const record = room === undefined || now >= room.endsAt ? undefined : keptSeat(room, seat, now);
  return record !== undefined && !record.reportedLost && isSame(record.occupant, occupant)
    ? record
    : undefined;
}

export function seatOfToken(room: Room, token: Digest, now: number): Seat | undefined {
  return ([0, 1] as const).find((seat) => keptSeat(room, seat, now)?.token === token);
}

export function holdsSeat(room: Room, seat: Seat, occupant: Occupant): boolean {
  const record = room.seats[seat];
  return record !== undefined && isSame(record.occupant, occupant);
}

export function isSame(one: Occupant, other: Occupant): boolean {
  return one.connectionId === other.connectionId && one.node === other.node;
}

export function newSeatRecord(token: Digest, occupant: Occupant, now: number): SeatRecord {
  return { token, occupant, seenAt: now, secure: false, reportedLost: false };
}

function pair(seat: Seat, own: SeatRecord | undefined, opposite: SeatRecord | undefined): Room["seats"] {
  return seat === 0 ? [own, opposite] : [opposite, own];
}

export function withSeat(room: Room, seat: Seat, record: SeatRecord | undefined): Room {
  return { ...room, seats: pair(seat, record, room.seats[otherSeat(seat)]) };
}

export function vacate(room: Room, seat: Seat): Room {
  return { ...withSeat(room, seat, undefined), established: false };
}

export function reportLost(room: Room, seat: Seat): Room {
  const record = room.seats[seat];
  return record === undefined ? room : withSeat(room, seat, { ...record, reportedLost: true });
}
