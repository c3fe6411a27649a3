import type { Bytes } from "../../../brand.ts";
import type { Attempts } from "../../../crypto/attempts.ts";
import type { Kem } from "../../../crypto/kem.ts";
import { Keyring } from "../../../crypto/keyring.ts";
import type { Role } from "../../../crypto/keys.ts";
import { wipeSession } from "../../../crypto/schedule.ts";
import { blobPhase } from "../../../crypto/seal.ts";
import { freshSource } from "../../../crypto/source.ts";
import { asNullroomError, type ErrorCode, NullroomError } from "../../../errors.ts";
import type { ConnectStep, FailedAttempt } from "../../session.ts";
import type { SecurePeer, SecurePeerEvent, SecurePeerOptions } from "../connect/secure-peer.ts";
import { Attempt, type AttemptEvent } from "../handshake/attempt.ts";
import { HandshakeInbox, readBlob } from "../handshake/inbox.ts";
import type { InviteSecret } from "./invite-secret.ts";

export type PairingEvent =
  | { type: "step"; step: ConnectStep; attempt: number }
  /** An attempt failed; another one needs a person, or the other side. */
  | { type: "attempt-failed"; failed: FailedAttempt }
  /** An attempt failed, and there may be no other. */
  | { type: "exhausted" }
  /** The other side has left before there was a conversation. */
  | { type: "peer-left" }
  /** Once the two are secure, whatever the peer reports. */
  | Exclude<SecurePeerEvent, { type: "step" }>;

export type PairingOptions = Pick<SecurePeerOptions, "connection" | "platform"> & {
  kem: Promise<Kem>;
  /** Begins to load with the first attempt. @throws "E_SERVER" */
  loadSecurePeer: () => Promise<typeof SecurePeer>;
  secret: InviteSecret;
  /** Counts the attempts of this room's first pair, whoever takes which seat. */
  attempts: Attempts;
  onEvent: (event: PairingEvent) => void | Promise<void>;
};

/**
 * Two who know the link authenticate each other: attempt after attempt, each shown, until one leads to a `SecurePeer`. The
 * table of spec/4-frames.md §1 says which blob goes where.
 */
export class Pairing {
  readonly #options: PairingOptions;
  #inbox: HandshakeInbox | undefined;
  #attempt: Attempt | undefined;
  #peer: SecurePeer | undefined;
  /** From `begin` until there is an attempt: what fails meanwhile is told like the failure of one. */
  #isBeginning = false;
  #isClosed = false;

  static async create(options: PairingOptions): Promise<Pairing> {
    const { connection, secret } = options;
    const { role, room } = connection;
    const pairing = new Pairing(options);
    pairing.#inbox = await HandshakeInbox.create({ psk: secret.psk, kind: 0, room, role });
    return pairing;
  }

  private constructor(options: PairingOptions) {
    this.#options = options;
  }

  get role(): Role {
    return this.#options.connection.role;
  }

  /** Whoever has proved to know the link, and the connection to them. */
  get peer(): SecurePeer | undefined {
    return this.#peer;
  }

  get isIdle(): boolean {
    return this.#attempt === undefined && this.#peer === undefined && !this.#isBeginning;
  }

  /** Begin a new attempt, whatever was under way before. @throws "E_HS_TAMPER" when three have counted */
  async begin(): Promise<void> {
    this.cancel();
    const { connection, secret, kem, attempts } = this.#options;
    const { role, room, say } = connection;
    const inbox = this.#openInbox;
    if (inbox === undefined) return;
    this.#isBeginning = true;
    attempts.begin();
    this.#step("handshake");
    this.#options.loadSecurePeer().catch(() => undefined); // because the attempt fails of it when it needs it
    const source = freshSource(await kem);
    if (this.#isClosed) return;
    const attempt: Attempt = new Attempt({
      role,
      setup: { psk: secret.psk, kind: 0, room },
      seal: inbox.seal,
      source,
      say,
      onEvent: (event) => this.#hearAttempt(attempt, event),
    });
    this.#attempt = attempt;
    this.#isBeginning = false;
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

  /** What was under way is over, and another attempt may begin. */
  cancel(): void {
    this.#isBeginning = false;
    this.#attempt?.close();
    this.#attempt = undefined;
    this.#peer?.close();
    this.#peer = undefined;
  }

  /** Idempotent. Returns the peer, if there is one: the caller leaves it, or closes it. */
  close(): SecurePeer | undefined {
    const peer = this.#peer;
    this.#isClosed = true;
    this.#peer = undefined;
    this.#inbox = undefined;
    this.cancel();
    return peer;
  }

  get #openInbox(): HandshakeInbox | undefined {
    return this.#isClosed ? undefined : this.#inbox;
  }

  async #hearHandshake(blob: Bytes): Promise<void> {
    if (await this.#peer?.hearHandshake(blob)) return;
    // An initiator without an attempt has asked for nothing; for a responder an HS1 begins one.
    if (this.#openInbox === undefined || (this.#attempt === undefined && this.role === 0)) return;
    const { message, isNew } = await this.#openInbox.open(blob);
    const awaitsFirst = this.#attempt !== undefined && this.#attempt.hsid === undefined;
    if (isNew && this.role === 1 && !awaitsFirst) await this.begin();
    await this.#attempt?.hearMessage(message);
  }

  #hearAttempt(attempt: Attempt, event: AttemptEvent): void | Promise<void> {
    if (attempt !== this.#attempt) return;
    switch (event.type) {
      case "counts":
        return this.#options.attempts.count();
      case "authenticated":
        return this.#authenticated(attempt, event);
      case "failed":
        return this.#failed(event.error);
      default:
        event satisfies never;
    }
  }

  /** @throws "E_SERVER" where the code for whatever follows cannot be loaded */
  async #authenticated(
    attempt: Attempt,
    { secrets, words }: Extract<AttemptEvent, { type: "authenticated" }>,
  ): Promise<void> {
    const { connection, platform, kem, loadSecurePeer } = this.#options;
    this.#step("network");
    const loaded = Promise.all([loadSecurePeer(), kem]);
    const [Peer, readyKem] = await loaded.catch((thrown) => {
      wipeSession(secrets);
      throw thrown;
    });
    if (attempt !== this.#attempt) return wipeSession(secrets); // It was cancelled meanwhile.
    const { rk, resume } = secrets;
    const peer: SecurePeer = new Peer({
      ...{ connection, platform, words },
      keyring: new Keyring({ rk, resume }),
      source: freshSource(readyKem),
      onEvent: (event) => this.#hearPeer(peer, event),
    });
    this.#peer = peer;
    await peer.connect(secrets);
  }

  #hearPeer(peer: SecurePeer, event: SecurePeerEvent): void | Promise<void> {
    if (peer !== this.#peer) return;
    if (event.type === "step") return this.#step(event.step);
    if (event.type === "secured") {
      this.#attempt?.close();
      this.#attempt = undefined;
      this.#inbox = undefined;
    }
    if (peer.wasSecure) return this.#options.onEvent(event);
    if (event.type === "failed") return this.#failed(event.error);
    if (event.type === "goodbye") return this.#options.onEvent({ type: "peer-left" });
  }

  #step(step: ConnectStep): void {
    void this.#options.onEvent({ type: "step", step, attempt: this.#options.attempts.number });
  }

  #failed({ code }: { code: ErrorCode }): void {
    if (this.isIdle) return;
    this.cancel();
    const { attempts, onEvent } = this.#options;
    if (attempts.exhausted) void onEvent({ type: "exhausted" });
    else void onEvent({ type: "attempt-failed", failed: { code, mayStartAnother: this.role === 0 } });
  }
}
