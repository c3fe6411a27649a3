import type { RoomId } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import type { FromServer, ToServer } from "@nullroom/core/wire/room-messages";
import type { Digest, Occupant, Seated } from "../rooms/store.ts";
import type { Channel } from "./channel.ts";
import type { CableContext } from "./context.ts";
import { HeldSeat, type SeatListener } from "./held-seat.ts";
import type { Outlet } from "./outlet.ts";
import type { SeatClaim, SeatEnd } from "./seat-claim.ts";

const MIB = 1024 * 1024;
const CLASSIC = { protocol: "classic" } as const;
/** A classic seat has no token, because nothing resumes one. */
const NO_TOKEN = "0".repeat(64) as Digest;
/** Descriptions and candidates are nested three deep. Endless nesting can be read, but not formatted again. */
const MAX_DEPTH = 16;

/** `RoomsChannel` as existing clients speak it: subscribing is joining. See spec/2-signaling.md §2. */
export class ClassicChannel implements Channel, SeatListener {
  readonly seat: HeldSeat;
  readonly #cable: CableContext;
  readonly #outlet: Outlet;

  constructor(cable: CableContext, outlet: Outlet, roomId: RoomId) {
    this.#cable = cable;
    this.#outlet = outlet;
    this.seat = new HeldSeat(cable, outlet, roomId, this);
  }

  async open(): Promise<void> {
    const { store, limiter, counters, classic } = this.#cable;
    if (!classic || !limiter.admit("join", this.#outlet.address).admitted) return this.#reject();
    await this.seat.request(async (claim) => {
      const { occupant, roomId } = claim;
      const joined = await store.join({ roomId, protocol: "classic", token: NO_TOKEN, occupant });
      if (joined.outcome !== "seated") return this.#reject();
      counters.add("seats_taken");
      this.#begin(claim, joined);
    });
  }

  perform(message: ToServer, frameBytes: number): void {
    switch (message.action) {
      case "send_signal":
        this.seat.claim?.sendSignal(readSignal(message.data), frameBytes);
        break;
      case "initiate_file_transfer":
        this.#outlet.transmit(this.#judgeFile(message.fileSize));
        break;
      default:
        throw new NullroomError("E_MALFORMED", "no action of classic");
    }
  }

  otherLost({ connectionId }: Occupant): void {
    this.#outlet.transmit({ type: "peer_left", connectionId });
  }

  seatEnded(end: SeatEnd, other: Occupant | undefined): void {
    if (end !== "time-up" && end !== "seat-lost") {
      this.#outlet.transmit(end.message);
      return;
    }
    // Classic has one word for every end, and clients that know no other must not come back for the room.
    if (other !== undefined) this.otherLost(other);
    this.#outlet.disconnect("room-gone", false);
  }

  #begin(claim: SeatClaim, seated: Seated): void {
    const { other, ttlMs } = seated;
    const { fileSizeLimit, switchboard } = this.#cable;
    const { occupant } = claim;
    this.seat.take(claim, seated, CLASSIC, NO_TOKEN);
    this.#outlet.confirm();
    this.#outlet.transmit({
      type: "init",
      initiator: seated.seat === 0,
      connectionId: occupant.connectionId,
      ttlMs: Math.max(0, Math.round(ttlMs)),
      fileSharing: true,
      fileSizeLimit,
    });
    if (other !== undefined) {
      switchboard.introduce(other, occupant);
      switchboard.tell(other, { type: "peer_ready" });
      this.#outlet.transmit({ type: "peer_ready" });
    }
    claim.startDelivery();
  }

  #judgeFile(size: number): FromServer {
    const { fileSizeLimit } = this.#cable;
    if (size <= fileSizeLimit) return { type: "file_transfer_authorized" };
    const limit = Math.floor(fileSizeLimit / MIB);
    return { type: "file_transfer_error", error: `Beta limit exceeded: Files must be under ${limit} MB.` };
  }

  #reject(): void {
    this.#cable.counters.add("joins_refused");
    this.#outlet.reject();
  }
}

/** Classic's signals are JSON in the clear and are relayed as they came. @throws "E_MALFORMED" */
function readSignal(data: unknown): unknown {
  if (isShallow(data, MAX_DEPTH)) return data;
  throw new NullroomError("E_MALFORMED", "signal is nested too deeply");
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}
