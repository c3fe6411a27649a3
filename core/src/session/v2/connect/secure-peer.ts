import type { Bytes } from "../../../brand.ts";
import type { Keyring } from "../../../crypto/keyring.ts";
import type { SasIndices } from "../../../crypto/sas.ts";
import type { SessionSecrets } from "../../../crypto/schedule.ts";
import type { HandshakeSource } from "../../../crypto/source.ts";
import { NullroomError } from "../../../errors.ts";
import type { Platform } from "../../../platform.ts";
import { FEATURE_LANES, FEATURE_RESTART, type TalkFrame } from "../../../wire/frames.ts";
import type { SignalBody } from "../../../wire/signal-body.ts";
import type { ConnectStep } from "../../session.ts";
import { isLeaving } from "../goodbye.ts";
import { HELLO_TIMEOUT_MS } from "../timing.ts";
import { RecoveryDriver } from "./recovery/driver.ts";
import { introduced, type RecoveryCommand, type RecoveryEvent } from "./recovery/state.ts";
import { Resumption, type ResumptionEvent, type ResumptionOptions } from "./resumption.ts";
import { SecureConnection, type SecureConnectionEvent } from "./secure-connection.ts";
import type { Secured } from "./secured.ts";

export type SecurePeerEvent =
  | { type: "step"; step: ConnectStep }
  /** Both HELLOs are out, for the first time or over a new connection. */
  | { type: "secured"; secured: Secured }
  | { type: "interrupted"; giveUpAt: number }
  /** The connection that was interrupted carries again. */
  | { type: "resumed" }
  /** A PING is to go out now. */
  | { type: "probe" }
  | { type: "goodbye" }
  | { type: "lost" }
  | { type: "failed"; error: NullroomError };

export type SecurePeerOptions = Omit<ResumptionOptions, "onEvent"> & {
  platform: Pick<Platform, "now">;
  /** Owned from here on. */
  keyring: Keyring;
  words: SasIndices;
  /** Where fresh keys come from. */
  source: HandshakeSource;
  onEvent: (event: SecurePeerEvent) => void | Promise<void>;
};

/**
 * The other person from the moment in which the two have proved themselves to each other: the connection to them that is in
 * use, and whatever it takes to have it back when it fails. Decides nothing: `recovery/table.ts` does. spec/3-session.md §8.
 */
export class SecurePeer {
  readonly #options: SecurePeerOptions;
  readonly #lifetime = new AbortController();
  readonly #resumption: Resumption;
  readonly #recovery: RecoveryDriver;
  #connection: SecureConnection | undefined;
  /** The responder's, until the initiator's first record over the new one: so long it may not know of the new keys. */
  #old: SecureConnection | undefined;
  #wasSecure = false;

  constructor(options: SecurePeerOptions) {
    this.#options = options;
    const { connection, platform } = options;
    const now = () => platform.now();
    this.#resumption = new Resumption({ ...options, onEvent: (event) => this.#hearResumption(event) });
    this.#recovery = new RecoveryDriver({
      now,
      signal: this.#lifetime.signal,
      first: introduced(connection.role, now(), now() + HELLO_TIMEOUT_MS),
      onCommand: (command) => this.#obey(command),
    });
  }

  get wasSecure(): boolean {
    return this.#wasSecure;
  }

  /** A goodbye would have to go by way of the server. */
  get needsServer(): boolean {
    return !(this.#connection?.carries && this.#recovery.giveUpAt === undefined);
  }

  /** Open the first connection, under the keys of the first handshake. `rk` and `resume` are in the keyring already. */
  async connect({ rec, sealI, sealR }: SessionSecrets): Promise<void> {
    const connection: SecureConnection = await SecureConnection.create({
      ...this.#options.connection,
      secrets: { rec, sealI, sealR },
      isFirst: true,
      onEvent: (event) => this.#hearConnection(connection, event),
    });
    if (this.#isClosed) return connection.close();
    this.#connection = connection;
    await connection.open();
  }

  /** A phase-0 blob. False where it belongs to no resumption. */
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

  /** What the server or the machine says; the table decides whether it means anything. */
  hearHint(
    hint: Extract<RecoveryEvent, { type: "woke" | "network-changed" | "signaling-restored" | "refused" }>,
  ): void {
    this.#recovery.handle(hint);
  }

  /** Idempotent. */
  close(): void {
    this.#end();
    this.#connection?.close();
  }

  /** Close, after a last word as far as that needs no waiting. */
  async leave(last: TalkFrame | undefined): Promise<void> {
    const connection = this.#connection;
    const { needsServer } = this;
    if (last && isLeaving(last)) for (const each of [connection, this.#old]) each?.sayGoodbye();
    // Which keys the other side has by now, only it knows.
    if (last && needsServer) await this.#sayToAll({ t: "bye" }, [this.#resumption.connection, this.#old]);
    this.#end();
    await connection?.leave(last, !needsServer);
  }

  get #isClosed(): boolean {
    return this.#lifetime.signal.aborted;
  }

  #end(): void {
    this.#lifetime.abort();
    this.#resumption.close();
    this.#old?.close();
    this.#options.keyring.wipe();
  }

  #hearConnection(connection: SecureConnection, event: SecureConnectionEvent): void | Promise<void> {
    if (connection !== this.#connection) return;
    switch (event.type) {
      case "step":
      case "goodbye":
        return this.#tell(event);
      case "secured":
        return this.#secure(connection, event);
      case "confirmed":
        return this.#settle();
      case "state":
        return this.#recovery.handle({ type: event.state === "failed" ? "dead" : event.state });
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
        // What is wrong in this program is not mended by trying again.
        if (event.error.code === "E_INTERNAL") return this.#tell(event);
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
    this.#old?.close();
    if (this.#options.connection.role === 0) old?.close();
    else this.#old = old;
    return this.#secure(connection, event);
  }

  #secure(
    { signal }: SecureConnection,
    { hello, transport, channels, binding }: Extract<SecureConnectionEvent, { type: "secured" }>,
  ): void | Promise<void> {
    this.#wasSecure = true;
    const { connection, keyring, words, source } = this.#options;
    const features = hello.features & connection.hello().features;
    this.#recovery.setCanRestart((features & FEATURE_RESTART) !== 0);
    this.#recovery.handle({ type: "secured" });
    const secured: Secured = {
      ...{ role: connection.role, transport, channels, binding, words, hello, keyring, source, signal },
      recovery: this.#recovery,
      canHaveLanes: (features & FEATURE_LANES) !== 0,
    };
    return this.#tell({ type: "secured", secured });
  }

  /** The responder's: a record of the initiator's after HELLO proves that it has the new keys. */
  #settle(): void {
    if (this.#old === undefined) return;
    this.#old.close();
    this.#old = undefined;
    this.#options.keyring.keepNewest();
  }

  #obey(command: RecoveryCommand): void | Promise<void> {
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
        return this.#resumption.cancel();
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
    if (!this.#isClosed) return this.#options.onEvent(event);
  }
}

function noWay(): NullroomError {
  return new NullroomError("E_CHANNEL", "no way between the two");
}
