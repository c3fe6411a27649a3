import type { Bytes } from "../../../brand.ts";
import type { SessionSecrets } from "../../../crypto/schedule.ts";
import { NullroomError } from "../../../errors.ts";
import type { TalkFrame } from "../../../wire/frames.ts";
import type { SignalBody } from "../../../wire/signal-body.ts";
import { isLeaving } from "../goodbye.ts";
import { HELLO_TIMEOUT_MS } from "../timing.ts";
import { LANES, RESTARTS_ICE } from "./hello.ts";
import { RecoveryDriver } from "./recovery/driver.ts";
import { introduced, type RecoveryCommand, type RecoveryEvent } from "./recovery/state.ts";
import { Resumption, type ResumptionEvent } from "./resumption.ts";
import { SecureConnection } from "./secure-connection.ts";
import type { SecureConnectionEvent } from "./secure-connection-options.ts";
import type { SecurePeerEvent, SecurePeerOptions } from "./secure-peer-options.ts";

/**
 * What holds two together from the moment in which they have proved themselves to each other: the connection that is in
 * use, and whatever it takes to have it back when it fails. Decides nothing: `recovery.ts` does. spec/3-session.md §8.
 */
export class SecurePeer {
  readonly #options: SecurePeerOptions;
  readonly #lifetime = new AbortController();
  readonly #resumption: Resumption;
  readonly #recovery: RecoveryDriver;
  #connection: SecureConnection | undefined;
  /** R's, until I's first record over the new one: so long I may not know of the new keys. */
  #old: SecureConnection | undefined;
  #wasSecure = false;

  constructor(options: SecurePeerOptions) {
    this.#options = options;
    const { role, platform } = options.connection;
    const now = () => platform.now();
    this.#resumption = new Resumption({ ...options, onEvent: (event) => this.#hearResumption(event) });
    this.#recovery = new RecoveryDriver({
      now,
      signal: this.#lifetime.signal,
      first: introduced(role, now(), now() + HELLO_TIMEOUT_MS),
      onCommand: (command) => this.#run(command),
    });
  }

  get wasSecure(): boolean {
    return this.#wasSecure;
  }

  /** A goodbye would have to go by way of the server. */
  get needsCable(): boolean {
    return !(this.#connection?.carries && this.#recovery.giveUpAt === undefined);
  }

  /** The first connection, under the keys of the first handshake. `rk` and `resume` are in the keyring already. */
  async connect({ rec, sealI, sealR }: SessionSecrets): Promise<void> {
    let opened: SecureConnection | undefined;
    opened = await SecureConnection.open({
      ...this.#options.connection,
      secrets: { rec, sealI, sealR },
      isFirst: true,
      onEvent: (event) => this.#hearConnection(opened, event),
    });
    if (this.#isOver) opened.drop();
    else this.#connection = opened;
  }

  /** A phase-0 blob. False where it is nothing of ours. */
  hearHandshake(blob: Bytes): Promise<boolean> {
    return this.#resumption.hearHandshake(blob);
  }

  /**
   * A phase-1 blob, under the newest keys that open it.
   * @throws "E_SEAL", "E_SIGNAL_SEQ", "E_SDP_POLICY" before the first HELLO, where it must fit
   */
  async hearSignal(blob: Bytes): Promise<void> {
    if (await this.#resumption.hearSignal(blob)) return;
    if (await this.#connection?.hearSignal(blob)) return;
    await this.#old?.hearSignal(blob);
  }

  /** What the line or the world says; whether it means anything is the table's to say. */
  hearOfTransport(
    event: Extract<
      RecoveryEvent,
      { type: "proof" | "silence" | "woke" | "network-changed" | "signaling-restored" | "refused" }
    >,
  ): void {
    this.#recovery.handle(event);
  }

  /** No more of it. Idempotent. */
  drop(): void {
    this.#forget();
    this.#connection?.drop();
  }

  /** As `drop`, after a last word as far as that needs no waiting. */
  async part(last: TalkFrame | undefined): Promise<void> {
    const connection = this.#connection;
    const { needsCable } = this;
    if (last && isLeaving(last)) for (const each of [connection, this.#old]) each?.sayGoodbye();
    // Which keys the other side has by now, only it knows.
    if (last && needsCable) await this.#sayToAll({ t: "bye" }, [this.#resumption.connection, this.#old]);
    this.#forget();
    await connection?.part(last, !needsCable);
  }

  get #isOver(): boolean {
    return this.#lifetime.signal.aborted;
  }

  #forget(): void {
    this.#lifetime.abort();
    this.#resumption.close();
    this.#old?.drop();
    this.#options.keyring.wipe();
  }

  #hearConnection(
    connection: SecureConnection | undefined,
    event: SecureConnectionEvent,
  ): void | Promise<void> {
    if (connection === undefined || connection !== this.#connection) return;
    switch (event.type) {
      case "step":
      case "goodbye":
        return this.#tell(event);
      case "secured":
        return this.#secure(connection, event);
      case "ctl":
      case "marker":
        this.#settle();
        return this.#tell(event);
      case "connection":
        return this.#recovery.hearConnectionState(event.state);
      case "closed":
        return this.#recovery.handle({ type: connection.isConnected ? "closed-by-peer" : "dead" });
      case "asked":
      case "restarted":
        return this.#recovery.handle(event);
      case "failed":
        return this.#failed(event.error);
      default:
        event satisfies never;
    }
  }

  /** Before the first HELLO only a connection that did not come about is repaired, with somebody who can. */
  #failed(error: NullroomError): void | Promise<void> {
    const canRepair = this.#options.connection.role === 1 || this.#connection?.hasHeard === true;
    if (this.#wasSecure || error.code !== "E_CHANNEL" || !canRepair) {
      return this.#tell({ type: "failed", error });
    }
    this.#recovery.handle({ type: "handshake-failed" });
  }

  #hearResumption(event: ResumptionEvent): void | Promise<void> {
    switch (event.type) {
      case "answered":
        return this.#recovery.handle({ type: "handshake-answered" });
      case "agreed":
        this.#connection?.closeTransport();
        return this.#recovery.handle({ type: "agreed" });
      case "failed":
        return this.#recovery.handle({ type: "handshake-failed" });
      case "secured":
        return this.#secureAgain(event);
      case "connection":
        if (event.connection === this.#connection) return this.#hearConnection(event.connection, event.event);
        return this.#hearNewConnection(event.event);
      default:
        event satisfies never;
    }
  }

  /** Of a connection that is not in use yet. */
  #hearNewConnection(event: SecureConnectionEvent): void | Promise<void> {
    if (event.type === "step" && event.step === "channel") this.#recovery.handle({ type: "new-connected" });
    if (event.type === "step" && !this.#wasSecure) return this.#tell(event);
    if (event.type === "asked") return this.#recovery.handle(event);
    if (event.type === "goodbye") return this.#tell(event);
  }

  #secureAgain({ connection, event }: Extract<ResumptionEvent, { type: "secured" }>): void | Promise<void> {
    const old = this.#connection;
    this.#connection = connection;
    this.#old?.drop();
    if (this.#options.connection.role === 0) old?.drop();
    else this.#old = old;
    return this.#secure(connection, event);
  }

  #secure(
    connection: SecureConnection,
    { hello }: Extract<SecureConnectionEvent, { type: "secured" }>,
  ): void | Promise<void> {
    const { transport, signal } = connection;
    const fingerprints = transport?.fingerprints;
    if (transport === undefined || fingerprints === undefined) return;
    this.#wasSecure = true;
    const features = hello.features & this.#options.connection.hello().features;
    this.#recovery.setCanRestart((features & RESTARTS_ICE) !== 0);
    this.#recovery.handle({ type: "secured" });
    const { keyring, words, source } = this.#options;
    const lanes = (features & LANES) === 0 ? undefined : this.#recovery;
    const secured = { transport, fingerprints, words, hello, keyring, source, lanes, signal };
    return this.#tell({ type: "secured", secured });
  }

  /** R's: a record of I's after HELLO proves that I has R's, and with it the new keys. */
  #settle(): void {
    if (this.#old === undefined) return;
    this.#old.drop();
    this.#old = undefined;
    this.#options.keyring.keepNewest();
  }

  #run(command: RecoveryCommand): void | Promise<void> {
    switch (command) {
      case "interrupt":
        return this.#tell({ type: "interrupted", giveUpAt: this.#recovery.giveUpAt ?? 0 });
      case "resume":
        return this.#tell({ type: "resumed" });
      case "probe":
        return this.#tell({ type: "probe" });
      case "restart-ice":
        return this.#connection?.transport?.restart();
      case "ask-ice-restart":
        return this.#ask(1);
      case "begin-resumption":
        return this.#resumption.begin();
      case "ask-resumption":
        return this.#ask(2);
      case "close-resumption":
        return this.#resumption.drop();
      case "give-up":
        return this.#tell(this.#wasSecure ? { type: "lost" } : { type: "failed", error: noWay() });
      default:
        command satisfies never;
    }
  }

  /** Under every key that the other side may have by now: it discards what it cannot open. */
  #ask(level: 1 | 2): Promise<void> {
    return this.#sayToAll({ t: "ask", level }, [this.#resumption.connection, this.#connection, this.#old]);
  }

  async #sayToAll(body: SignalBody, connections: readonly (SecureConnection | undefined)[]): Promise<void> {
    await Promise.all(connections.map((connection) => connection?.say(body)));
  }

  #tell(event: SecurePeerEvent): void | Promise<void> {
    if (!this.#isOver) return this.#options.onEvent(event);
  }
}

function noWay(): NullroomError {
  return new NullroomError("E_CHANNEL", "no way between the two");
}
