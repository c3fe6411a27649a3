import type { Bytes, RoomId, Seat } from "../../../brand.ts";
import { wipe } from "../../../crypto/bytes.ts";
import { type ErrorCode, REFUSALS, type RefusalCode } from "../../../errors.ts";
import type { Platform } from "../../../platform.ts";
import { RoomChannel, type RoomEvent } from "../../../signaling/room-channel.ts";
import type { LeaveReason, SeatInit, ToServer } from "../../../wire/room-messages.ts";

export type SeatEvent =
  /** Seated, for the first time or again: fresh ICE servers, what is left of the room's time. */
  | { type: "seated"; init: SeatInit }
  | { type: "peer-ready" }
  | { type: "peer-back" }
  | { type: "peer-left"; reason: LeaveReason | undefined }
  | { type: "signal"; data: unknown }
  | { type: "intruder" }
  /** The socket to the server is closed, and will come back by itself. */
  | { type: "lost" }
  /** The server will not have us: what that means depends on how far the two have come. */
  | { type: "refused"; code: ErrorCode };

export type SeatClientOptions = {
  platform: Platform;
  roomId: RoomId;
  /** Who made the room sits in 0, who opened the link in 1. */
  seat: Seat;
  /** What admits to the room; zero after `signal` aborts. */
  admit: Bytes;
  signal: AbortSignal;
  onEvent: (event: SeatEvent) => void;
};

/** One seat in a protocol 2 room, taken, kept and taken again: spec/2-signaling.md, spec/3-session.md §2. */
export class SeatClient {
  readonly #options: SeatClientOptions;
  readonly #room: RoomChannel;
  #token: Bytes | undefined;

  constructor(options: SeatClientOptions) {
    this.#options = options;
    const { platform, roomId, admit, signal } = options;
    const onEvent = (event: RoomEvent) => this.#hearRoom(event);
    this.#room = new RoomChannel({ platform, protocol: "2", roomId, signal, onEvent });
    signal.addEventListener("abort", () => wipe(admit, this.#token), { once: true });
  }

  say(message: ToServer): void {
    // Without a socket nothing is kept: before secure the attempt starts over, and afterwards only candidates are sent.
    this.#room.say(message);
  }

  keepTrying(): void {
    this.#room.keepTrying();
  }

  wake(): void {
    this.#room.wake();
  }

  leave(): Promise<void> {
    return this.#room.leave();
  }

  #hearRoom(event: RoomEvent): void {
    switch (event.type) {
      case "joined":
        this.#ask();
        break;
      case "said":
        this.#hearServer(event.message);
        break;
      case "rejected":
        this.#tell({ type: "refused", code: "E_ROOM" });
        break;
      case "unreadable":
        this.#tell({ type: "refused", code: event.error.code });
        break;
      case "lost":
        this.#tell(event.retries ? { type: "lost" } : { type: "refused", code: "E_SERVER" });
        break;
      default:
        event satisfies never;
    }
  }

  /** With a token, the seat that is ours: a join would meet our own half-open socket in it. */
  #ask(): void {
    const { admit, seat } = this.#options;
    if (this.#token) this.#room.say({ action: "resume", seatToken: this.#token });
    else this.#room.say({ action: "join", admit, seat });
  }

  #hearServer(message: Extract<RoomEvent, { type: "said" }>["message"]): void {
    switch (message.type) {
      case "init":
        if ("seat" in message) this.#sit(message);
        else this.#tell({ type: "refused", code: "E_SERVER" });
        break;
      case "peer_ready":
        this.#tell({ type: "peer-ready" });
        break;
      case "peer_back":
        this.#tell({ type: "peer-back" });
        break;
      case "peer_left":
        this.#tell({ type: "peer-left", reason: message.reason });
        break;
      case "signal":
        this.#tell({ type: "signal", data: message.data });
        break;
      case "intruder":
        this.#tell({ type: "intruder" });
        break;
      case "refused":
        this.#refused(message.code);
        break;
      default:
        break; // Classic's gate for files, which nobody here has asked.
    }
  }

  #sit(init: SeatInit): void {
    const { seat } = this.#options;
    // In a rejoin room, who opened the link may find the other one waiting in seat 1.
    const allowed = init.seat === seat || (init.rejoin && seat === 1);
    if (allowed) {
      wipe(this.#token);
      this.#token = init.seatToken;
    }
    this.#tell(allowed ? { type: "seated", init } : { type: "refused", code: "E_ROLE" });
  }

  #refused(code: RefusalCode): void {
    if (code === "lease-over" && this.#token) {
      this.#token = undefined;
      this.#ask();
    } else this.#tell({ type: "refused", code: REFUSALS[code] });
  }

  #tell(event: SeatEvent): void {
    if (!this.#options.signal.aborted) this.#options.onEvent(event);
  }
}
