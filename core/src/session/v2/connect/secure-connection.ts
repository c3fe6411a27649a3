import type { Bytes } from "../../../brand.ts";
import { type Binding, bindChains } from "../../../crypto/binding.ts";
import { wipe } from "../../../crypto/bytes.ts";
import type { Role } from "../../../crypto/keys.ts";
import { SignalSeal } from "../../../crypto/seal.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after, childOf } from "../../../lifetime.ts";
import type { TalkFrame } from "../../../wire/frames.ts";
import { formatSignalBody, parseSignalBody, type SignalBody } from "../../../wire/signal-body.ts";
import type { ConnectStep } from "../../session.ts";
import type { FileEngineClient } from "../engine/client.ts";
import { SecureChannels, type SecureChannelsEvent } from "../records/secure-channels.ts";
import { BYE_TIMEOUT_MS, HELLO_TIMEOUT_MS } from "../timing.ts";
import { type Hello, HelloExchange } from "./hello.ts";
import type { OpenTransport, Transport, TransportEvent, TransportState } from "./transport.ts";

export type SecureConnectionEvent =
  | { type: "step"; step: ConnectStep }
  /** Both HELLOs are out. Whoever talks from here on listens to the channels. */
  | { type: "secured"; hello: Hello; transport: Transport; channels: SecureChannels; binding: Binding }
  /** The other side's first record after its HELLO: it has had ours, and has this connection's keys. */
  | { type: "confirmed" }
  | { type: "state"; state: TransportState }
  /** The channels are closed. */
  | { type: "closed" }
  /** The responder asks for an ICE restart (1) or a resumption (2). */
  | { type: "asked"; level: 1 | 2 }
  /** Both sides have described themselves anew for an ICE restart. */
  | { type: "restarted" }
  | { type: "goodbye" }
  | { type: "failed"; error: NullroomError };

export type SecureConnectionOptions = {
  openTransport: OpenTransport;
  engine: Pick<FileEngineClient, "attach">;
  role: Role;
  room: Bytes;
  /** Of the handshake that this connection came of. Taken over. */
  secrets: { rec: Bytes; sealI: Bytes; sealR: Bytes };
  /**
   * It is the first of a session, which anything unfit ends. Those that repair one discard what does not fit: a relay that
   * tries them may do so again, and a window bounds them.
   */
  isFirst: boolean;
  /** What this side says in HELLO, as of now. */
  hello: () => Omit<Hello, "type">;
  /** One sealed signal, by way of the server. */
  say: (blob: Bytes) => void;
  onEvent: (event: SecureConnectionEvent) => void | Promise<void>;
};

/**
 * Two who have authenticated each other, over one transport: their sealed signals, the channels under the keys of their
 * handshake, and HELLO each way. spec/3-session.md §6. It fails once, with an event, and has only signals from then on.
 */
export class SecureConnection {
  readonly #options: SecureConnectionOptions;
  readonly #signals: SignalSeal;
  /** Its own: a goodbye may outlive the session by a moment. Whoever makes a connection closes it. */
  readonly #lifetime = new AbortController();
  /** Ends before the signals do, when a new connection is to replace this one. */
  readonly #connected = childOf(this.#lifetime.signal);
  readonly #hellos: HelloExchange;
  readonly #cancelDeadline: () => void;
  #carrier: { transport: Transport; channels: SecureChannels } | undefined;
  #binding: Binding | undefined;
  #phase: "connecting" | "secure" | "transport-closed" | "closed" = "connecting";
  #hasHeard = false;
  /** Sealed when there was time: a page that is being left has none. */
  #goodbye: Bytes | undefined;

  /** Nothing happens before `open`. */
  static async create(options: SecureConnectionOptions): Promise<SecureConnection> {
    const { sealI, sealR } = options.secrets;
    const { room, role } = options;
    return new SecureConnection(options, await SignalSeal.create({ sealI, sealR, room, role }));
  }

  private constructor(options: SecureConnectionOptions, signals: SignalSeal) {
    this.#options = options;
    this.#signals = signals;
    this.#hellos = new HelloExchange(options.hello, (hello) => this.#secure(hello));
    this.#cancelDeadline = after(HELLO_TIMEOUT_MS, this.#lifetime.signal, () => this.fail(noWay()));
    this.#lifetime.signal.addEventListener("abort", () => wipe(options.secrets.rec), { once: true });
  }

  /** Ends with the transport. */
  get signal(): AbortSignal {
    return this.#connected.signal;
  }

  get transport(): Transport | undefined {
    return this.#carrier?.transport;
  }

  /** Whether a last word can be said on ctl. */
  get carries(): boolean {
    const { channels } = this.#carrier ?? {};
    return this.#phase === "secure" && channels?.isOpen === true && !channels.isWiped;
  }

  get isConnected(): boolean {
    return this.transport?.isConnected === true;
  }

  /** A signal of the other side has opened: it has the keys of this handshake, and `resume` with them. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** Open the transport, and the channels over it. Resolves when the other side can be heard. */
  async open(): Promise<void> {
    const { openTransport, engine, role } = this.#options;
    const { signal } = this;
    const transport = await openTransport({ role, signal, onEvent: (event) => this.#hearTransport(event) });
    const channels = new SecureChannels({
      role,
      ctl: transport.ctl,
      attachBulk: (onEvent) => engine.attach(transport.bulk, onEvent),
      signal,
      listener: {
        onFrame: (frame) => this.#guarded(async () => this.#hellos.take(frame)),
        onMarker: () => this.fail(new NullroomError("E_RECORD_EPOCH", "a marker before HELLO")),
      },
      onEvent: (event) => this.#hearChannels(event),
    });
    this.#carrier = { transport, channels };
  }

  /**
   * A phase-1 blob. False where it is not one of this connection's, or does not fit, and nothing came of it.
   * @throws "E_SEAL", "E_SIGNAL_SEQ", "E_SDP_POLICY" in a first connection that is not yet secure
   */
  async hearSignal(blob: Bytes): Promise<boolean> {
    const isStrict = this.#options.isFirst && this.#phase === "connecting";
    if (this.#phase === "closed") return false;
    try {
      const body = parseSignalBody(await this.#signals.open(blob, isStrict ? "strict" : "rising"));
      this.#hasHeard = true;
      if (!this.#lifetime.signal.aborted) this.#take(body);
      return true;
    } catch (thrown) {
      if (isStrict || !(thrown instanceof NullroomError)) throw thrown;
      // It is sealed by the other side's own keys, so no relay has done this.
      if (thrown.code === "E_FP_MISMATCH") this.fail(thrown);
      return false;
    }
  }

  /** Sealed, by way of the server; lost where there is no way to the server. */
  async say(body: SignalBody): Promise<void> {
    const blob = await this.#signals.seal(formatSignalBody(body));
    if (!this.#lifetime.signal.aborted) this.#options.say(blob);
  }

  /** That the page is being left, at once and by way of the server: nothing else gets out of a page that late. */
  sayGoodbye(): void {
    const goodbye = this.#goodbye;
    this.#goodbye = undefined; // Its sequence number is used once.
    if (goodbye && !this.#lifetime.signal.aborted) this.#options.say(goodbye);
  }

  fail(thrown: unknown): void {
    if (this.signal.aborted) return;
    const error = asNullroomError(thrown, "E_CHANNEL", "the connection failed");
    this.closeTransport();
    void this.#tell({ type: "failed", error });
  }

  /** Close the transport and forget the keys of its channels; the signals stay. Idempotent. */
  closeTransport(): void {
    if (this.#phase !== "closed") this.#phase = "transport-closed";
    this.#cancelDeadline();
    this.#connected.abort();
    wipe(this.#options.secrets.rec);
  }

  /** Idempotent. */
  close(): void {
    this.#phase = "closed";
    this.#lifetime.abort();
  }

  /**
   * Close, after a last word as far as that needs no waiting: a record where ctl carries one, else a sealed signal.
   * Resolves when all is closed, BYE_TIMEOUT_MS later at the latest.
   */
  async leave(last: TalkFrame | undefined, mayUseChannels: boolean): Promise<void> {
    const { channels } = (this.carries && mayUseChannels && this.#carrier) || {};
    this.#phase = "closed";
    if (channels) {
      after(BYE_TIMEOUT_MS, this.#lifetime.signal, () => this.close());
      // because a goodbye that cannot be said means that the transport is gone, and it is about to be closed
      await channels.leave(last).catch(() => undefined);
    } else if (last) await this.say({ t: "bye" });
    this.close();
  }

  #take(body: SignalBody): void {
    switch (body.t) {
      case "offer":
      case "answer":
      case "restart":
      case "cand":
        if (this.transport === undefined || this.#phase === "transport-closed") {
          throw new NullroomError("E_SEAL", "nothing to describe");
        }
        this.transport.hearSignal(body);
        break;
      case "end":
        break;
      case "bye":
        void this.#tell({ type: "goodbye" });
        break;
      case "ask":
        if (this.#options.role === 1) throw new NullroomError("E_SEAL", "only the responder asks");
        void this.#tell({ type: "asked", level: body.level });
        break;
      default:
        body satisfies never;
    }
  }

  #hearTransport(event: TransportEvent): void | Promise<void> {
    switch (event.type) {
      case "signal":
        return this.say(event.body);
      case "bound":
        return this.#bind(event.binding);
      case "state":
        return this.#hearState(event.state);
      case "restarted":
        return this.#phase === "secure" ? this.#tell(event) : undefined;
      case "failed":
        return this.fail(event.error);
      default:
        event satisfies never;
    }
  }

  /** Once only: `rec` is gone afterwards. */
  async #bind(binding: Binding): Promise<void> {
    const { role, secrets } = this.#options;
    this.#binding = binding;
    this.#carrier?.channels.setKeys(await bindChains(secrets.rec, binding, role));
  }

  #hearState(state: TransportState): void | Promise<void> {
    if (this.#phase === "secure") return this.#tell({ type: "state", state });
    if (state === "connected") return this.#tell({ type: "step", step: "channel" });
    if (state === "failed") this.fail(noWay());
  }

  #hearChannels(event: SecureChannelsEvent): void | Promise<void> {
    switch (event.type) {
      case "open":
        return this.#phase === "secure" ? undefined : this.#sayHello();
      case "confirmed":
        return this.#tell(event);
      case "closed":
        return this.#phase === "secure" ? this.#tell(event) : this.fail(noWay());
      case "failed":
        return this.fail(event.error);
      default:
        event satisfies never;
    }
  }

  #sayHello(): Promise<void> {
    return this.#guarded(async () => {
      if (this.#carrier) await this.#hellos.say(this.#carrier.transport, this.#carrier.channels);
    });
  }

  #secure(hello: Hello): void {
    const [carrier, binding] = [this.#carrier, this.#binding];
    if (!carrier || !binding) throw new NullroomError("E_INTERNAL", "HELLO over channels without keys");
    this.#cancelDeadline();
    this.#phase = "secure";
    void this.#signals.sealLast(formatSignalBody({ t: "bye" })).then((goodbye) => {
      this.#goodbye = goodbye;
    });
    void this.#options.onEvent({ type: "secured", hello, ...carrier, binding });
  }

  #tell(event: SecureConnectionEvent): void | Promise<void> {
    if (this.#phase !== "closed") return this.#options.onEvent(event);
  }

  async #guarded(task: () => Promise<void>): Promise<void> {
    try {
      if (!this.#connected.signal.aborted) await task();
    } catch (thrown) {
      this.fail(thrown);
    }
  }
}

function noWay(): NullroomError {
  return new NullroomError("E_CHANNEL", "no way between the two");
}
