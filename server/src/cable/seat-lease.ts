import type { RoomId, Seat } from "@nullroom/core/brand";
import { LEASE_PING_INTERVAL_MS } from "@nullroom/core/limits";
import type { Digest, NewRoom, Occupant, Seated } from "../rooms/store.ts";
import type { CableContext } from "./context.ts";

/** A seat that the store has given: where it is, and all that is needed to write it again. */
export type Grant = { roomId: RoomId; room: NewRoom; token: Digest; occupant: Occupant; seat: Seat };

export interface LeaseHolder {
  /** Who sits opposite, by the store's latest answer. */
  readonly other: Occupant | undefined;
  /** Counts changes of `other`. */
  readonly otherChanges: number;
  /** `lost` has not answered for its lease; `other` is who sits opposite now. */
  renewed(other: Occupant | undefined, lost: Occupant | undefined, since: number): void;
  expired(how: "time-up" | "seat-lost"): void;
}

/** A renewal is due once this much has passed since the last: at every answered ping, not at every frame. */
const RENEW_AFTER_MS = 10_000;
/** Asking again at the very end must not become a busy loop where two clocks differ. */
const MIN_RECHECK_MS = 100;
/** Only a seat whose end is near has a timer: until then its renewals, at every answered ping, look whether it is. */
const END_NEAR_MS = 2 * LEASE_PING_INTERVAL_MS;
/** By so much the two seats' ideas of the end may differ: who asks first ends the room, and the other finds none. */
const SAME_END_MS = 1_000;

/** How long a seat is held: renewed while its socket answers, written again into a store that forgot, ended in time. */
export class SeatLease {
  readonly #cable: CableContext;
  readonly #holder: LeaseHolder;
  readonly #grant: Grant;
  #established: boolean;
  #endsAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #renewAt: number;
  #renewing = false;
  #over = false;

  constructor(cable: CableContext, holder: LeaseHolder, grant: Grant, { established, ttlMs }: Seated) {
    this.#cable = cable;
    this.#holder = holder;
    this.#grant = grant;
    this.#established = established;
    this.#renewAt = cable.now() + RENEW_AFTER_MS;
    this.#arm(ttlMs);
  }

  get seat(): Seat {
    return this.#grant.seat;
  }

  heard(now: number): void {
    if (now < this.#renewAt || this.#renewing || this.#over) return;
    this.#renewAt = now + RENEW_AFTER_MS;
    this.#watch(this.#renew());
  }

  /** The store was away and may have forgotten. */
  restore(): void {
    if (!this.#over) this.#watch(this.#restore());
  }

  /** From now on the session's own time counts. */
  established(ttlMs: number): void {
    this.#established = true;
    if (!this.#over) this.#arm(ttlMs);
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  /** Time is up when the store says so: its clock decides, and the other side may have begun the session's time. */
  #arm(ttlMs: number): void {
    this.#endsAt = this.#cable.now() + ttlMs;
    clearTimeout(this.#timer);
    if (ttlMs > END_NEAR_MS) return;
    this.#timer = setTimeout(() => this.#watch(this.#renew()), Math.max(ttlMs, MIN_RECHECK_MS));
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const { roomId, occupant } = this.#grant;
    const since = this.#holder.otherChanges;
    this.#renewing = true;
    try {
      const renewal = await this.#cable.store.renew(roomId, this.seat, occupant);
      if (this.#over) return;
      if (renewal.outcome === "unknown") return await this.#restore();
      if (renewal.outcome === "kept") this.#arm(renewal.ttlMs);
      const other = renewal.outcome === "kept" ? renewal.other : undefined;
      this.#holder.renewed(other, renewal.lost, since);
      if (renewal.outcome === "ended") this.#expire("time-up");
    } finally {
      this.#renewing = false;
    }
  }

  async #restore(): Promise<void> {
    const { roomId, room, token, occupant } = this.#grant;
    const ttlMs = this.#endsAt - this.#cable.now();
    if (ttlMs <= 0) {
      this.#expire("time-up");
      return;
    }
    const established = room.protocol === "2" ? this.#established : this.#holder.other !== undefined;
    const rest = { roomId, room, established, ttlMs, seat: this.seat, token, occupant };
    if (!(await this.#cable.store.restore(rest)))
      this.#expire(ttlMs <= SAME_END_MS ? "time-up" : "seat-lost");
  }

  #expire(how: "time-up" | "seat-lost"): void {
    if (this.#over) return;
    this.close();
    this.#holder.expired(how);
  }

  /** A store out of reach costs a renewal and no conversation: the next answered ping asks again. */
  #watch(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#cable.counters.error(error);
      if (this.#cable.now() >= this.#endsAt) this.#expire("time-up");
    });
  }
}
