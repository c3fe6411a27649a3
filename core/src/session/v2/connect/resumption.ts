import type { Bytes } from "../../../brand.ts";
import { equalBytes, wipe } from "../../../crypto/bytes.ts";
import { parseHandshake } from "../../../crypto/handshake-messages.ts";
import type { Keyring } from "../../../crypto/keyring.ts";
import { type SessionSecrets, wipeSession } from "../../../crypto/schedule.ts";
import { HandshakeSeal } from "../../../crypto/seal.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import { NullroomError } from "../../../errors.ts";
import { Attempt } from "../handshake/attempt.ts";
import { SeenHandshakes } from "../handshake/inbox.ts";
import {
  SecureConnection,
  type SecureConnectionEvent,
  type SecureConnectionOptions,
} from "./secure-connection.ts";

export type ResumptionEvent =
  /** The initiator has HS2, or the responder has HS1. */
  | { type: "answered" }
  /** The old connection is to be closed. */
  | { type: "agreed" }
  | {
      type: "secured";
      connection: SecureConnection;
      event: Extract<SecureConnectionEvent, { type: "secured" }>;
    }
  /** An event of the connection that is coming about, and later of the one that did. */
  | { type: "connection"; connection: SecureConnection; event: SecureConnectionEvent }
  | { type: "failed"; error: NullroomError };

export type ResumptionOptions = {
  keyring: Keyring;
  source: HandshakeSource;
  connection: Omit<SecureConnectionOptions, "secrets" | "isFirst" | "onEvent">;
  /** A returned promise is waited for. */
  onEvent: (event: ResumptionEvent) => void | Promise<void>;
};

/** One handshake between two who share a `resume`. */
type RunningHandshake = {
  /** Which of the keyring's secrets keys it: the keyring's own object. */
  readonly used: Bytes;
  readonly seal: HandshakeSeal;
  readonly attempt: Attempt;
  /** The first of each message counts: the relay may repeat what it likes. */
  readonly heard: Set<number>;
};

/**
 * L2 of spec/3-session.md §8: two who have authenticated each other make a new connection under a handshake with PK = 1.
 * What does not open or fit is discarded, as everywhere once there is a conversation.
 */
export class Resumption {
  readonly #options: ResumptionOptions;
  #running: RunningHandshake | undefined;
  #connection: SecureConnection | undefined;
  /** The `hsid` of every HS1 that was ever heard: each begins one handshake and no other. */
  readonly #seen = new SeenHandshakes();
  #fresh: { rk: Bytes; resume: Bytes } | undefined;
  #isClosed = false;

  constructor(options: ResumptionOptions) {
    this.#options = options;
  }

  /** The initiator's side: say HS1, whatever was under way before. */
  async begin(): Promise<void> {
    const [used] = this.#options.keyring.resumes;
    if (used === undefined) return;
    const running = await this.#start(used);
    await running?.attempt.begin();
  }

  /** A phase-0 blob. False where it opens under no key of ours; what opens and has no place is discarded. */
  async hearHandshake(blob: Bytes): Promise<boolean> {
    const opened = await this.#open(blob);
    if (opened === undefined || this.#isClosed) return false;
    const { message, used } = opened;
    const { type, hsid } = parseHandshake(message);
    const isNew = type === 1 && this.#options.connection.role === 1 && this.#seen.isNew(hsid);
    const running = isNew ? await this.#answer(used) : this.#running;
    const known = running?.attempt.hsid;
    const isOurs = isNew || (known !== undefined && equalBytes(known, hsid));
    if (running === undefined || !isOurs || running.heard.has(type)) return true;
    running.heard.add(type);
    await running.attempt.hearMessage(message);
    return true;
  }

  /** A phase-1 blob for the connection that is coming about. */
  async hearSignal(blob: Bytes): Promise<boolean> {
    return (await this.#connection?.hearSignal(blob)) ?? false;
  }

  /** The connection that is coming about, by whose keys the other side may be reached too. */
  get connection(): SecureConnection | undefined {
    return this.#connection;
  }

  /** Whatever is under way is over, and another may begin. */
  cancel(): void {
    this.#running?.attempt.close();
    this.#running = undefined;
    this.#connection?.close();
    this.#connection = undefined;
    wipe(this.#fresh?.rk, this.#fresh?.resume);
    this.#fresh = undefined;
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.cancel();
  }

  /** Under the running handshake's key first; a new HS1 may come under any `resume` that the responder holds. */
  async #open(blob: Bytes): Promise<{ message: Bytes; used: Bytes } | undefined> {
    const running = this.#running;
    const opened = running && (await tryOpen(running.seal, blob));
    if (running && opened) return { message: opened, used: running.used };
    if (this.#options.connection.role === 0) return undefined;
    for (const used of [...this.#options.keyring.resumes]) {
      const message = await tryOpen(await this.#sealOf(used), blob);
      if (message) return { message, used };
    }
    return undefined;
  }

  async #answer(used: Bytes): Promise<RunningHandshake | undefined> {
    const running = await this.#start(used);
    await running?.attempt.begin();
    return running;
  }

  async #start(used: Bytes): Promise<RunningHandshake | undefined> {
    const { keyring, source, connection } = this.#options;
    const { role, room, say } = connection;
    const seal = await this.#sealOf(used);
    this.cancel();
    // A re-key or an end may have come in between.
    if (this.#isClosed || !keyring.resumes.includes(used)) return undefined;
    const attempt: Attempt = new Attempt({
      role,
      setup: { psk: used, kind: 1, room },
      seal,
      source,
      say,
      onProof: () => this.#admit(running),
      onEvent: (event) => {
        if (attempt !== this.#running?.attempt) {
          if (event.type === "authenticated") wipeSession(event.secrets);
          return;
        }
        if (event.type === "counts") return this.#options.onEvent({ type: "answered" });
        if (event.type === "failed") return this.#fail(event.error);
        return this.#agree(running, event.secrets);
      },
    });
    const running: RunningHandshake = { used, seal, attempt, heard: new Set() };
    this.#running = running;
    return running;
  }

  /**
   * Before HS5, and at once: a re-key over the old connection may have replaced the secret of this very handshake, and none
   * may do so from here on. @throws "E_REKEY"
   */
  #admit(running: RunningHandshake): void {
    if (running !== this.#running) return; // It is being closed.
    if (!this.#options.keyring.resumes.includes(running.used)) {
      throw new NullroomError("E_REKEY", "the handshake is older than the secrets");
    }
    void this.#options.onEvent({ type: "agreed" });
  }

  /**
   * The responder's old secrets give way at once, as far as the initiator can be without them; the initiator's give way
   * when the responder's HELLO has come.
   */
  async #agree(running: RunningHandshake, { rec, rk, resume, sealI, sealR }: SessionSecrets): Promise<void> {
    const { keyring } = this.#options;
    wipe(keyring.rk);
    if (this.#options.connection.role === 1) keyring.succeed(running.used, { rk, resume });
    else this.#fresh = { rk, resume };
    const connection: SecureConnection = await SecureConnection.create({
      ...this.#options.connection,
      secrets: { rec, sealI, sealR },
      isFirst: false,
      onEvent: (event) => this.#hearConnection(connection, event),
    });
    if (this.#running !== running || this.#isClosed) return connection.close();
    this.#connection = connection;
    await connection.open();
  }

  #hearConnection(connection: SecureConnection, event: SecureConnectionEvent): void | Promise<void> {
    if (connection === this.#connection && event.type === "secured") return this.#secure(event);
    if (connection === this.#connection && event.type === "failed") return this.#fail(event.error);
    return this.#options.onEvent({ type: "connection", connection, event });
  }

  #secure(event: Extract<SecureConnectionEvent, { type: "secured" }>): void | Promise<void> {
    const { keyring, onEvent } = this.#options;
    const [connection, running, fresh] = [this.#connection, this.#running, this.#fresh];
    if (connection === undefined || running === undefined) return;
    this.#connection = undefined; // It is the listener's from here on.
    this.#fresh = undefined;
    if (fresh) {
      keyring.succeed(running.used, fresh);
      keyring.keepNewest();
    }
    this.cancel();
    return onEvent({ type: "secured", connection, event });
  }

  #fail(error: NullroomError): void | Promise<void> {
    this.cancel();
    if (!this.#isClosed) return this.#options.onEvent({ type: "failed", error });
  }

  #sealOf(used: Bytes): Promise<HandshakeSeal> {
    const { role, room } = this.#options.connection;
    return HandshakeSeal.create({ psk: used, kind: 1, room, role });
  }
}

/** Undefined where it does not open, which is no failure: it may be meant for another key, or for nobody. */
async function tryOpen(seal: HandshakeSeal, blob: Bytes): Promise<Bytes | undefined> {
  try {
    return await seal.open(blob);
  } catch (thrown) {
    if (thrown instanceof NullroomError) return undefined;
    throw thrown;
  }
}
