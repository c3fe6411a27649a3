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

/** How a seat ends that its client did not give up: by a last message, by time, or because the store gave it away. */
export type SeatEnd = { message: FromServer } | "time-up" | "seat-lost";

/** Who made the claim: it passes messages on and hears how the claim ends. */
export interface ClaimHolder {
  /** @param messageJson - one channel message, already JSON. */
  transmit(messageJson: string): void;
  /** The lease of the other seat ran out. */
  otherLost(other: Occupant): void;
  claimEnded(end: SeatEnd): void;
}

/** Somebody who asks for a seat in a full room again and again must not interrupt its conversation each time. */
const INTRUDER_INTERVAL_MS = 10_000;

/**
 * One socket's claim to one seat, from asking the store for it until it is given up: its name on the switchboard, its
 * lease once granted, who sits opposite, and the signals between the two.
 */
export class SeatClaim implements Endpoint, LeaseHolder {
  readonly roomId: RoomId;
  readonly occupant: Occupant;
  readonly #cable: CableContext;
  readonly #holder: ClaimHolder;
  /** Deliveries that came before `init` went out, which has to be the first message. */
  #waiting: Delivery[] | undefined = [];
  #granted: { lease: SeatLease; allowance: SignalAllowance; room: NewRoom } | undefined;
  #other: Occupant | undefined;
  #otherChanges = 0;
  #intruderAt: number | undefined;
  #isClosed = false;

  constructor(cable: CableContext, holder: ClaimHolder, roomId: RoomId) {
    this.#cable = cable;
    this.#holder = holder;
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

  /** The store has granted the seat. @param room - as the store made it, for a store that forgets it. */
  grant(seated: Seated, room: NewRoom, token: Digest): void {
    const { roomId, occupant } = this;
    this.#setOther(seated.other);
    const grant = { roomId, room, token, occupant, seat: seated.seat };
    const lease = new SeatLease(this.#cable, this, grant, seated);
    const allowance = new SignalAllowance(this.#cable.budgets.of(roomId, this.#cable.now()));
    this.#granted = { lease, allowance, room };
  }

  /** `init` has gone out: deliver what came meanwhile, and from now on everything at once. */
  startDelivery(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const delivery of waiting) this.deliver(delivery);
  }

  /** The seat was refused or is held no more: nobody reaches it any more, and no timer runs. Tells nobody. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = undefined;
    this.#granted?.lease.close();
    this.#cable.switchboard.unplug(this.occupant.connectionId);
  }

  deliver(delivery: Delivery): void {
    if (this.#isClosed) return;
    if (this.#waiting !== undefined) this.#waiting.push(delivery);
    else if (delivery.kind === "other") this.#setOther(delivery.other);
    else if (delivery.kind === "message") this.#hearMessage(delivery.message);
    else this.#end({ message: delivery.message });
  }

  relaySignal(from: Occupant["connectionId"], messageJson: string): void {
    if (this.#isClosed || this.#waiting !== undefined || this.#other?.connectionId !== from) return;
    this.#holder.transmit(messageJson);
  }

  /**
   * Hand one signal to the other seat: in this process if it is here, else to its node.
   *
   * @throws "E_LIMIT"
   */
  sendSignal(data: unknown, bytes: number): void {
    const { counters, switchboard } = this.#cable;
    if (this.#granted?.allowance.take(bytes, this.#cable.now()) !== true) {
      throw new NullroomError("E_LIMIT", "too many signals");
    }
    const other = this.#other;
    counters.add(other === undefined ? "signals_dropped" : "signals_relayed");
    if (other === undefined) return;
    const { connectionId, node } = this.occupant;
    const signal = { type: "signal", data, connectionId } as const;
    if (other.node !== node) switchboard.tell(other, signal);
    else switchboard.localEndpoint(other)?.relaySignal(connectionId, formatFromServer(signal));
  }

  /** The socket gave a sign of life. */
  noteAlive(now: number): void {
    this.#granted?.lease.noteAlive(now);
  }

  /** The store was away and may have forgotten the seat. */
  restore(): void {
    this.#granted?.lease.restore();
  }

  /** The client calls the conversation established: both sides now count the session's own time. */
  async establish(): Promise<void> {
    const { lease } = this.#granted ?? {};
    if (lease === undefined) return;
    const established = await this.#cable.store.establish(this.roomId, lease.seat, this.occupant);
    if (established !== undefined) lease.startSession(established.ttlMs);
  }

  /** Seat 0 sends seat 1 away. */
  async evict(): Promise<void> {
    const evicted = await this.#cable.store.evict(this.roomId, this.occupant);
    if (evicted === undefined) return;
    if (this.#other?.connectionId === evicted.connectionId) this.#setOther(undefined);
    this.#cable.switchboard.endSeat(evicted, { type: "refused", code: "evicted" });
  }

  /** End the room for both. */
  async destroy(): Promise<void> {
    const { lease } = this.#granted ?? {};
    if (this.#isClosed || lease === undefined) return;
    this.close();
    this.#cable.budgets.forget(this.roomId);
    const { other } = await this.#cable.store.destroy(this.roomId, lease.seat, this.occupant);
    if (other !== undefined) this.#cable.switchboard.endSeat(other, this.#farewell("destroyed"));
  }

  /** Give the seat up, and tell the other side what the store says that this means for it. */
  async leave(departure: Departure): Promise<void> {
    const { lease } = this.#granted ?? {};
    if (this.#isClosed || lease === undefined) return;
    this.close();
    const { store, switchboard, budgets } = this.#cable;
    const { outcome, other } = await store.leave(this.roomId, lease.seat, this.occupant, departure);
    if (outcome === "ended") budgets.forget(this.roomId);
    if (other === undefined) return;
    const farewell = this.#farewell(departure === "said" ? "left" : "gone");
    if (outcome === "ended") switchboard.endSeat(other, farewell);
    else switchboard.tell(other, farewell);
  }

  renewed(other: Occupant | undefined, lost: Occupant | undefined, otherChanges: number): void {
    if (lost !== undefined) this.#holder.otherLost(lost);
    // An answer that crossed the introduction of a newcomer is older than that introduction.
    if (otherChanges === this.#otherChanges) this.#setOther(other);
  }

  expired(end: "time-up" | "seat-lost"): void {
    this.#end(end);
  }

  #hearMessage(message: FromServer): void {
    const from = message.type === "signal" || message.type === "peer_left" ? message.connectionId : undefined;
    // The sender may have been replaced meanwhile: its farewell was overtaken and says nothing about who sits there
    // now.
    if (from !== undefined && from !== this.#other?.connectionId) return;
    if (message.type === "peer_left") this.#setOther(undefined);
    if (message.type === "intruder") {
      const now = this.#cable.now();
      if (this.#intruderAt !== undefined && now < this.#intruderAt + INTRUDER_INTERVAL_MS) return;
      this.#intruderAt = now;
    }
    this.#holder.transmit(formatFromServer(message));
  }

  #setOther(other: Occupant | undefined): void {
    this.#other = other;
    this.#otherChanges++;
  }

  #farewell(reason: LeaveReason): FromServer {
    const { connectionId } = this.occupant;
    const isClassic = this.#granted?.room.protocol === "classic";
    return isClassic ? { type: "peer_left", connectionId } : { type: "peer_left", connectionId, reason };
  }

  #end(end: SeatEnd): void {
    this.close();
    const isRoomOver = end === "time-up" || (end !== "seat-lost" && end.message.type === "peer_left");
    if (isRoomOver) this.#cable.budgets.forget(this.roomId);
    this.#holder.claimEnded(end);
  }
}
