import type { Bytes } from "../../../brand.ts";
import { equalBytes, wipe } from "../../../crypto/bytes.ts";
import { parseHandshake } from "../../../crypto/handshake-messages.ts";
import type { Keyring } from "../../../crypto/keyring.ts";
import type { SessionSecrets } from "../../../crypto/schedule.ts";
import { HandshakeSeal } from "../../../crypto/seal.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import { NullroomError } from "../../../errors.ts";
import { toBase64Url } from "../../../wire/read.ts";
import { Attempt } from "../handshake/attempt.ts";
import { SecureConnection } from "./secure-connection.ts";
import type { SecureConnectionEvent, SecureConnectionOptions } from "./secure-connection-options.ts";

export type ResumptionEvent =
  /** I has HS2, R has HS1. */
  | { type: "answered" }
  /** The old connection is to be closed. */
  | { type: "agreed" }
  | {
      type: "secured";
      connection: SecureConnection;
      event: Extract<SecureConnectionEvent, { type: "secured" }>;
    }
  /** Of the connection that comes about, and later of the one that did. */
  | { type: "connection"; connection: SecureConnection; event: SecureConnectionEvent }
  | { type: "failed" };

export type ResumptionOptions = {
  keyring: Keyring;
  source: HandshakeSource;
  connection: Omit<SecureConnectionOptions, "secrets" | "isFirst" | "onEvent">;
  /** A returned promise is waited for. */
  onEvent: (event: ResumptionEvent) => void | Promise<void>;
};

/** A handshake between two who share a `resume`, and the connection that comes of it. */
type RunningHandshake = {
  /** The keyring's own, by which it is found again. */
  readonly used: Bytes;
  readonly seal: HandshakeSeal;
  readonly attempt: Attempt;
  /** Of each message the first counts: the relay may repeat what it likes. */
  readonly heard: Set<number>;
};

/**
 * L2 of spec/3-session.md §8: two who have met make themselves a new connection under a handshake with PK = 1. What
 * does not open or fit is discarded, here as everywhere once there is a conversation.
 */
export class Resumption {
  readonly #options: ResumptionOptions;
  #running: RunningHandshake | undefined;
  #connection: SecureConnection | undefined;
  /** HS1 of any call that was ever heard: each opens one and no other. */
  readonly #seen = new Set<string>();
  #fresh: { rk: Bytes; resume: Bytes } | undefined;
  #isOver = false;

  constructor(options: ResumptionOptions) {
    this.#options = options;
  }

  /** I's side: HS1, whatever was before it. */
  async begin(): Promise<void> {
    const [used] = this.#options.keyring.resumes;
    if (used === undefined) return;
    const begin = await this.#start(used);
    await begin?.attempt.begin();
  }

  /** A phase-0 blob. False where it opens under no key of ours; what opens and has no place is discarded. */
  async hearHandshake(blob: Bytes): Promise<boolean> {
    const opened = await this.#open(blob);
    if (opened === undefined || this.#isOver) return false;
    const { message, used } = opened;
    const { type, hsid } = parseHandshake(message);
    const isNew = type === 1 && this.#options.connection.role === 1 && this.#isNew(hsid);
    const begin = isNew ? await this.#answer(used) : this.#running;
    const running = begin?.attempt.hsid;
    const isOurs = isNew || (running !== undefined && equalBytes(running, hsid));
    if (begin === undefined || !isOurs || begin.heard.has(type)) return true;
    begin.heard.add(type);
    await begin.attempt.hear(message);
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

  drop(): void {
    this.#running?.attempt.drop();
    this.#running = undefined;
    this.#connection?.drop();
    this.#connection = undefined;
    wipe(this.#fresh?.rk, this.#fresh?.resume);
    this.#fresh = undefined;
  }

  close(): void {
    this.#isOver = true;
    this.drop();
  }

  #isNew(hsid: Bytes): boolean {
    const name = toBase64Url(hsid);
    const isNew = !this.#seen.has(name);
    this.#seen.add(name);
    return isNew;
  }

  /** The running call's key first; a new call of I's may come under any `resume` that R holds. */
  async #open(blob: Bytes): Promise<{ message: Bytes; used: Bytes } | undefined> {
    const begin = this.#running;
    const opened = begin && (await tryOpen(begin.seal, blob));
    if (begin && opened) return { message: opened, used: begin.used };
    if (this.#options.connection.role === 0) return undefined;
    for (const used of [...this.#options.keyring.resumes]) {
      const message = await tryOpen(await this.#sealOf(used), blob);
      if (message) return { message, used };
    }
    return undefined;
  }

  async #answer(used: Bytes): Promise<RunningHandshake | undefined> {
    const begin = await this.#start(used);
    await begin?.attempt.begin();
    return begin;
  }

  async #start(used: Bytes): Promise<RunningHandshake | undefined> {
    const { keyring, source, connection } = this.#options;
    const { role, room, say } = connection;
    const seal = await this.#sealOf(used);
    this.drop();
    // A re-key or an end may have come in between.
    if (this.#isOver || !keyring.resumes.includes(used)) return undefined;
    const attempt: Attempt = new Attempt({
      role,
      setup: { psk: used, kind: 1, room },
      seal,
      source,
      say,
      onProof: () => this.#admit(begin),
      onEvent: (event) => {
        if (attempt !== this.#running?.attempt) {
          if (event.type === "authenticated") forget(event.secrets);
          return;
        }
        if (event.type === "counts") return this.#options.onEvent({ type: "answered" });
        if (event.type === "failed") return this.#fail();
        return this.#agree(begin, event.secrets);
      },
    });
    const begin: RunningHandshake = { used, seal, attempt, heard: new Set() };
    this.#running = begin;
    return begin;
  }

  /**
   * Before HS5, and at once: a re-key over the old connection may have replaced the secret of this very call, and none
   * may do so from here on. @throws "E_REKEY"
   */
  #admit(begin: RunningHandshake): void {
    if (begin !== this.#running) return; // It is being dropped.
    if (!this.#options.keyring.resumes.includes(begin.used)) {
      throw new NullroomError("E_REKEY", "the call is older than the secrets");
    }
    void this.#options.onEvent({ type: "agreed" });
  }

  /** R's old secrets give way at once, as far as I can be without them; I's when R's HELLO has come. */
  async #agree(begin: RunningHandshake, { rec, rk, resume, sealI, sealR }: SessionSecrets): Promise<void> {
    const { keyring } = this.#options;
    wipe(keyring.rk);
    if (this.#options.connection.role === 1) keyring.succeed(begin.used, { rk, resume });
    else this.#fresh = { rk, resume };
    let opened: SecureConnection | undefined;
    opened = await SecureConnection.open({
      ...this.#options.connection,
      secrets: { rec, sealI, sealR },
      isFirst: false,
      onEvent: (event) => this.#hearConnection(opened, event),
    });
    if (this.#running === begin && !this.#isOver) this.#connection = opened;
    else opened.drop();
  }

  #hearConnection(
    connection: SecureConnection | undefined,
    event: SecureConnectionEvent,
  ): void | Promise<void> {
    if (connection === undefined) return;
    if (connection === this.#connection && event.type === "secured") return this.#secure(event);
    if (connection === this.#connection && event.type === "failed") return this.#fail();
    return this.#options.onEvent({ type: "connection", connection: connection, event });
  }

  #secure(event: Extract<SecureConnectionEvent, { type: "secured" }>): void | Promise<void> {
    const { keyring, onEvent } = this.#options;
    const [connection, begin, fresh] = [this.#connection, this.#running, this.#fresh];
    if (connection === undefined || begin === undefined) return;
    this.#connection = undefined; // It is the listener's from here on.
    this.#fresh = undefined;
    if (fresh) {
      keyring.succeed(begin.used, fresh);
      keyring.keepNewest();
    }
    this.drop();
    return onEvent({ type: "secured", connection: connection, event });
  }

  #fail(): void | Promise<void> {
    this.drop();
    if (!this.#isOver) return this.#options.onEvent({ type: "failed" });
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

function forget({ rec, rk, resume, sealI, sealR }: SessionSecrets): void {
  wipe(rec, rk, resume, sealI, sealR);
}
