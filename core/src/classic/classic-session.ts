import type { Bytes, RoomId } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { after, at, onAbort } from "../lifetime.ts";
import { CLOCKS_DIFFER_MS, CONNECT_TIMEOUT_MS } from "../limits.ts";
import { type Path, watchPath } from "../peer/path.ts";
import type { Platform } from "../platform.ts";
import { NO_FILES } from "../session/no-files.ts";
import type {
  ConnectStep,
  EndReason,
  MessageId,
  Session,
  SessionEvent,
  SessionFiles,
  SessionState,
} from "../session/session.ts";
import { isOpen } from "../session/state.ts";
import { StateEmitter } from "../session/state-emitter.ts";
import { Conversation } from "./conversation.ts";
import { formatFragment } from "./invite.ts";
import { Presence } from "./presence.ts";
import { Rendezvous, type RendezvousEvent } from "./rendezvous.ts";

export type ClassicOptions = {
  platform: Platform;
  roomId: RoomId;
  /** The session takes these bytes over and zeroes them. */
  linkKey: Bytes;
  configuration: RTCConfiguration;
  /** Set by whoever made the room. Whoever joins hears it from the server. */
  deadline?: number;
  signal?: AbortSignal;
};

/** One conversation in the older wire protocol. See spec/classic.md. */
export class ClassicSession implements Session {
  readonly protocol = "classic";
  readonly roomId: RoomId;
  readonly #options: ClassicOptions;
  readonly #emitter: StateEmitter;
  readonly #lifetime = new AbortController();
  readonly #rendezvous: Rendezvous;
  readonly #presence: Presence;
  #linkKey: Bytes | undefined;
  #conversation: Conversation | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  #fileSizeLimit = 0;
  #cancelDeadline: () => void = () => undefined;
  #cancelJoining: () => void = () => undefined;

  constructor(options: ClassicOptions) {
    const { platform, roomId, linkKey, configuration, deadline } = options;
    const { signal } = this.#lifetime;
    this.#options = options;
    this.roomId = roomId;
    this.#linkKey = linkKey;
    this.#emitter = new StateEmitter(firstState(deadline));
    const noServer = () => this.wipe({ type: "failed", code: "E_SERVER" });
    if (deadline !== undefined) this.#setDeadline(deadline);
    else this.#cancelJoining = after(CONNECT_TIMEOUT_MS, signal, noServer);
    this.#presence = new Presence({
      emitter: this.#emitter,
      now: () => platform.now(),
      signal,
      onResumed: () => this.#conversation?.flush(),
      onEnded: (reason) => this.wipe(reason),
    });
    const onEvent = (event: RendezvousEvent) => this.#hearRendezvous(event);
    this.#rendezvous = new Rendezvous({ platform, roomId, linkKey, configuration, signal, onEvent });
    onAbort(options.signal, this.#lifetime.signal, () => this.wipe({ type: "page-gone" }));
  }

  get state(): SessionState {
    return this.#emitter.state;
  }

  get fragment(): string | undefined {
    return this.#linkKey && formatFragment(this.#linkKey);
  }

  get fileSizeLimit(): number {
    return this.#fileSizeLimit;
  }

  subscribe(listener: (event: SessionEvent) => void, signal: AbortSignal): void {
    this.#emitter.subscribe(listener, signal);
  }

  sendText(text: string): MessageId {
    return this.#open().sendText(text);
  }

  shown(_id: MessageId): void {
    // Classic has no acknowledgement to send.
  }

  get files(): SessionFiles {
    return (!this.#presence.hasClosed && this.#conversation?.files) || NO_FILES;
  }

  compareWords = protocol2Only;
  retry = protocol2Only;
  evict = protocol2Only;

  wake(): void {
    this.#rendezvous.wake();
  }

  async destroy(): Promise<void> {
    if (this.state.phase === "ended") return;
    const left = this.#rendezvous.leave();
    this.wipe({ type: "destroyed" });
    await left;
  }

  wipe(reason: EndReason): void {
    if (this.state.phase === "ended") return;
    void this.#rendezvous.leave(); // Said at once; nobody waits for an answer.
    this.#conversation?.close();
    this.#conversation = undefined;
    this.#dropLinkKey();
    this.#lifetime.abort();
    this.#emitter.apply({ type: "ended", reason });
  }

  #open(): Conversation {
    if (this.#conversation && !this.#presence.hasClosed) return this.#conversation;
    throw new NullroomError("E_CHANNEL", "there is no conversation");
  }

  #hearRendezvous(event: RendezvousEvent): void | Promise<void> {
    switch (event.type) {
      case "seated":
        this.#fileSizeLimit = event.fileSizeLimit;
        this.#cancelJoining();
        this.#setDeadline(Math.min(this.#deadline, this.#options.platform.now() + event.ttlMs));
        this.#emitter.apply({ type: "alone", deadline: this.#deadline });
        break;
      case "alone":
        this.#emitter.apply({ type: "alone", deadline: this.#deadline });
        break;
      case "connecting":
        this.#step("network");
        break;
      case "opened":
        this.#step("handshake");
        break;
      case "secured":
        this.#secure(event);
        break;
      case "text":
      case "file":
      case "chunk":
        return this.#conversation?.hearFrame(event);
      case "connection":
        this.#hearConnection(event.state);
        break;
      case "closed":
        this.#presence.closed();
        break;
      case "left":
        this.#presence.hinted(event.reason);
        break;
      case "intruder":
        this.#emitter.emit({ type: "notice", notice: "intruder" });
        break;
      case "ended":
        this.wipe(this.#isTimeUp(event.reason) ? { type: "time-up" } : event.reason);
        break;
      default:
        event satisfies never;
    }
  }

  #secure({ key, channels, pc, signal }: Extract<RendezvousEvent, { type: "secured" }>): void {
    this.#dropLinkKey();
    const [fileSizeLimit, now] = [this.#fileSizeLimit, () => this.#options.platform.now()];
    this.#conversation = new Conversation({
      emitter: this.#emitter,
      channels,
      key,
      fileSizeLimit,
      signal,
      now,
    });
    this.#emitter.apply({ type: "secured", path: { kind: "unknown" }, deadline: this.#deadline });
    watchPath(pc, signal, (path) => this.#setPath(path));
  }

  #setPath(path: Path): void {
    if (!isOpen(this.state)) return;
    this.#emitter.apply({ type: "path", path });
    if (path.kind !== "unknown") this.#conversation?.tellPath(path.kind);
  }

  #hearConnection(state: RTCPeerConnectionState): void {
    if (this.#conversation) this.#presence.connection(state);
    else if (state === "failed" || state === "closed") this.wipe({ type: "failed", code: "E_CHANNEL" });
    else if (state === "connected" && this.#isOn("network")) this.#step("channel");
  }

  #isOn(step: ConnectStep): boolean {
    return this.state.phase === "connecting" && this.state.step === step;
  }

  #step(step: ConnectStep): void {
    this.#emitter.apply({ type: "step", step, attempt: 1 });
  }

  #dropLinkKey(): void {
    this.#linkKey?.fill(0);
    this.#linkKey = undefined;
  }

  #setDeadline(deadline: number): void {
    this.#cancelDeadline();
    this.#deadline = deadline;
    const now = () => this.#options.platform.now();
    this.#cancelDeadline = at(deadline, now, this.#lifetime.signal, () => this.wipe({ type: "time-up" }));
  }

  /** The server counts the same time and may be a moment ahead of this side, so that the room is gone there already. */
  #isTimeUp(reason: EndReason): boolean {
    return reason.type === "failed" && this.#options.platform.now() > this.#deadline - CLOCKS_DIFFER_MS;
  }
}

function firstState(deadline: number | undefined): SessionState {
  return deadline === undefined
    ? { phase: "connecting", step: "joining", attempt: 1 }
    : { phase: "waiting", deadline };
}

/** Classic has neither safety words nor seats, and only one attempt. */
function protocol2Only(): never {
  throw new NullroomError("E_UNSUPPORTED", "only protocol 2 has this");
}
