import { otherSeat, type Seat } from "@nullroom/core/brand";
import { SEAT_LEASE_MS, SEAT_RESERVATION_MS } from "@nullroom/core/limits";
import type { Digest, NewRoom, Occupant, RoomRules } from "./store.ts";

export type Room = NewRoom & {
  readonly endsAt: number;
  readonly established: boolean;
  /** The session's own time has begun. It begins once: a link that is used again must not live for ever. */
  readonly started: boolean;
  readonly evictions: number;
  readonly seats: readonly [SeatRecord | undefined, SeatRecord | undefined];
};

export type SeatRecord = {
  readonly token: Digest;
  readonly occupant: Occupant;
  readonly seenAt: number;
  /** Has said `established`. */
  readonly secure: boolean;
  /** The other one has been told that this one is gone. */
  readonly reportedLost: boolean;
};

export type Moment = { readonly now: number; readonly rules: RoomRules };

/** Its time is up, or a conversation has lost a side for good. Who stayed is told by their next renewal. */
export function isOver(room: Room, { now, rules }: Moment): boolean {
  if (now >= room.endsAt) return true;
  if (!room.established || !rules.destroyOnPeerLeave) return false;
  return room.seats.some((seat) => seat !== undefined && !isKept(room, seat, now));
}

export function isLive(seat: SeatRecord, now: number): boolean {
  return now < seat.seenAt + SEAT_LEASE_MS;
}

/** Whether the seat is still its occupant's: for the lease or, in a conversation of ours, for the reservation. */
export function isKept(room: Room, seat: SeatRecord, now: number): boolean {
  const keptMs = room.established && room.protocol === "2" ? SEAT_RESERVATION_MS : SEAT_LEASE_MS;
  return now < seat.seenAt + keptMs;
}

export function keptSeat(room: Room, seat: Seat, now: number): SeatRecord | undefined {
  const record = room.seats[seat];
  return record !== undefined && isKept(room, record, now) ? record : undefined;
}

/** A seat that this very socket holds and of which nobody has been told otherwise. */
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

export function seatOf(room: Room, token: Digest, now: number): Seat | undefined {
  return ([0, 1] as const).find((seat) => keptSeat(room, seat, now)?.token === token);
}

export function sits(room: Room, seat: Seat, occupant: Occupant): boolean {
  const record = room.seats[seat];
  return record !== undefined && isSame(record.occupant, occupant);
}

export function isSame(one: Occupant, other: Occupant): boolean {
  return one.connectionId === other.connectionId && one.node === other.node;
}

export function sitDown(token: Digest, occupant: Occupant, now: number): SeatRecord {
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
