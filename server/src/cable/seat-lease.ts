import type { RoomId, Seat } from "@nullroom/core/brand";
import { LEASE_PING_INTERVAL_MS } from "@nullroom/core/limits";
import type { Digest, NewRoom, Occupant, Seated } from "../rooms/store.ts";
import type { CableContext } from "./context.ts";

/** A seat that the store has granted: where it is, and all that is needed to write it again. */
export type Grant = { roomId: RoomId; room: NewRoom; token: Digest; occupant: Occupant; seat: Seat };

export interface LeaseHolder {
  /** Who sits opposite, as far as this node knows. */
  readonly other: Occupant | undefined;
  /** How often `other` has changed. */
  readonly otherChanges: number;
  /**
   * The store has renewed the lease, or has said that the room ended.
   *
   * @param other - who sits opposite now.
   * @param lost - who sat opposite and has let the lease run out.
   * @param otherChanges - what `otherChanges` was when the store was asked.
   */
  renewed(other: Occupant | undefined, lost: Occupant | undefined, otherChanges: number): void;
  expired(end: "time-up" | "seat-lost"): void;
}

/**
 * A renewal is due once this much has passed since the last one, so that answered pings renew and single frames do not.
 */
const RENEW_AFTER_MS = 10_000;
/** The least pause between two questions at the very end, which would be a busy loop where two clocks differ. */
const MIN_RECHECK_MS = 100;
/**
 * A seat gets a timer once its end is this near; until then each renewal, at every answered ping, looks whether it is.
 */
const END_NEAR_MS = 2 * LEASE_PING_INTERVAL_MS;
/** How far the two seats' ideas of the end may differ: the first to ask ends the room, and the second finds none. */
const SAME_END_MS = 1_000;

/**
 * How long one seat is held: its lease is renewed while the socket answers, the seat is written again into a store that
 * forgot it, and it ends in time.
 */
export class SeatLease {
  readonly #cable: CableContext;
  readonly #holder: LeaseHolder;
  readonly #grant: Grant;
  #established: boolean;
  #endsAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #renewAt: number;
  #renewing = false;
  #isClosed = false;

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

  /** The socket gave a sign of life: renew the lease if that is due. */
  noteAlive(now: number): void {
    if (now < this.#renewAt || this.#renewing || this.#isClosed) return;
    this.#renewAt = now + RENEW_AFTER_MS;
    this.#watch(this.#renew());
  }

  /** The store was away and may have forgotten the seat: write it again. */
  restore(): void {
    if (!this.#isClosed) this.#watch(this.#restore());
  }

  /** The conversation is established: from now on the session's own time counts. */
  startSession(ttlMs: number): void {
    this.#established = true;
    if (!this.#isClosed) this.#arm(ttlMs);
  }

  /** Stop the timer and renew no more. Idempotent. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** The timer asks the store, because its clock decides and the other side may have begun the session's own time. */
  #arm(ttlMs: number): void {
    this.#endsAt = this.#cable.now() + ttlMs;
    clearTimeout(this.#timer);
    if (ttlMs > END_NEAR_MS) return;
    this.#timer = setTimeout(() => this.#watch(this.#renew()), Math.max(ttlMs, MIN_RECHECK_MS));
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const { roomId, occupant } = this.#grant;
    const { otherChanges } = this.#holder;
    this.#renewing = true;
    try {
      const renewal = await this.#cable.store.renew(roomId, this.seat, occupant);
      if (this.#isClosed) return;
      if (renewal.outcome === "unknown") return await this.#restore();
      if (renewal.outcome === "kept") this.#arm(renewal.ttlMs);
      const other = renewal.outcome === "kept" ? renewal.other : undefined;
      this.#holder.renewed(other, renewal.lost, otherChanges);
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
    const restoration = { roomId, room, established, ttlMs, seat: this.seat, token, occupant };
    if (!(await this.#cable.store.restore(restoration)))
      this.#expire(ttlMs <= SAME_END_MS ? "time-up" : "seat-lost");
  }

  #expire(end: "time-up" | "seat-lost"): void {
    if (this.#isClosed) return;
    this.close();
    this.#holder.expired(end);
  }

  /** A store that is out of reach ends no conversation before its time: the next answered ping asks again. */
  #watch(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#cable.counters.error(error);
      if (this.#cable.now() >= this.#endsAt) this.#expire("time-up");
    });
  }
}
