import type { RoomId } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import { type FromServer, formatFromServer, type ToServer } from "@nullroom/core/wire/room-messages";
import type { Departure, Digest, Occupant, Seated } from "../rooms/store.ts";
import type { Channel, Outlet } from "./channel.ts";
import type { CableContext } from "./context.ts";
import { RoomSeat, type SeatEnd, type SeatOwner } from "./room-seat.ts";

const MIB = 1024 * 1024;
const CLASSIC = { protocol: "classic" } as const;
/** Nothing resumes a classic seat. */
const NO_TOKEN = "0".repeat(64) as Digest;
/** Descriptions and candidates are three deep. What is nested without end can be read, but not written again. */
const MAX_DEPTH = 16;

/** `RoomsChannel` as existing clients speak it: subscribing is joining. See spec/2-signaling.md §2. */
export class ClassicChannel implements Channel, SeatOwner {
  readonly #cable: CableContext;
  readonly #outlet: Outlet;
  readonly #roomId: RoomId;
  #seat: RoomSeat | undefined;

  constructor(cable: CableContext, outlet: Outlet, roomId: RoomId) {
    this.#cable = cable;
    this.#outlet = outlet;
    this.#roomId = roomId;
  }

  get seated(): boolean {
    return this.#seat !== undefined;
  }

  async open(): Promise<void> {
    const { store, limiter, counters, classic } = this.#cable;
    if (!classic || !limiter.admit("join", this.#outlet.address).admitted) return this.#reject();
    const seat = new RoomSeat(this.#cable, this, this.#roomId);
    try {
      const { occupant, roomId } = seat;
      const joined = await store.join({ roomId, protocol: "classic", token: NO_TOKEN, occupant });
      if (joined.outcome !== "seated") return this.#reject();
      counters.add("seats_taken");
      this.#begin(seat, joined);
    } finally {
      if (this.#seat === undefined) seat.close();
    }
  }

  perform(message: ToServer, frameBytes: number): void {
    switch (message.action) {
      case "send_signal":
        this.#seat?.send(readSignal(message.data), frameBytes);
        break;
      case "initiate_file_transfer":
        this.#transmit(this.#judgeFile(message.fileSize));
        break;
      default:
        throw new NullroomError("E_MALFORMED", "no action of classic");
    }
  }

  async close(departure: Departure): Promise<void> {
    const seat = this.#seat;
    this.#seat = undefined;
    await seat?.leave(departure);
  }

  abandon(): void {
    this.#seat?.close();
    this.#seat = undefined;
  }

  heard(now: number): void {
    this.#seat?.heard(now);
  }

  restore(): void {
    this.#seat?.restore();
  }

  transmit(messageJson: string): void {
    this.#outlet.transmit(messageJson);
  }

  otherLost({ connectionId }: Occupant): void {
    this.#transmit({ type: "peer_left", connectionId });
  }

  over(how: SeatEnd): void {
    const other = this.#seat?.other;
    this.#seat = undefined;
    if (how !== "time-up" && how !== "seat-lost") {
      this.#transmit(how.said);
      return;
    }
    // Classic has one word for an end, and clients that know no other must not come back for it.
    if (other !== undefined) this.otherLost(other);
    this.#outlet.disconnect("room-gone", false);
  }

  #begin(seat: RoomSeat, seated: Seated): void {
    const { other, ttlMs } = seated;
    const { fileSizeLimit, switchboard } = this.#cable;
    const { occupant } = seat;
    seat.sit(seated, CLASSIC, NO_TOKEN);
    this.#seat = seat;
    this.#outlet.confirm();
    this.#transmit({
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
      this.#transmit({ type: "peer_ready" });
    }
    seat.open();
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

  #transmit(message: FromServer): void {
    this.#outlet.transmit(formatFromServer(message));
  }
}

/** Classic's signals are JSON in the clear, relayed as they came. @throws "E_MALFORMED" */
function readSignal(data: unknown): unknown {
  if (isShallow(data, MAX_DEPTH)) return data;
  throw new NullroomError("E_MALFORMED", "signal is nested too deeply");
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}
