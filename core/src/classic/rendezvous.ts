import type { Bytes, RoomId, Seat } from "../brand.ts";
import { asNullroomError, type ErrorCode, isRefusalCode, REFUSALS } from "../errors.ts";
import { childOf } from "../lifetime.ts";
import type { PeerConnection, Platform } from "../platform.ts";
import { getRoom } from "../session/room-api.ts";
import type { EndReason } from "../session/session.ts";
import { RoomChannel, type RoomEvent } from "../signaling/room-channel.ts";
import type { ClassicInit, FromServer } from "../wire/room-messages.ts";
import { Attempt, type AttemptEvent } from "./attempt.ts";
import type { ChannelsEvent, ClassicChannels } from "./classic-channels.ts";
import { loadKem } from "./key-upgrade.ts";

export type RendezvousEvent =
  /** This side has a seat, and is alone for the time being. */
  | { type: "seated"; ttlMs: number; fileSizeLimit: number }
  /** Alone again, in a room that outlives its peers. */
  | { type: "alone" }
  | { type: "connecting" }
  | { type: "secured"; key: CryptoKey; channels: ClassicChannels; pc: PeerConnection; signal: AbortSignal }
  | { type: "connection"; state: RTCPeerConnectionState }
  | Exclude<ChannelsEvent, { type: "secured" | "failed" }>
  /** The server says that the other side left, while the channels are open or have just closed. */
  | { type: "left"; reason: EndReason }
  | { type: "intruder" }
  | { type: "ended"; reason: EndReason };

export type RendezvousOptions = {
  platform: Platform;
  roomId: RoomId;
  linkKey: Bytes;
  configuration: RTCConfiguration;
  signal: AbortSignal;
  onEvent: (event: RendezvousEvent) => void | Promise<void>;
};

/** How two people find each other in a classic room: the cable, who is there, and the attempt to connect. */
export class Rendezvous {
  readonly #options: RendezvousOptions;
  readonly #room: RoomChannel;
  #role: Seat = 0;
  #attempt: Attempt | undefined;
  #attemptLifetime: AbortController;
  #secured = false;

  constructor(options: RendezvousOptions) {
    this.#options = options;
    const { platform, roomId, signal } = options;
    this.#attemptLifetime = childOf(signal);
    const onEvent = (event: RoomEvent) => this.#hearRoom(event);
    this.#room = new RoomChannel({ platform, protocol: "classic", roomId, signal, onEvent });
  }

  wake(): void {
    this.#room.wake();
  }

  /** Leave the room; resolves when the server has heard it, or shortly after at the latest. */
  leave(): Promise<void> {
    return this.#room.leave();
  }

  #hearRoom(event: RoomEvent): void {
    switch (event.type) {
      case "joined":
        break; // `init` follows, and says more.
      case "said":
        this.#hearServer(event.message);
        break;
      case "rejected":
        // With an attempt under way the two may still find each other without the room.
        if (!this.#attempt) void this.#askWhy();
        break;
      case "unreadable":
        if (!this.#secured) this.#fail(event.error.code);
        break;
      case "lost":
        if (!event.retries && !this.#secured) this.#fail(codeOf(event.reason));
        break;
      default:
        event satisfies never;
    }
  }

  #hearServer(message: FromServer): void {
    // The server can neither end a conversation nor begin another one over it.
    const idle = !this.#secured;
    switch (message.type) {
      case "init":
        if (idle) this.#sit(message);
        break;
      case "peer_ready":
        if (idle) this.#connect();
        break;
      case "signal":
        if (idle && !this.#attempt) this.#connect();
        this.#attempt?.hearSignal(message.data);
        break;
      case "peer_left":
        this.#peerLeft({ type: message.reason === "destroyed" ? "peer-destroyed" : "peer-left" });
        break;
      case "intruder":
        void this.#tell(message);
        break;
      default:
        break; // The rest belongs to protocol 2, or answers questions that this client does not ask.
    }
  }

  #sit({ initiator, ttlMs, fileSharing, fileSizeLimit }: ClassicInit): void {
    this.#dropAttempt();
    this.#role = initiator ? 0 : 1;
    void this.#tell({ type: "seated", ttlMs, fileSizeLimit: fileSharing ? fileSizeLimit : 0 });
  }

  #connect(): void {
    this.#dropAttempt();
    void this.#tell({ type: "connecting" });
    loadKem().catch(() => this.#fail("E_SERVER")); // It is fetched early, so that the upgrade need not wait for it.
    const { platform, configuration, linkKey } = this.#options;
    const { signal } = this.#attemptLifetime;
    this.#attempt = new Attempt({
      platform,
      configuration,
      role: this.#role,
      linkKey,
      signal,
      say: (data) => void this.#room.say({ action: "send_signal", data }),
      onEvent: (event) => this.#hearAttempt(event, signal),
    });
  }

  #hearAttempt(event: AttemptEvent, signal: AbortSignal): void | Promise<void> {
    if (event.type === "failed") return this.#fail(event.error.code);
    if (event.type !== "secured") return this.#tell(event);
    const attempt = this.#attempt;
    if (!attempt) return;
    this.#secured = true;
    this.#room.keepTrying();
    return this.#tell({ ...event, channels: attempt.channels, pc: attempt.pc, signal });
  }

  #peerLeft(reason: EndReason): void {
    if (this.#secured || this.#attempt?.channels.isOpen) void this.#tell({ type: "left", reason });
    else void this.#afterPeerLeft(reason);
  }

  /** An operator may let a room outlive a peer; then it waits for the next one. */
  async #afterPeerLeft(reason: EndReason): Promise<void> {
    this.#dropAttempt();
    const there = await this.#isThere().catch(() => false); // because a room that cannot be asked for is no use
    if (!there) void this.#tell({ type: "ended", reason });
    else if (!this.#attempt) void this.#tell({ type: "alone" });
  }

  /** A rejection gives no reason; whether the room is still there does. */
  async #askWhy(): Promise<void> {
    await this.#isThere().then(
      () => this.#fail("E_FULL"),
      (thrown: unknown) => this.#fail(asNullroomError(thrown, "E_ROOM", "").code),
    );
  }

  async #isThere(): Promise<boolean> {
    const { platform, roomId, signal } = this.#options;
    await getRoom(roomId, { platform, signal });
    return true;
  }

  #dropAttempt(): void {
    this.#attemptLifetime.abort();
    this.#attemptLifetime = childOf(this.#options.signal);
    this.#attempt = undefined;
  }

  #fail(code: ErrorCode): void {
    void this.#tell({ type: "ended", reason: { type: "failed", code } });
  }

  #tell(event: RendezvousEvent): void | Promise<void> {
    if (!this.#options.signal.aborted) return this.#options.onEvent(event);
  }
}

/** Why the server has closed for good: one of its refusals, or "E_SERVER" for a reason that is not among them. */
function codeOf(reason: string | undefined): ErrorCode {
  return isRefusalCode(reason) ? REFUSALS[reason] : "E_SERVER";
}
