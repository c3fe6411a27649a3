import type { Bytes } from "../../../brand.ts";
import type { Attempts } from "../../../crypto/attempts.ts";
import type { Kem } from "../../../crypto/kem.ts";
import { Keyring } from "../../../crypto/keyring.ts";
import type { Role } from "../../../crypto/keys.ts";
import { blobPhase } from "../../../crypto/seal.ts";
import { freshSource } from "../../../crypto/source.ts";
import { asNullroomError, type ErrorCode, NullroomError } from "../../../errors.ts";
import { SecurePeer } from "../connect/secure-peer.ts";
import type { SecurePeerEvent, SecurePeerOptions } from "../connect/secure-peer-options.ts";
import { Attempt } from "../handshake/attempt.ts";
import type { AttemptEvent } from "../handshake/attempt-options.ts";
import { HandshakeInbox, readBlob } from "../handshake/inbox.ts";
import type { InviteSecret } from "./invite-secret.ts";
import type { PairingEvent } from "./rendezvous-event.ts";

export type PairingOptions = Pick<SecurePeerOptions, "connection"> & {
  kem: Promise<Kem>;
  secret: InviteSecret;
  /** Those of this room's first pair, whoever takes which seat. */
  attempts: Attempts;
  onEvent: (event: PairingEvent) => void | Promise<void>;
};

/**
 * Two who know the link find each other: attempt after attempt, each shown, until one leads to a peer. Which blob
 * goes where is the table of spec/4-frames.md §1.
 */
export class Pairing {
  readonly #options: PairingOptions;
  #inbox: HandshakeInbox | undefined;
  #attempt: Attempt | undefined;
  #peer: SecurePeer | undefined;
  #isOver = false;

  static async prepare(options: PairingOptions): Promise<Pairing> {
    const { connection, secret: link } = options;
    const { role, room } = connection;
    const pairing = new Pairing(options);
    pairing.#inbox = await HandshakeInbox.open({ psk: link.psk, kind: 0, room, role });
    return pairing;
  }

  private constructor(options: PairingOptions) {
    this.#options = options;
  }

  get role(): Role {
    return this.#options.connection.role;
  }

  /** The two have proved themselves to each other. */
  get peer(): SecurePeer | undefined {
    return this.#peer;
  }

  get isIdle(): boolean {
    return this.#attempt === undefined && this.#peer === undefined;
  }

  /** A new attempt; what was before it is dropped. @throws "E_HS_TAMPER" when three have counted */
  async begin(): Promise<void> {
    this.drop();
    const { connection, secret: link, kem } = this.#options;
    const { role, room, say } = connection;
    const { inbox } = this;
    if (inbox === undefined) return;
    this.#options.attempts.begin();
    this.#step("handshake");
    const source = freshSource(await kem);
    if (this.#isOver) return;
    const attempt: Attempt = new Attempt({
      role,
      setup: { psk: link.psk, kind: 0, room },
      seal: inbox.seal,
      source,
      say,
      onEvent: (event) => this.#hearAttempt(attempt, event),
    });
    this.#attempt = attempt;
    await attempt.begin();
  }

  /** Whatever the relay brings. Once secure, what does not open or fit is discarded, and the session goes on. */
  async hearSignal(data: unknown): Promise<void> {
    const peer = this.#peer;
    try {
      const blob = readBlob(data);
      if (blobPhase(blob) === 1) await peer?.hearSignal(blob);
      else if (peer?.wasSecure) await peer.hearHandshake(blob);
      else await this.#hearHandshake(blob);
    } catch (thrown) {
      if (!peer?.wasSecure) this.#failed(asNullroomError(thrown, "E_CHANNEL", "the attempt failed"));
      else if (!(thrown instanceof NullroomError)) throw thrown;
    }
  }

  /** What was under way is over; another attempt may begin. */
  drop(): void {
    this.#attempt?.drop();
    this.#attempt = undefined;
    this.#peer?.drop();
    this.#peer = undefined;
  }

  /** No more of it; the peer is the caller's to part. */
  close(): SecurePeer | undefined {
    const peer = this.#peer;
    this.#isOver = true;
    this.#peer = undefined;
    this.#inbox = undefined;
    this.drop();
    return peer;
  }

  private get inbox(): HandshakeInbox | undefined {
    return this.#isOver ? undefined : this.#inbox;
  }

  async #hearHandshake(blob: Bytes): Promise<void> {
    if (await this.#peer?.hearHandshake(blob)) return;
    // I without an attempt asked for nothing; R without one may be called by an HS1.
    if (this.inbox === undefined || (this.#attempt === undefined && this.role === 0)) return;
    const { message, isNewCall } = await this.inbox.read(blob);
    const waits = this.#attempt !== undefined && this.#attempt.hsid === undefined;
    if (isNewCall && this.role === 1 && !waits) await this.begin();
    await this.#attempt?.hear(message);
  }

  #hearAttempt(attempt: Attempt, event: AttemptEvent): void | Promise<void> {
    if (attempt !== this.#attempt) return;
    switch (event.type) {
      case "counts":
        return this.#options.attempts.count();
      case "authenticated":
        return this.#authenticated(event);
      case "failed":
        return this.#failed(event.error);
      default:
        event satisfies never;
    }
  }

  async #authenticated({ secrets, words }: Extract<AttemptEvent, { type: "authenticated" }>): Promise<void> {
    const { rk, resume } = secrets;
    const { connection, kem } = this.#options;
    this.#step("network");
    const peer: SecurePeer = new SecurePeer({
      keyring: new Keyring({ rk, resume }),
      words,
      connection: connection,
      source: freshSource(await kem),
      onEvent: (event) => this.#hearPeer(peer, event),
    });
    this.#peer = peer;
    await peer.connect(secrets);
  }

  #hearPeer(peer: SecurePeer, event: SecurePeerEvent): void | Promise<void> {
    if (peer !== this.#peer) return;
    if (event.type === "step") return this.#step(event.step);
    if (event.type === "secured") {
      this.#attempt?.drop();
      this.#attempt = undefined;
      this.#inbox = undefined;
    }
    if (peer.wasSecure) return this.#options.onEvent(event);
    if (event.type === "failed") return this.#failed(event.error);
    if (event.type === "goodbye") return this.#options.onEvent({ type: "parted" });
  }

  #step(step: Extract<PairingEvent, { type: "step" }>["step"]): void {
    void this.#options.onEvent({ type: "step", step, attempt: this.#options.attempts.number });
  }

  #failed({ code }: { code: ErrorCode }): void {
    if (this.isIdle) return;
    this.drop();
    if (this.#options.attempts.exhausted) void this.#options.onEvent({ type: "exhausted" });
    else
      void this.#options.onEvent({
        type: "attempt-failed",
        failed: { code, mayStartAnother: this.role === 0 },
      });
  }
}
