import type { Bytes } from "../../../brand.ts";
import { wipe } from "../../../crypto/bytes.ts";
import { SignalSeal } from "../../../crypto/seal.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after, childOf } from "../../../lifetime.ts";
import type { TalkFrame } from "../../../wire/frames.ts";
import { formatSignalBody, parseSignalBody, type SignalBody } from "../../../wire/signal-body.ts";
import type { SecureChannels } from "../records/secure-channels.ts";
import { BYE_TIMEOUT_MS, HELLO_TIMEOUT_MS } from "../timing.ts";
import { HelloExchange } from "./hello.ts";
import type { SecureConnectionEvent, SecureConnectionOptions } from "./secure-connection-options.ts";
import { Transport, type TransportEvent } from "./transport.ts";

/**
 * Two who have authenticated each other, over one PeerConnection: their sealed signals, the transport, HELLO each way
 * and whatever comes after it. spec/3-session.md §6. It fails once, with an event, and
 * has only signals from then on.
 */
export class SecureConnection {
  readonly #options: SecureConnectionOptions;
  readonly #signals: SignalSeal;
  /** Its own: a goodbye may outlive the session by a moment. Whoever makes a connection drops it. */
  readonly #lifetime = new AbortController();
  /** Ends before the signals do, when a new connection is to take this one's place. */
  readonly #connected = childOf(this.#lifetime.signal);
  readonly #hellos: HelloExchange;
  readonly #cancelDeadline: () => void;
  #transport: Transport | undefined;
  #phase: "rendezvous" | "secure" | "hung-up" | "over" = "rendezvous";
  #hasHeard = false;
  /** Sealed when there was time: a page that is being left has none. */
  #goodbye: Bytes | undefined;

  static async open(options: SecureConnectionOptions): Promise<SecureConnection> {
    const { role, room, secrets } = options;
    const { sealI, sealR } = secrets;
    const connection = new SecureConnection(options, await SignalSeal.create({ sealI, sealR, room, role }));
    await connection.#connect();
    return connection;
  }

  private constructor(options: SecureConnectionOptions, signals: SignalSeal) {
    this.#options = options;
    this.#signals = signals;
    this.#hellos = new HelloExchange(options.hello, (hello) => {
      this.#cancelDeadline();
      this.#phase = "secure";
      void this.#prepareGoodbye();
      void options.onEvent({ type: "secured", hello });
    });
    this.#cancelDeadline = after(HELLO_TIMEOUT_MS, this.#lifetime.signal, () => this.fail(noWay()));
    this.#lifetime.signal.addEventListener("abort", () => wipe(options.secrets.rec), { once: true });
  }

  /** Ends with the transport. */
  get signal(): AbortSignal {
    return this.#connected.signal;
  }

  get transport(): Transport | undefined {
    return this.#transport;
  }

  /** There is a line for a last word. */
  get carries(): boolean {
    const line = this.#transport?.channels;
    return this.#phase === "secure" && line?.isOpen === true && !line.isOver;
  }

  get isConnected(): boolean {
    return this.#transport?.pc.connectionState === "connected";
  }

  /** A signal of the other side has opened: it has the keys of this handshake, and `resume` with them. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /**
   * A phase-1 blob. False where it is not one of this connection's, or does not fit, and nothing came of it.
   * @throws "E_SEAL", "E_SIGNAL_SEQ", "E_SDP_POLICY" in a first connection that is not yet secure
   */
  async hearSignal(blob: Bytes): Promise<boolean> {
    const isStrict = this.#options.isFirst && this.#phase === "rendezvous";
    if (this.#phase === "over") return false;
    try {
      const body = parseSignalBody(await this.#signals.open(blob, isStrict ? "strict" : "rising"));
      this.#hasHeard = true;
      if (!this.#lifetime.signal.aborted) this.#take(body);
      return true;
    } catch (thrown) {
      if (isStrict || !(thrown instanceof NullroomError)) throw thrown;
      // Sealed by the other side's own keys: that is no relay's work.
      if (thrown.code === "E_FP_MISMATCH") this.fail(thrown);
      return false;
    }
  }

  /** Sealed, by way of the server; lost where its line is down. */
  async say(body: SignalBody): Promise<void> {
    const blob = await this.#signals.seal(formatSignalBody(body));
    if (!this.#lifetime.signal.aborted) this.#options.say(blob);
  }

  /** That the page is being left, at once and by way of the server: nothing else gets out of a page that late. */
  sayGoodbye(): void {
    const goodbye = this.#goodbye;
    this.#goodbye = undefined; // Its number is used once.
    if (goodbye && !this.#lifetime.signal.aborted) this.#options.say(goodbye);
  }

  fail(thrown: unknown): void {
    if (this.signal.aborted) return;
    const error = asNullroomError(thrown, "E_CHANNEL", "the connection failed");
    this.closeTransport();
    void this.#tell({ type: "failed", error });
  }

  /** Close the transport and forget its keys; the signals stay. */
  closeTransport(): void {
    if (this.#phase !== "over") this.#phase = "hung-up";
    this.#cancelDeadline();
    this.#connected.abort();
    wipe(this.#options.secrets.rec);
  }

  /** No more of it. Idempotent. */
  drop(): void {
    this.#phase = "over";
    this.#lifetime.abort();
  }

  /**
   * Drop it, after a last word as far as that needs no waiting: a record where there is a line, else a sealed
   * signal. Resolves when all is closed, BYE_TIMEOUT_MS later at the latest.
   */
  async part(last: TalkFrame | undefined, canUseLine: boolean): Promise<void> {
    const line = this.carries && canUseLine ? this.#transport?.channels : undefined;
    this.#phase = "over";
    if (line) {
      after(BYE_TIMEOUT_MS, this.#lifetime.signal, () => this.drop());
      await lastWord(line, last);
    } else if (last) await this.say({ t: "bye" });
    this.drop();
  }

  async #prepareGoodbye(): Promise<void> {
    this.#goodbye = await this.#signals.sealLast(formatSignalBody({ t: "bye" }));
  }

  async #connect(): Promise<void> {
    const { platform, engine, configuration, role, secrets } = this.#options;
    this.#transport = await Transport.open({
      platform,
      engine: engine,
      configuration: configuration(),
      latest: configuration,
      role,
      rec: secrets.rec,
      signal: this.#connected.signal,
      onEvent: (event) => this.#hearTransport(event),
    });
  }

  #take(body: SignalBody): void {
    switch (body.t) {
      case "offer":
      case "answer":
      case "restart":
      case "cand":
        if (this.#transport === undefined || this.#phase === "hung-up") {
          throw new NullroomError("E_SEAL", "nothing to describe");
        }
        this.#transport.hearSignal(body);
        break;
      case "end":
        break;
      case "bye":
        void this.#tell({ type: "goodbye" });
        break;
      case "ask":
        if (this.#options.role === 1) throw new NullroomError("E_SEAL", "only R asks");
        void this.#tell({ type: "asked", level: body.level });
        break;
      default:
        body satisfies never;
    }
  }

  #hearTransport(event: TransportEvent): void | Promise<void> {
    if (event.type === "say") return this.say(event.body);
    if (event.type === "failed") return this.fail(event.error);
    if (this.#phase === "secure") return event.type === "open" ? undefined : this.#tell(event);
    switch (event.type) {
      case "open":
        return this.#guarded(() => this.#hellos.say(this.#transport));
      case "ctl":
        return this.#guarded(async () => this.#hellos.take(event.frame));
      case "marker":
        return this.fail(new NullroomError("E_RECORD_EPOCH", "a marker before HELLO"));
      case "connection":
        if (event.state === "connected") void this.#tell({ type: "step", step: "channel" });
        else if (event.state === "failed" || event.state === "closed") this.fail(noWay());
        return;
      case "closed":
        return this.fail(noWay());
      case "restarted":
        return;
      default:
        event satisfies never;
    }
  }

  #tell(event: SecureConnectionEvent): void | Promise<void> {
    if (this.#phase !== "over") return this.#options.onEvent(event);
  }

  async #guarded(task: () => Promise<void>): Promise<void> {
    try {
      if (!this.#connected.signal.aborted) await task();
    } catch (thrown) {
      this.fail(thrown);
    }
  }
}

/** What was said last still has to leave, and an answer to BYE of our own too. */
async function lastWord(line: SecureChannels, last: TalkFrame | undefined): Promise<void> {
  try {
    if (last) await line.send(last);
    line.retire();
    await line.closed;
  } catch {
    // because a goodbye that cannot be said is a transport that is gone, and that is where this leads
  }
}

function noWay(): NullroomError {
  return new NullroomError("E_CHANNEL", "no way between the two");
}
