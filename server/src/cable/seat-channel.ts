import { randomBytes } from "node:crypto";
import type { Bytes, RoomId, Seat } from "@nullroom/core/brand";
import { NullroomError, type RefusalCode } from "@nullroom/core/errors";
import { SIGNAL_BLOB_BYTES } from "@nullroom/core/limits";
import {
  type FromServer,
  formatFromServer,
  SEAT_TOKEN_BYTES,
  type SeatInit,
  type ToServer,
} from "@nullroom/core/wire/room-messages";
import { digest } from "../rooms/ids.ts";
import type { Departure, Digest, Occupant, Seated } from "../rooms/store.ts";
import { CREDENTIAL_MARGIN_MS } from "../turn/provider.ts";
import type { Channel, Outlet } from "./channel.ts";
import type { CableContext } from "./context.ts";
import { RoomSeat, type SeatEnd, type SeatOwner } from "./room-seat.ts";

const SIGNAL_CHARACTERS = Math.ceil((SIGNAL_BLOB_BYTES * 4) / 3);
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** `RoomsChannel` in protocol 2: a subscription proves nothing, `join` and `resume` do. See spec/2-signaling.md §3. */
export class SeatChannel implements Channel, SeatOwner {
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

  /** Always: who only knows the id of a room learns nothing about it. */
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
        return this.#seat?.send(readBlob(message.data), frameBytes);
      case "established":
        return this.#seat?.establish();
      case "evict":
        return this.#seat?.evict();
      case "destroy":
        return this.#destroy();
      default:
        throw new NullroomError("E_MALFORMED", "no action of protocol 2");
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
    this.#transmit({ type: "peer_left", connectionId, reason: "gone" });
  }

  over(how: SeatEnd): void {
    this.#seat = undefined;
    if (how === "seat-lost") this.#refuse("lease-over");
    else if (how === "time-up") this.#refuse("room-gone");
    else {
      this.#transmit(how.said);
      // "Left" alone would have who stays wait for somebody else.
      if (how.said.type === "peer_left" && how.said.reason !== "destroyed") this.#refuse("room-gone");
    }
  }

  async #join(admit: Bytes, wanted: Seat | undefined): Promise<void> {
    if (!this.#mayAsk()) return;
    const seatToken = new Uint8Array(randomBytes(SEAT_TOKEN_BYTES));
    const [proof, token] = [digest(admit), digest(seatToken)];
    const { store, switchboard } = this.#cable;
    await this.#claim(async (seat) => {
      const { roomId, occupant } = seat;
      const asked = { roomId, protocol: "2", admit: proof, token, occupant } as const;
      const joined = await store.join(wanted === undefined ? asked : { ...asked, seat: wanted });
      if (joined.outcome === "seated")
        return this.#begin(seat, joined, { admit: proof, token, seatToken, isBack: false });
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
    await this.#claim(async (seat) => {
      const resumed = await store.resume(seat.roomId, token, seat.occupant);
      if (resumed.outcome !== "seated") return this.#refuse(resumed.outcome);
      const { replaced } = resumed;
      if (replaced !== undefined) switchboard.end(replaced, { type: "refused", code: "seat-taken-over" });
      await this.#begin(seat, resumed, { admit: resumed.admit, token, seatToken, isBack: true });
    });
  }

  /** A seat that was asked for and not got leaves nothing behind, whatever went wrong. */
  async #claim(ask: (seat: RoomSeat) => Promise<void>): Promise<void> {
    const seat = new RoomSeat(this.#cable, this, this.#roomId);
    try {
      await ask(seat);
    } finally {
      if (this.#seat !== seat) seat.close();
    }
  }

  async #begin(
    seat: RoomSeat,
    seated: Seated,
    { admit, token, seatToken, isBack }: { admit: Digest; token: Digest; seatToken: Bytes; isBack: boolean },
  ): Promise<void> {
    const { counters, ice, rules, fileSizeLimit } = this.#cable;
    const { other, established } = seated;
    this.#seat = seat;
    seat.sit(seated, { protocol: "2", admit }, token);
    counters.add("seats_taken");
    const ttlMs = Math.max(0, Math.round(seated.ttlMs));
    const iceServers = await ice.iceServers(ttlMs + rules.sessionTtlMs + CREDENTIAL_MARGIN_MS);
    if (this.#seat !== seat) return; // Its time ran out meanwhile, and was said.
    const init = {
      type: "init",
      seat: seated.seat,
      seatToken,
      initiator: seated.seat === 0,
      connectionId: seat.occupant.connectionId,
      ttlMs,
      sessionMs: rules.sessionTtlMs,
      iceServers,
      fileSharing: true,
      fileSizeLimit,
      rejoin: !rules.destroyOnPeerLeave,
    } as const;
    this.#greet(seat, init, other, isBack && established ? "peer_back" : "peer_ready");
  }

  #greet(
    seat: RoomSeat,
    init: SeatInit,
    other: Occupant | undefined,
    type: "peer_back" | "peer_ready",
  ): void {
    const { switchboard } = this.#cable;
    this.#transmit(init);
    if (other !== undefined) {
      switchboard.introduce(other, seat.occupant);
      switchboard.tell(other, { type });
      if (type === "peer_ready") this.#transmit({ type });
    }
    seat.open();
  }

  async #destroy(): Promise<void> {
    const seat = this.#seat;
    this.#seat = undefined;
    await seat?.destroy();
  }

  /** Whether somebody without a seat may try to get one, as often as they have. @throws "E_MALFORMED" */
  #mayAsk(): boolean {
    if (this.#seat !== undefined) throw new NullroomError("E_MALFORMED", "seated already");
    if (this.#cable.limiter.admit("join", this.#outlet.address).admitted) return true;
    this.#cable.counters.add("rate_limited");
    this.#refuse("rate-limited");
    return false;
  }

  #refuse(code: RefusalCode): void {
    this.#cable.counters.add("joins_refused");
    this.#transmit({ type: "refused", code });
  }

  #transmit(message: FromServer): void {
    this.#outlet.transmit(formatFromServer(message));
  }
}

/** One sealed blob, which is relayed as it came. @throws "E_MALFORMED" */
function readBlob(data: unknown): string {
  if (typeof data === "string" && data.length <= SIGNAL_CHARACTERS && BASE64URL.test(data)) return data;
  throw new NullroomError("E_MALFORMED", "signal is no sealed blob");
}
