import { randomBytes } from "node:crypto";
import type { Bytes, RoomId, Seat } from "@nullroom/core/brand";
import { NullroomError, type RefusalCode } from "@nullroom/core/errors";
import { SIGNAL_BLOB_BYTES } from "@nullroom/core/limits";
import { SEAT_TOKEN_BYTES, type SeatInit, type ToServer } from "@nullroom/core/wire/room-messages";
import { digest } from "../rooms/ids.ts";
import type { Digest, Occupant, Seated } from "../rooms/store.ts";
import { CREDENTIAL_MARGIN_MS } from "../turn/provider.ts";
import type { Channel } from "./channel.ts";
import type { CableContext } from "./context.ts";
import { HeldSeat, type SeatListener } from "./held-seat.ts";
import type { Outlet } from "./outlet.ts";
import type { SeatClaim, SeatEnd } from "./seat-claim.ts";

const SIGNAL_CHARACTERS = Math.ceil((SIGNAL_BLOB_BYTES * 4) / 3);
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** By what a seat was got: digests for the store, the token itself for the client, and whether it was held before. */
type Credentials = { admit: Digest; token: Digest; seatToken: Bytes; isResumed: boolean };

/** `RoomsChannel` in protocol 2: a subscription proves nothing, `join` and `resume` do. See spec/2-signaling.md §3. */
export class Protocol2Channel implements Channel, SeatListener {
  readonly seat: HeldSeat;
  readonly #cable: CableContext;
  readonly #outlet: Outlet;

  constructor(cable: CableContext, outlet: Outlet, roomId: RoomId) {
    this.#cable = cable;
    this.#outlet = outlet;
    this.seat = new HeldSeat(cable, outlet, roomId, this);
  }

  /** Every subscription is confirmed: somebody who only knows the id of a room learns nothing about it. */
  open(): void {
    this.#outlet.confirm();
  }

  perform(message: ToServer, frameBytes: number): void | Promise<void> {
    switch (message.action) {
      case "join":
        return this.#join(message.admit, message.seat);
      case "resume":
        return this.#resume(message.seatToken);
      case "send_signal":
        return this.seat.claim?.sendSignal(readBlob(message.data), frameBytes);
      case "established":
        return this.seat.claim?.establish();
      case "evict":
        return this.seat.claim?.evict();
      case "destroy":
        return this.seat.destroy();
      default:
        throw new NullroomError("E_MALFORMED", "no action of protocol 2");
    }
  }

  otherLost({ connectionId }: Occupant): void {
    this.#outlet.transmit({ type: "peer_left", connectionId, reason: "gone" });
  }

  seatEnded(end: SeatEnd): void {
    if (end === "seat-lost") this.#refuse("lease-over");
    else if (end === "time-up") this.#refuse("room-gone");
    else {
      this.#outlet.transmit(end.message);
      // `peer_left` alone would let the client that stays wait for somebody else.
      if (end.message.type === "peer_left" && end.message.reason !== "destroyed") this.#refuse("room-gone");
    }
  }

  async #join(admit: Bytes, wanted: Seat | undefined): Promise<void> {
    if (!this.#mayAsk()) return;
    const seatToken = new Uint8Array(randomBytes(SEAT_TOKEN_BYTES));
    const credentials = { admit: digest(admit), token: digest(seatToken), seatToken, isResumed: false };
    const { store, switchboard } = this.#cable;
    await this.seat.request(async (claim) => {
      const { roomId, occupant } = claim;
      const { admit, token } = credentials;
      const asked = { roomId, protocol: "2", admit, token, occupant } as const;
      const joined = await store.join(wanted === undefined ? asked : { ...asked, seat: wanted });
      if (joined.outcome === "seated") return this.#begin(claim, joined, credentials);
      if (joined.outcome === "room-full") {
        for (const occupant of joined.occupants) switchboard.tell(occupant, { type: "intruder" });
      }
      this.#refuse(joined.outcome);
    });
  }

  async #resume(seatToken: Bytes): Promise<void> {
    if (!this.#mayAsk()) return;
    const token = digest(seatToken);
    const { store, switchboard } = this.#cable;
    await this.seat.request(async (claim) => {
      const resumed = await store.resume(claim.roomId, token, claim.occupant);
      if (resumed.outcome !== "seated") return this.#refuse(resumed.outcome);
      const { replaced, admit } = resumed;
      if (replaced !== undefined) switchboard.endSeat(replaced, { type: "refused", code: "seat-taken-over" });
      await this.#begin(claim, resumed, { admit, token, seatToken, isResumed: true });
    });
  }

  async #begin(claim: SeatClaim, seated: Seated, credentials: Credentials): Promise<void> {
    const { counters, ice, rules, fileSizeLimit } = this.#cable;
    const { admit, token, seatToken, isResumed } = credentials;
    this.seat.take(claim, seated, { protocol: "2", admit }, token);
    counters.add("seats_taken");
    const ttlMs = Math.max(0, Math.round(seated.ttlMs));
    const iceServers = await ice.iceServers(ttlMs + rules.sessionTtlMs + CREDENTIAL_MARGIN_MS);
    if (this.seat.claim !== claim) return; // The seat ended meanwhile, and the client has been told.
    const init = {
      type: "init",
      seat: seated.seat,
      seatToken,
      initiator: seated.seat === 0,
      connectionId: claim.occupant.connectionId,
      ttlMs,
      sessionMs: rules.sessionTtlMs,
      iceServers,
      fileSharing: true,
      fileSizeLimit,
      rejoin: !rules.destroyOnPeerLeave,
    } as const;
    this.#greet(claim, init, seated.other, isResumed && seated.established ? "peer_back" : "peer_ready");
  }

  #greet(
    claim: SeatClaim,
    init: SeatInit,
    other: Occupant | undefined,
    type: "peer_back" | "peer_ready",
  ): void {
    const { switchboard } = this.#cable;
    this.#outlet.transmit(init);
    if (other !== undefined) {
      switchboard.introduce(other, claim.occupant);
      switchboard.tell(other, { type });
      if (type === "peer_ready") this.#outlet.transmit({ type });
    }
    claim.startDelivery();
  }

  /** Whether a client without a seat may ask for one now. @throws "E_MALFORMED" where it has one already */
  #mayAsk(): boolean {
    if (this.seat.isTaken) throw new NullroomError("E_MALFORMED", "seated already");
    if (this.#cable.limiter.admit("join", this.#outlet.address).admitted) return true;
    this.#cable.counters.add("rate_limited");
    this.#refuse("rate-limited");
    return false;
  }

  #refuse(code: RefusalCode): void {
    this.#cable.counters.add("joins_refused");
    this.#outlet.transmit({ type: "refused", code });
  }
}

/** A signal of protocol 2 is one sealed blob, which is relayed as it came. @throws "E_MALFORMED" */
function readBlob(data: unknown): string {
  if (typeof data === "string" && data.length <= SIGNAL_CHARACTERS && BASE64URL.test(data)) return data;
  throw new NullroomError("E_MALFORMED", "signal is no sealed blob");
}
