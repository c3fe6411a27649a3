import type { Bytes } from "../../../brand.ts";
import { Attempts } from "../../../crypto/attempts.ts";
import { asNullroomError, type ErrorCode } from "../../../errors.ts";
import { Serial } from "../../../lifetime.ts";
import type { TalkFrame } from "../../../wire/frames.ts";
import { toBase64Url } from "../../../wire/read.ts";
import type { SeatInit } from "../../../wire/room-messages.ts";
import { rtcConfiguration } from "../../room-api.ts";
import { featuresOf } from "../connect/hello.ts";
import type { SecureConnectionOptions } from "../connect/secure-connection-options.ts";
import type { SecurePeer } from "../connect/secure-peer.ts";
import { roomBytes } from "./invite-secret.ts";
import { Pairing } from "./pairing.ts";
import type { PairingEvent, RendezvousEvent, RendezvousOptions } from "./rendezvous-event.ts";
import { SeatClient, type SeatEvent } from "./seat-client.ts";

/**
 * Two people in a protocol 2 room as the server has it: the seat, who is there, and what of that counts when. Its
 * table is spec/3-session.md §2. Once secure, whatever the server says is a hint.
 */
export class Rendezvous {
  readonly #options: RendezvousOptions;
  /** Its own: a goodbye may outlive the session by a moment. `leave` ends it. */
  readonly #lifetime = new AbortController();
  readonly #room: Bytes;
  readonly #seat: SeatClient;
  readonly #work: Serial;
  #init: SeatInit | undefined;
  #pairing: Pairing | undefined;
  #attempts = new Attempts();
  /** Somebody new has taken the other's seat while the conversation was still open. */
  #hasNewcomer = false;
  #isRefused = false;
  #hasLeft = false;

  constructor(options: RendezvousOptions) {
    this.#options = options;
    const { platform, roomId, seat, admit } = options;
    const { signal } = this.#lifetime;
    this.#room = roomBytes(roomId);
    this.#work = new Serial(signal, (thrown) => this.#end(asNullroomError(thrown, "E_CHANNEL", "").code));
    const onEvent = (event: SeatEvent) => this.#work.run(() => this.#hearSeat(event));
    this.#seat = new SeatClient({ platform, roomId, seat, admit, signal, onEvent });
  }

  /** One more attempt, by a click. R's side of it begins with the other's HS1. */
  retry(): void {
    this.#work.run(async () => {
      if (this.#pairing?.isIdle && this.#init?.seat === 0) await this.#pairing.begin();
    });
  }

  /** Free R's seat, by a click: for somebody who came with the link and gets no further. */
  evict(): void {
    this.#work.run(() => {
      if (this.#peer || this.#init?.seat !== 0) return;
      this.#seat.say({ action: "evict" });
      this.#alone();
    });
  }

  /** Somebody looks at the page again, or the network has changed: the server's line and the other one alike. */
  wake(isNetworkNew: boolean): void {
    this.#seat.wake();
    this.#peer?.hearOfTransport(isNetworkNew ? { type: "network-changed" } : { type: "woke", sleptMs: 0 });
  }

  /** The last PING was answered, or several were not. */
  hearHeartbeat(type: "proof" | "silence"): void {
    this.#peer?.hearOfTransport({ type });
  }

  /** The operator lets the link be used again, and this side still has its seat. */
  get mayStartOver(): boolean {
    return this.#init?.rejoin === true && !this.#isRefused;
  }

  /** The conversation is over and the room is not: whoever has the link may come. The seat stays. */
  startOver(): void {
    void this.#pairing?.close()?.part(undefined); // The answer to a goodbye has yet to leave.
    this.#pairing = undefined;
    this.#work.run(async () => {
      this.#attempts = new Attempts();
      if (this.#init === undefined || this.#hasLeft) return;
      const pairing = await this.#prepare(this.#init);
      if (!this.#hasNewcomer) return;
      this.#hasNewcomer = false;
      await pairing.begin();
    });
  }

  /**
   * Leave, with a last word where there is somebody to hear it; nothing is told to the session any more. Resolves
   * when the server has heard it too, or shortly after at the latest.
   */
  async leave(last: TalkFrame | undefined, destroy: boolean): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const peer = this.#pairing?.close();
    const needsCable = peer?.needsCable === true;
    const parted = peer?.part(last);
    if (needsCable) await parted;
    if (destroy) this.#seat.say({ action: "destroy" });
    const left = this.#seat.leave();
    this.#lifetime.abort();
    await Promise.all([parted, left]);
  }

  async #hearSeat(event: SeatEvent): Promise<void> {
    switch (event.type) {
      case "seated":
        return this.#seated(event.init);
      case "peer-ready":
        if (this.#pairing && !this.#isSecure) return this.#pairing.begin();
        this.#hasNewcomer = true;
        return this.#peer?.hearOfTransport({ type: "signaling-restored" });
      case "peer-back":
        return this.#isSecure ? this.#peer?.hearOfTransport({ type: "signaling-restored" }) : undefined;
      case "peer-left":
        this.#hasNewcomer = false;
        return this.#peerLeft(event.reason === "destroyed");
      case "signal":
        return this.#pairing?.hearSignal(event.data);
      case "intruder":
        return this.#tell({ type: "intruder" });
      case "lost":
        return this.#peer ? undefined : this.#alone();
      case "refused":
        this.#isRefused = true;
        if (this.#isSecure) return this.#peer?.hearOfTransport({ type: "refused" });
        return this.#peer ? undefined : this.#end(event.code);
      default:
        event satisfies never;
    }
  }

  /** While there is one, what the server says is a hint: the two have found each other. */
  get #peer(): SecurePeer | undefined {
    return this.#pairing?.peer;
  }

  get #isSecure(): boolean {
    return this.#peer?.wasSecure === true;
  }

  async #seated(init: SeatInit): Promise<void> {
    const isFirst = this.#init === undefined;
    const hasMoved = this.#init?.seat !== init.seat;
    this.#init = init;
    this.#isRefused = false;
    if (this.#isSecure) {
      this.#seat.say({ action: "established" });
      this.#peer?.hearOfTransport({ type: "signaling-restored" });
      return;
    }
    if (hasMoved) await this.#prepare(init);
    await this.#tell({ type: "seated", init });
    if (isFirst) await this.#tell({ type: "alone" });
  }

  async #prepare({ seat }: SeatInit): Promise<Pairing> {
    this.#pairing?.close()?.drop();
    const { secret: link, kem } = this.#options;
    const pairing = await Pairing.prepare({
      connection: this.#connectionOptions(seat),
      secret: link,
      kem,
      attempts: this.#attempts,
      // Not through #work: an attempt speaks while a message of #work is being handed to it.
      onEvent: (event) => this.#hearPairing(event),
    });
    if (this.#hasLeft) pairing.close();
    this.#pairing = pairing;
    return pairing;
  }

  #connectionOptions(
    role: SecureConnectionOptions["role"],
  ): Omit<SecureConnectionOptions, "secrets" | "isFirst" | "onEvent"> {
    const { platform, engine, hideAddress, ttlSeconds } = this.#options;
    return {
      platform,
      engine: engine,
      role,
      room: this.#room,
      configuration: () => rtcConfiguration(this.#init?.iceServers ?? [], hideAddress),
      hello: () => ({
        features: featuresOf(platform),
        maxFile: this.#init?.fileSharing ? this.#init.fileSizeLimit : 0,
        ttlSeconds: ttlSeconds(),
      }),
      say: (blob) => this.#seat.say({ action: "send_signal", data: toBase64Url(blob) }),
    };
  }

  #hearPairing(event: PairingEvent): void | Promise<void> {
    switch (event.type) {
      case "exhausted":
        return this.#end("E_HS_TAMPER");
      case "parted":
        return this.#alone();
      case "secured":
        this.#seat.keepTrying();
        this.#seat.say({ action: "established" });
        return this.#tell(event);
      default:
        return this.#tell(event);
    }
  }

  #peerLeft(destroyed: boolean): void {
    if (this.#peer) return;
    if (destroyed) void this.#tell({ type: "ended", reason: { type: "peer-destroyed" } });
    else this.#alone();
  }

  #alone(): void {
    this.#pairing?.drop();
    if (this.#init) void this.#tell({ type: "alone" });
  }

  #end(code: ErrorCode): void {
    void this.#tell({ type: "ended", reason: { type: "failed", code } });
  }

  #tell(event: RendezvousEvent): void | Promise<void> {
    if (!this.#hasLeft) return this.#options.onEvent(event);
  }
}
