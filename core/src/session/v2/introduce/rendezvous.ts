import type { Bytes, RoomId, Seat } from "../../../brand.ts";
import { Attempts } from "../../../crypto/attempts.ts";
import type { Kem } from "../../../crypto/kem.ts";
import { asNullroomError, type ErrorCode } from "../../../errors.ts";
import { Serial } from "../../../lifetime.ts";
import type { Platform } from "../../../platform.ts";
import type { TalkFrame } from "../../../wire/frames.ts";
import { toBase64Url } from "../../../wire/read.ts";
import type { SeatInit } from "../../../wire/room-messages.ts";
import { rtcConfiguration } from "../../room-api.ts";
import type { EndReason } from "../../session.ts";
import { featuresOf } from "../connect/hello.ts";
import type { PeerConnectionTransport } from "../connect/peer-connection-transport.ts";
import type { ResumptionOptions } from "../connect/resumption.ts";
import type { SecurePeer } from "../connect/secure-peer.ts";
import type { OpenTransport } from "../connect/transport.ts";
import type { FileEngineClient } from "../engine/client.ts";
import { type InviteSecret, roomBytes } from "./invite-secret.ts";
import { Pairing, type PairingEvent } from "./pairing.ts";
import { SeatClient, type SeatEvent } from "./seat-client.ts";

export type RendezvousEvent =
  | { type: "seated"; init: SeatInit }
  /** Seated, and nobody to talk to for the time being. */
  | { type: "alone" }
  | { type: "intruder" }
  | { type: "ended"; reason: EndReason }
  | Exclude<PairingEvent, { type: "exhausted" | "peer-left" }>;

/** The code that connects two, which comes later than the rest. */
export type ConnectCode = {
  readonly SecurePeer: typeof SecurePeer;
  readonly PeerConnectionTransport: typeof PeerConnectionTransport;
};

export type RendezvousOptions = {
  platform: Platform;
  /** How the two are connected, where not by a PeerConnection. */
  openTransport?: OpenTransport | undefined;
  /** What this side can do, as HELLO says it, where it says less than its platform can. */
  features?: number | undefined;
  /** What is needed once the two have met. @throws "E_SERVER" */
  load: () => Promise<ConnectCode>;
  engine: Pick<FileEngineClient, "attach">;
  roomId: RoomId;
  seat: Seat;
  secret: InviteSecret;
  admit: Bytes;
  kem: Promise<Kem>;
  hideAddress: boolean;
  /** How long this side lets the session last from now, or go on. */
  ttlSeconds: () => number;
  /** A returned promise is waited for. */
  onEvent: (event: RendezvousEvent) => void | Promise<void>;
};

/**
 * Two people in a protocol 2 room as the server sees it: this side's seat, who is in the other one, and what of that counts
 * when. Its table is spec/3-session.md §2. Once the two are secure, whatever the server says is a hint.
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
  /** Somebody new has taken the other seat while the conversation was still open. */
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

  /** Begin one more attempt, by a click. The responder's side of it begins with the initiator's HS1. */
  retry(): void {
    this.#work.run(async () => {
      if (this.#pairing?.isIdle && this.#init?.seat === 0) await this.#pairing.begin();
    });
  }

  /** Free the responder's seat, by a click: for somebody who came with the link and gets no further. */
  evict(): void {
    this.#work.run(() => {
      if (this.#peer || this.#init?.seat !== 0) return;
      this.#seat.say({ action: "evict" });
      this.#waitAlone();
    });
  }

  /** Somebody looks at the page again, or the network has changed: look after the socket and the peer alike. */
  wake(isNetworkNew: boolean): void {
    this.#seat.wake();
    this.#peer?.hearHint(isNetworkNew ? { type: "network-changed" } : { type: "woke", sleptMs: 0 });
  }

  /** The operator lets the link be used again, and this side still has its seat. */
  get mayStartOver(): boolean {
    return this.#init?.rejoin === true && !this.#isRefused;
  }

  /** The conversation is over and the room is not: whoever has the link may come. The seat stays. */
  startOver(): void {
    void this.#pairing?.close()?.leave(undefined); // The answer to a goodbye has yet to leave.
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
    const needsServer = peer?.needsServer === true;
    const peerLeft = peer?.leave(last);
    if (needsServer) await peerLeft;
    if (destroy) this.#seat.say({ action: "destroy" });
    const seatLeft = this.#seat.leave();
    this.#lifetime.abort();
    await Promise.all([peerLeft, seatLeft]);
  }

  async #hearSeat(event: SeatEvent): Promise<void> {
    switch (event.type) {
      case "seated":
        return this.#seated(event.init);
      case "peer-ready":
        if (this.#pairing && !this.#isSecure) return this.#pairing.begin();
        this.#hasNewcomer = true;
        return this.#peer?.hearHint({ type: "signaling-restored" });
      case "peer-back":
        return this.#isSecure ? this.#peer?.hearHint({ type: "signaling-restored" }) : undefined;
      case "peer-left":
        this.#hasNewcomer = false;
        return this.#peerLeft(event.reason === "destroyed");
      case "signal":
        return this.#pairing?.hearSignal(event.data);
      case "intruder":
        return this.#tell({ type: "intruder" });
      case "lost":
        return this.#peer ? undefined : this.#waitAlone();
      case "refused":
        this.#isRefused = true;
        if (this.#isSecure) return this.#peer?.hearHint({ type: "refused" });
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
      this.#peer?.hearHint({ type: "signaling-restored" });
      return;
    }
    if (hasMoved) await this.#prepare(init);
    await this.#tell({ type: "seated", init });
    if (isFirst) await this.#tell({ type: "alone" });
  }

  async #prepare({ seat }: SeatInit): Promise<Pairing> {
    this.#pairing?.close()?.close();
    const { platform, secret, kem, load } = this.#options;
    const pairing = await Pairing.create({
      connection: this.#connectionOptions(seat),
      ...{ platform, secret, kem },
      loadSecurePeer: async () => (await load()).SecurePeer,
      attempts: this.#attempts,
      // Not through #work: an attempt speaks while a message of #work is being handed to it.
      onEvent: (event) => this.#hearPairing(event),
    });
    if (this.#hasLeft) pairing.close();
    this.#pairing = pairing;
    return pairing;
  }

  #connectionOptions(role: Seat): ResumptionOptions["connection"] {
    const { platform, load, engine, hideAddress, ttlSeconds, features } = this.#options;
    const configuration = () => rtcConfiguration(this.#init?.iceServers ?? [], hideAddress);
    const openPeerConnection: OpenTransport = async (options) =>
      (await load()).PeerConnectionTransport.open({ ...options, platform, configuration });
    return {
      openTransport: this.#options.openTransport ?? openPeerConnection,
      engine,
      role,
      room: this.#room,
      hello: () => ({
        features: features ?? featuresOf(platform),
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
      case "peer-left":
        return this.#waitAlone();
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
    else this.#waitAlone();
  }

  #waitAlone(): void {
    this.#pairing?.cancel();
    if (this.#init) void this.#tell({ type: "alone" });
  }

  #end(code: ErrorCode): void {
    void this.#tell({ type: "ended", reason: { type: "failed", code } });
  }

  #tell(event: RendezvousEvent): void | Promise<void> {
    if (!this.#hasLeft) return this.#options.onEvent(event);
  }
}
