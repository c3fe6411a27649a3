import type { RoomId } from "@nullroom/core/brand";
import type { Departure, Digest, NewRoom, Occupant, Seated } from "../rooms/store.ts";
import type { CableContext } from "./context.ts";
import type { Outlet } from "./outlet.ts";
import { type ClaimHolder, SeatClaim, type SeatEnd } from "./seat-claim.ts";

/** What a protocol says about its seat in its own words; all other messages go to the client as they are. */
export interface SeatListener {
  /** The lease of `other`, who sat opposite, ran out. */
  otherLost(other: Occupant): void;
  /** The seat is held no more. @param other - who sat opposite until then. */
  seatEnded(end: SeatEnd, other: Occupant | undefined): void;
}

/**
 * The seat that a channel holds, if it holds any: at most one claim at a time, from the moment the store granted it
 * until it is given up or taken away. Both protocols hold their seats this way.
 */
export class HeldSeat implements ClaimHolder {
  readonly #cable: CableContext;
  readonly #outlet: Outlet;
  readonly #roomId: RoomId;
  readonly #listener: SeatListener;
  #claim: SeatClaim | undefined;

  constructor(cable: CableContext, outlet: Outlet, roomId: RoomId, listener: SeatListener) {
    this.#cable = cable;
    this.#outlet = outlet;
    this.#roomId = roomId;
    this.#listener = listener;
  }

  /** The granted claim; undefined where no seat is held. */
  get claim(): SeatClaim | undefined {
    return this.#claim;
  }

  /** Whether a seat is held: sockets without one are not kept for long. */
  get isTaken(): boolean {
    return this.#claim !== undefined;
  }

  /**
   * Run `ask` with a new claim. One that `ask` has not taken is closed, whatever went wrong, and leaves nothing behind.
   */
  async request(ask: (claim: SeatClaim) => Promise<void>): Promise<void> {
    const claim = new SeatClaim(this.#cable, this, this.#roomId);
    try {
      await ask(claim);
    } finally {
      if (this.#claim !== claim) claim.close();
    }
  }

  /** Hold the seat that the store has granted to `claim`. @param room - as the store made it, for restoring it. */
  take(claim: SeatClaim, seated: Seated, room: NewRoom, token: Digest): void {
    claim.grant(seated, room, token);
    this.#claim = claim;
  }

  /** The socket gave a sign of life. */
  noteAlive(now: number): void {
    this.#claim?.noteAlive(now);
  }

  /** The store was away and may have forgotten the seat. */
  restore(): void {
    this.#claim?.restore();
  }

  /** Give the seat up and tell the other side. */
  async leave(departure: Departure): Promise<void> {
    await this.#release()?.leave(departure);
  }

  /** End the room for both. */
  async destroy(): Promise<void> {
    await this.#release()?.destroy();
  }

  /** Let go of everything on this node and tell nobody: the node stops, and the store keeps the seat for its owner. */
  close(): void {
    this.#release()?.close();
  }

  transmit(messageJson: string): void {
    this.#outlet.transmitJson(messageJson);
  }

  otherLost(other: Occupant): void {
    this.#listener.otherLost(other);
  }

  claimEnded(end: SeatEnd): void {
    const other = this.#release()?.other;
    this.#listener.seatEnded(end, other);
  }

  #release(): SeatClaim | undefined {
    const claim = this.#claim;
    this.#claim = undefined;
    return claim;
  }
}
