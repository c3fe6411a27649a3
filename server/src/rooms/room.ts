import { otherSeat, type Seat } from "@nullroom/core/brand";
import {
  holdsSeat,
  isKept,
  isLive,
  isOver,
  isSame,
  keptSeat,
  type Moment,
  newSeatRecord,
  ownSeat,
  type Room,
  reportLost,
  seatOfToken,
  vacate,
  withSeat,
} from "./room-record.ts";
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
  Seated,
} from "./store.ts";

/**
 * The rules of a room as pure functions: a record, what is asked for and a moment go in, the next record and the answer
 * come out. The table is spec/1-rooms.md §4; `redis-rules.lua` says the same in Lua, and `store.contract.ts` holds both
 * to it.
 *
 * | the room is | seat taken | a socket is dropped | a lease runs out | somebody leaves on purpose |
 * |---|---|---|---|---|
 * | waiting, classic | join | seat free | seat free | room ends ¹ |
 * | waiting, protocol 2 | join, resume | seat free | seat free | seat free |
 * | established, classic ² | never ¹ | room ends ¹ | room ends ¹ | room ends ¹ |
 * | established, protocol 2 | resume | nothing yet | `lost`; later given up: room ends ¹ | room ends ¹ |
 *
 * ¹ Where links may be used again (`destroyOnPeerLeave` off): the seat is free, and the room waits again.
 * ² Classic clients do not say that they are established, so two taken seats count as a conversation.
 *
 * The rules need no timer: a lease that ran out is noticed at the next call for its room, so that the seats of a
 * process that died become free by themselves.
 */

/** The next record (undefined where there is no room any more) and the answer. */
export type Step<Outcome> = { room: Room | undefined; outcome: Outcome };

/** How often seat 0 may send somebody out of one room. */
export const MAX_EVICTIONS = 3;

export function newRoom(room: NewRoom, { now, rules }: Moment): Room {
  const endsAt = now + rules.roomTtlMs;
  return { ...room, endsAt, established: false, started: false, evictions: 0, seats: [undefined, undefined] };
}

export function join(room: Room | undefined, request: Join, moment: Moment): Step<JoinOutcome> {
  if (room === undefined || isOver(room, moment) || !matchesRequest(room, request)) {
    return { room, outcome: { outcome: "room-gone" } };
  }
  const seat = chooseSeat(room, request.seat, moment);
  if (seat === undefined)
    return { room, outcome: { outcome: "room-full", occupants: liveOccupants(room, moment) } };

  const opposite = keptSeat(room, otherSeat(seat), moment.now);
  const own = newSeatRecord(request.token, request.occupant, moment.now);
  const next: Room = {
    ...room,
    seats: seat === 0 ? [own, opposite] : [opposite, own],
    established: room.protocol === "classic" && opposite !== undefined,
  };
  return { room: next, outcome: { outcome: "seated", ...seated(next, seat, moment.now) } };
}

export function resume(
  room: Room | undefined,
  { token, occupant }: { token: Digest; occupant: Occupant },
  moment: Moment,
): Step<ResumeOutcome> {
  const seat =
    room?.protocol === "2" && !isOver(room, moment) ? seatOfToken(room, token, moment.now) : undefined;
  const record = seat === undefined ? undefined : room?.seats[seat];
  if (room?.protocol !== "2" || seat === undefined || record === undefined) {
    return { room, outcome: { outcome: "lease-over" } };
  }
  const next = withSeat(room, seat, { ...record, occupant, seenAt: moment.now, reportedLost: false });
  const replaced = isSame(record.occupant, occupant) ? undefined : record.occupant;
  const { admit } = room;
  return { room: next, outcome: { outcome: "seated", replaced, admit, ...seated(next, seat, moment.now) } };
}

export function renew(room: Room | undefined, seat: Seat, occupant: Occupant, moment: Moment): Step<Renewal> {
  const own = ownSeat(room, seat, occupant, moment);
  if (room === undefined || own === undefined) return { room, outcome: { outcome: "unknown" } };

  const opposite = room.seats[otherSeat(seat)];
  const silent = opposite !== undefined && !isLive(opposite, moment.now);
  const lost = silent && !opposite.reportedLost ? opposite.occupant : undefined;
  if (isOver(room, moment)) return { room: undefined, outcome: { outcome: "ended", lost } };

  let next = withSeat(room, seat, { ...own, seenAt: moment.now });
  if (silent)
    next = isKept(room, opposite, moment.now)
      ? reportLost(next, otherSeat(seat))
      : vacate(next, otherSeat(seat));
  const other = silent ? undefined : opposite?.occupant;
  return { room: next, outcome: { outcome: "kept", other, lost, ttlMs: next.endsAt - moment.now } };
}

/**
 * The first side that says so while both seats are taken makes the room established and starts the session's own time.
 */
export function establish(
  room: Room | undefined,
  seat: Seat,
  occupant: Occupant,
  moment: Moment,
): Step<{ ttlMs: number } | undefined> {
  const own = ownSeat(room, seat, occupant, moment);
  if (room?.protocol !== "2" || own === undefined || isOver(room, moment))
    return { room, outcome: undefined };

  let next = withSeat(room, seat, { ...own, secure: true, seenAt: moment.now });
  if (!room.established && keptSeat(room, otherSeat(seat), moment.now) !== undefined) {
    const endsAt = room.started ? room.endsAt : moment.now + moment.rules.sessionTtlMs;
    next = { ...next, established: true, started: true, endsAt };
  }
  return { room: next, outcome: { ttlMs: next.endsAt - moment.now } };
}

/** Seat 0 sends seat 1 out of the room, as long as seat 0 has not called the conversation established itself. */
export function evict(
  room: Room | undefined,
  occupant: Occupant,
  moment: Moment,
): Step<Occupant | undefined> {
  const own = ownSeat(room, 0, occupant, moment);
  const evicted = room === undefined ? undefined : keptSeat(room, 1, moment.now);
  const mayEvict = room?.protocol === "2" && !isOver(room, moment) && room.evictions < MAX_EVICTIONS;
  if (!mayEvict || own === undefined || own.secure || evicted === undefined)
    return { room, outcome: undefined };
  // What the evicted client may have called established was no conversation: the time starts with the next one.
  const next = { ...vacate(room, 1), started: false, evictions: room.evictions + 1 };
  return { room: next, outcome: evicted.occupant };
}

export function leave(
  room: Room | undefined,
  { seat, occupant, departure }: { seat: Seat; occupant: Occupant; departure: Departure },
  moment: Moment,
): Step<LeaveOutcome> {
  if (room === undefined || !holdsSeat(room, seat, occupant) || moment.now >= room.endsAt)
    return unknown(room);
  // A client whose socket dropped comes back by its token; if it does not, its lease runs out by itself.
  if (room.protocol === "2" && room.established && departure === "dropped") {
    return { room, outcome: { outcome: "kept", other: undefined } };
  }
  const other = room.seats[otherSeat(seat)]?.occupant;
  const endsClassic = room.protocol === "classic" && departure === "said";
  if (moment.rules.destroyOnPeerLeave && (room.established || endsClassic)) {
    return { room: undefined, outcome: { outcome: "ended", other } };
  }
  return { room: vacate(room, seat), outcome: { outcome: "kept", other } };
}

export function destroy(
  room: Room | undefined,
  seat: Seat,
  occupant: Occupant,
  moment: Moment,
): Step<LeaveOutcome> {
  if (room === undefined || !holdsSeat(room, seat, occupant) || moment.now >= room.endsAt)
    return unknown(room);
  const other = room.seats[otherSeat(seat)]?.occupant;
  return { room: undefined, outcome: { outcome: "ended", other } };
}

/**
 * Write a seat again, and the room too where the store has lost it.
 *
 * @param lost - whether the store has lost rooms. If not, a room that it does not know has ended and stays ended.
 */
export function restore(
  room: Room | undefined,
  rest: Restoration,
  { lost, moment }: { lost: boolean; moment: Moment },
): Step<boolean> {
  const { now, rules } = moment;
  if (room === undefined && !lost) return { room, outcome: false };
  const endsAt = now + Math.min(rest.ttlMs, Math.max(rules.roomTtlMs, rules.sessionTtlMs));
  const known = room ?? { ...newRoom(rest.room, moment), endsAt };
  const record = keptSeat(known, rest.seat, now);
  const taken = record !== undefined && !isSame(record.occupant, rest.occupant);
  if (taken || isOver(known, moment) || !matchesRequest(known, rest.room)) return { room, outcome: false };

  const paired = known.protocol === "classic" && keptSeat(known, otherSeat(rest.seat), now) !== undefined;
  const established = known.established || rest.established || paired;
  const seat = { ...newSeatRecord(rest.token, rest.occupant, now), secure: rest.established };
  const next = { ...withSeat(known, rest.seat, seat), established, started: known.started || established };
  return { room: next, outcome: true };
}

/** A room of the other protocol, or one with another proof, does not exist for a request. */
function matchesRequest(room: Room, asked: { protocol: string; admit?: Digest }): boolean {
  return room.protocol === asked.protocol && (room.protocol === "classic" || room.admit === asked.admit);
}

function chooseSeat(room: Room, wanted: Seat | undefined, { now, rules }: Moment): Seat | undefined {
  // A conversation has no free seat, not even one whose record the store has lost.
  if (room.established && rules.destroyOnPeerLeave) return undefined;
  const free = ([0, 1] as const).filter((seat) => keptSeat(room, seat, now) === undefined);
  if (wanted === undefined || free.includes(wanted)) return wanted ?? free[0];
  return rules.destroyOnPeerLeave ? undefined : free[0];
}

function seated(room: Room, seat: Seat, now: number): Seated {
  const opposite = room.seats[otherSeat(seat)];
  const other = opposite !== undefined && isLive(opposite, now) ? opposite.occupant : undefined;
  return { seat, other, established: room.established, ttlMs: room.endsAt - now };
}

function liveOccupants(room: Room, { now }: Moment): Occupant[] {
  return room.seats.flatMap((seat) => (seat !== undefined && isLive(seat, now) ? [seat.occupant] : []));
}

function unknown(room: Room | undefined): Step<LeaveOutcome> {
  return { room, outcome: { outcome: "unknown", other: undefined } };
}
