import type { RoomId } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import { type FromServer, formatFromServer, type LeaveReason } from "@nullroom/core/wire/room-messages";
import type { Delivery } from "../rooms/bus.ts";
import { newConnectionId } from "../rooms/ids.ts";
import type { Departure, Digest, NewRoom, Occupant, Seated } from "../rooms/store.ts";
import type { CableContext } from "./context.ts";
import { type LeaseHolder, SeatLease } from "./seat-lease.ts";
import { SignalAllowance } from "./signal-budget.ts";
import type { Endpoint } from "./switchboard.ts";

/** How a seat ends for who did not give it up: somebody said so, its time is up, or the store gave it away. */
export type SeatEnd = { said: FromServer } | "time-up" | "seat-lost";

/** The channel that holds a seat; both protocols word things differently. */
export interface SeatOwner {
  /** JSON of one channel message. */
  transmit(messageJson: string): void;
  /** The other side's lease ran out. */
  otherLost(other: Occupant): void;
  over(end: SeatEnd): void;
}

/** Somebody who knocks at a full room all the time must not be heard all the time. */
const INTRUDER_INTERVAL_MS = 10_000;

/**
 * One socket's claim to one seat, from asking for it until it is given up: its name on the switchboard, who sits
 * opposite, and what goes over. Both protocols hold their seats this way.
 */
export class RoomSeat implements Endpoint, LeaseHolder {
  readonly roomId: RoomId;
  readonly occupant: Occupant;
  readonly #cable: CableContext;
  readonly #owner: SeatOwner;
  /** Deliveries that came before `init` went out: it precedes everything else. */
  #waiting: Delivery[] | undefined = [];
  #given: { lease: SeatLease; allowance: SignalAllowance; room: NewRoom } | undefined;
  #other: Occupant | undefined;
  #otherChanges = 0;
  #intruderAt: number | undefined;
  #over = false;

  constructor(cable: CableContext, owner: SeatOwner, roomId: RoomId) {
    this.#cable = cable;
    this.#owner = owner;
    this.roomId = roomId;
    this.occupant = { node: cable.switchboard.node, connectionId: newConnectionId() };
    cable.switchboard.plug(this.occupant.connectionId, this);
  }

  get other(): Occupant | undefined {
    return this.#other;
  }

  get otherChanges(): number {
    return this.#otherChanges;
  }

  /** The store has given this seat. @param room - as the store made it, should it ever forget. */
  sit(seated: Seated, room: NewRoom, token: Digest): void {
    const { roomId, occupant } = this;
    this.#setOther(seated.other);
    const grant = { roomId, room, token, occupant, seat: seated.seat };
    const lease = new SeatLease(this.#cable, this, grant, seated);
    const allowance = new SignalAllowance(this.#cable.budgets.of(roomId, this.#cable.now()));
    this.#given = { lease, allowance, room };
  }

  /** `init` has gone out: now whatever came meanwhile. */
  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const delivery of waiting) this.deliver(delivery);
  }

  /** The seat was never got, or is no more: nobody reaches it and no timer runs. */
  close(): void {
    this.#over = true;
    this.#waiting = undefined;
    this.#given?.lease.close();
    this.#cable.switchboard.unplug(this.occupant.connectionId);
  }

  deliver(delivery: Delivery): void {
    if (this.#over) return;
    if (this.#waiting !== undefined) this.#waiting.push(delivery);
    else if (delivery.kind === "other") this.#setOther(delivery.other);
    else if (delivery.kind === "message") this.#hear(delivery.message);
    else this.#end({ said: delivery.message });
  }

  relay(from: Occupant["connectionId"], messageJson: string): void {
    if (this.#over || this.#waiting !== undefined || this.#other?.connectionId !== from) return;
    this.#owner.transmit(messageJson);
  }

  /**
   * Hand one signal to the other seat: in this process if it is here, else to its node.
   *
   * @throws "E_LIMIT"
   */
  send(data: unknown, bytes: number): void {
    const { counters, switchboard } = this.#cable;
    if (this.#given?.allowance.take(bytes, this.#cable.now()) !== true) {
      throw new NullroomError("E_LIMIT", "too many signals");
    }
    const other = this.#other;
    counters.add(other === undefined ? "signals_dropped" : "signals_relayed");
    if (other === undefined) return;
    const { connectionId, node } = this.occupant;
    const signal = { type: "signal", data, connectionId } as const;
    if (other.node === node) switchboard.near(other)?.relay(connectionId, formatFromServer(signal));
    else switchboard.tell(other, signal);
  }

  /** The socket gave a sign of life. */
  heard(now: number): void {
    this.#given?.lease.heard(now);
  }

  /** The store was away and may have forgotten. */
  restore(): void {
    this.#given?.lease.restore();
  }

  /** Both sides now count the session's own time. */
  async establish(): Promise<void> {
    const { lease } = this.#given ?? {};
    if (lease === undefined) return;
    const established = await this.#cable.store.establish(this.roomId, lease.seat, this.occupant);
    if (established !== undefined) lease.established(established.ttlMs);
  }

  /** Seat 0 sends seat 1 away. */
  async evict(): Promise<void> {
    const evicted = await this.#cable.store.evict(this.roomId, this.occupant);
    if (evicted === undefined) return;
    if (this.#other?.connectionId === evicted.connectionId) this.#setOther(undefined);
    this.#cable.switchboard.end(evicted, { type: "refused", code: "evicted" });
  }

  async destroy(): Promise<void> {
    const { lease } = this.#given ?? {};
    if (this.#over || lease === undefined) return;
    this.close();
    this.#cable.budgets.forget(this.roomId);
    const { other } = await this.#cable.store.destroy(this.roomId, lease.seat, this.occupant);
    if (other !== undefined) this.#cable.switchboard.end(other, this.#farewell("destroyed"));
  }

  async leave(departure: Departure): Promise<void> {
    const { lease } = this.#given ?? {};
    if (this.#over || lease === undefined) return;
    this.close();
    const { store, switchboard, budgets } = this.#cable;
    const { outcome, other } = await store.leave(this.roomId, lease.seat, this.occupant, departure);
    if (outcome === "ended") budgets.forget(this.roomId);
    if (other === undefined) return;
    const farewell = this.#farewell(departure === "said" ? "left" : "gone");
    if (outcome === "ended") switchboard.end(other, farewell);
    else switchboard.tell(other, farewell);
  }

  renewed(other: Occupant | undefined, lost: Occupant | undefined, since: number): void {
    if (lost !== undefined) this.#owner.otherLost(lost);
    // An answer that crossed a newcomer's greeting is older than the greeting.
    if (since === this.#otherChanges) this.#setOther(other);
  }

  expired(how: "time-up" | "seat-lost"): void {
    this.#end(how);
  }

  #hear(message: FromServer): void {
    const from = message.type === "signal" || message.type === "peer_left" ? message.connectionId : undefined;
    // From somebody who has been replaced meanwhile: a farewell that was overtaken is none any more.
    if (from !== undefined && from !== this.#other?.connectionId) return;
    if (message.type === "peer_left") this.#setOther(undefined);
    if (message.type === "intruder") {
      const now = this.#cable.now();
      if (this.#intruderAt !== undefined && now < this.#intruderAt + INTRUDER_INTERVAL_MS) return;
      this.#intruderAt = now;
    }
    this.#owner.transmit(formatFromServer(message));
  }

  #setOther(other: Occupant | undefined): void {
    this.#other = other;
    this.#otherChanges++;
  }

  #farewell(reason: LeaveReason): FromServer {
    const { connectionId } = this.occupant;
    const isClassic = this.#given?.room.protocol === "classic";
    return isClassic ? { type: "peer_left", connectionId } : { type: "peer_left", connectionId, reason };
  }

  #end(end: SeatEnd): void {
    this.close();
    const roomOver = end === "time-up" || (end !== "seat-lost" && end.said.type === "peer_left");
    if (roomOver) this.#cable.budgets.forget(this.roomId);
    this.#owner.over(end);
  }
}
