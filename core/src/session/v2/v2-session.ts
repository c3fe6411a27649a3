import type { Bytes, RoomId, Seat } from "../../brand.ts";
import type { Kem } from "../../crypto/kem.ts";
import { asRefusal, type ErrorCode, NullroomError } from "../../errors.ts";
import { after, childOf, onAbort } from "../../lifetime.ts";
import { CONNECT_TIMEOUT_MS } from "../../limits.ts";
import { UNKNOWN } from "../../peer/path.ts";
import type { Platform } from "../../platform.ts";
import type { TalkFrame } from "../../wire/frames.ts";
import { ByeReason } from "../../wire/reasons.ts";
import type { SeatInit } from "../../wire/room-messages.ts";
import { NO_FILES } from "../no-files.ts";
import type { EndReason, MessageId, Session, SessionEvent, SessionFiles, SessionState } from "../session.ts";
import { isOpen } from "../state.ts";
import { StateEmitter } from "../state-emitter.ts";
import type { Secured } from "./connect/secured.ts";
import type { OpenTransport } from "./connect/transport.ts";
import { FileEngineClient } from "./engine/client.ts";
import { byeFrame, DESTROYING, endedBy, LAST_WORDS } from "./goodbye.ts";
import { InviteSecret } from "./introduce/invite-secret.ts";
import { Rendezvous, type RendezvousEvent } from "./introduce/rendezvous.ts";
import type { RekeyLimits } from "./records/rekey-limits.ts";
import { SessionTime } from "./session-time.ts";
import type { Conversation } from "./talk/conversation.ts";

export type V2Options = {
  platform: Platform;
  roomId: RoomId;
  seat: Seat;
  /** The link secret S. Owned by the session from here on, which wipes it and `admit`. */
  secret: Bytes;
  admit: Bytes;
  kem: Promise<Kem>;
  hideAddress: boolean;
  /** Known to whoever made the room; whoever joins hears it from the server. */
  deadline?: number;
  /** When to re-key, where not as spec/4-frames.md §6 says. */
  rekey?: RekeyLimits | undefined;
  /** How the two are connected, where not by a PeerConnection. */
  openTransport?: OpenTransport | undefined;
  signal?: AbortSignal;
};

type OnceMet = typeof import("./once-met.ts");

/** One conversation in protocol 2, and the owner of every secret, socket and timer of it. See spec/3-session.md. */
export class V2Session implements Session {
  readonly protocol = "2";
  readonly roomId: RoomId;
  readonly #emitter: StateEmitter;
  readonly #lifetime = new AbortController();
  readonly #secret: InviteSecret;
  readonly #rendezvous: Rendezvous;
  readonly #time: SessionTime;
  readonly #options: V2Options;
  readonly #engine: FileEngineClient;
  #onceMet: OnceMet | undefined;
  #conversation: Conversation | undefined;
  /** Ends with the conversation. */
  #talking = new AbortController();
  #secured: Secured | undefined;
  #ownFileLimit = 0;
  #cancelJoining: () => void = () => undefined;

  constructor(options: V2Options) {
    const { platform, roomId, seat, secret, admit, kem, hideAddress, deadline } = options;
    this.roomId = roomId;
    this.#options = options;
    this.#secret = new InviteSecret(secret);
    this.#emitter = new StateEmitter(firstState(deadline));
    this.#engine = new FileEngineClient(platform);
    const { signal } = this.#lifetime;
    const onUp = () => this.wipe({ type: "time-up" });
    this.#time = new SessionTime(() => platform.now(), deadline, { signal, onUp });
    const noServer = () => this.#fail("E_SERVER");
    if (deadline === undefined) this.#cancelJoining = after(CONNECT_TIMEOUT_MS, signal, noServer);
    this.#rendezvous = new Rendezvous({
      ...{ platform, engine: this.#engine, roomId, seat, admit, kem, hideAddress },
      secret: this.#secret,
      openTransport: options.openTransport,
      load: () => this.#load(),
      ttlSeconds: () => this.#time.ttlSeconds,
      onEvent: (event) => this.#hearRendezvous(event),
    });
    onAbort(options.signal, this.#lifetime.signal, () => this.wipe({ type: "page-gone" }));
  }

  get state(): SessionState {
    return this.#emitter.state;
  }

  get fragment(): string | undefined {
    return this.#secret.fragment;
  }

  /** What may be offered: the other side's word, once it has given it. */
  get fileSizeLimit(): number {
    return Math.min(this.#ownFileLimit, this.#secured?.hello.maxFile ?? this.#ownFileLimit);
  }

  subscribe(listener: (event: SessionEvent) => void, signal: AbortSignal): void {
    this.#emitter.subscribe(listener, signal);
  }

  sendText(text: string): MessageId {
    return this.#open().sendText(text);
  }

  shown(id: MessageId): void {
    this.#conversation?.shown(id);
  }

  get files(): SessionFiles {
    return (isOpen(this.state) && this.#conversation?.files) || NO_FILES;
  }

  compareWords(match: boolean): void {
    const { state } = this;
    if (!isOpen(state) || state.words === undefined) return;
    if (match) this.#conversation?.setMark(state.words.words);
    else void this.#leave({ type: "words-differ" });
  }

  retry(): void {
    this.#rendezvous.retry();
  }

  evict(): void {
    this.#rendezvous.evict();
  }

  wake(why: "seen" | "network" = "seen"): void {
    this.#rendezvous.wake(why === "network");
  }

  destroy(): Promise<void> {
    return this.#leave({ type: "destroyed" });
  }

  wipe(reason: EndReason): void {
    void this.#end(reason, LAST_WORDS[reason.type]);
  }

  #open(): Conversation {
    if (this.#conversation && isOpen(this.state)) return this.#conversation;
    throw new NullroomError("E_CHANNEL", "there is no conversation");
  }

  #hearRendezvous(event: RendezvousEvent): void | Promise<void> {
    switch (event.type) {
      case "seated":
        return this.#seated(event.init);
      case "alone":
        return this.#wait();
      case "step":
      case "attempt-failed":
      case "interrupted":
        return void this.#emitter.apply(event);
      case "secured":
        return this.#secure(event.secured);
      case "resumed":
        return this.#resumed();
      case "probe":
        return this.#conversation?.probe();
      case "goodbye":
        return this.#lose({ type: "peer-left" });
      case "lost":
        return this.#lose({ type: "lost" });
      case "failed":
        return this.#fail(event.error.code);
      case "intruder":
        return this.#emitter.emit({ type: "notice", notice: "intruder" });
      case "ended":
        return void this.#end(endedBy(event.reason, this.#time.leftMs), undefined);
      default:
        event satisfies never;
    }
  }

  #seated(init: SeatInit): void {
    this.#cancelJoining();
    this.#ownFileLimit = init.fileSharing ? init.fileSizeLimit : 0;
    this.#time.seated(init);
  }

  async #load(): Promise<OnceMet> {
    this.#onceMet ??= await import("./once-met.ts").catch((thrown) => {
      throw asRefusal(thrown, "E_SERVER", "the code for two cannot be loaded");
    });
    return this.#onceMet;
  }

  /** The two are secure, for the first time or again. */
  #secure(secured: Secured): void {
    const conversation = this.#conversation;
    this.#time.secured(secured.hello.ttlSeconds);
    if (conversation === undefined) this.#beginConversation(secured);
    else {
      this.#emitter.apply({ type: "deadline", deadline: this.#time.deadline });
      conversation.continueOn(secured);
      this.#resumed();
    }
    secured.transport.watchPath(secured.signal, (path) => {
      if (isOpen(this.state)) this.#emitter.apply({ type: "path", path });
    });
  }

  #beginConversation(secured: Secured): void {
    if (!this.#rendezvous.mayStartOver) this.#secret.wipe();
    this.#secured = secured;
    this.#talking = childOf(this.#lifetime.signal);
    const words = { words: secured.words, mine: false, theirs: false };
    this.#emitter.apply({ type: "secured", path: UNKNOWN, deadline: this.#time.deadline, words });
    if (this.#onceMet === undefined)
      throw new NullroomError("E_INTERNAL", "secure before anything was loaded");
    const { platform, rekey } = this.#options;
    this.#conversation = new this.#onceMet.Conversation({
      ...{ emitter: this.#emitter, engine: this.#engine, platform, secured, rekey },
      ownFileLimit: this.#ownFileLimit,
      signal: this.#talking.signal,
      onEnded: (reason) => this.#lose(reason),
    });
  }

  #resumed(): void {
    const { state } = this;
    if (state.phase === "reconnecting") this.#emitter.apply({ type: "resumed", path: state.path });
    this.#conversation?.flush();
  }

  /** The goodbye of a person who waits for it: the other side's answer, then the end. */
  async #leave(reason: EndReason): Promise<void> {
    if (this.state.phase === "ended") return;
    const bye = LAST_WORDS[reason.type];
    // Somebody who cannot be reached cannot answer either.
    const canAnswer = this.#conversation && this.state.phase !== "reconnecting";
    if (!canAnswer || bye === undefined) return this.#end(reason, bye);
    await this.#conversation?.leave(bye);
    await this.#end(reason, undefined);
  }

  /** The one way out: everything is gone when this returns but the last word, which takes a moment at most. */
  #end(reason: EndReason, bye: ByeReason | undefined): Promise<void> {
    if (this.state.phase === "ended") return Promise.resolve();
    this.#conversation?.close();
    this.#conversation = undefined;
    const last: TalkFrame | undefined = bye === undefined ? undefined : byeFrame(bye);
    const left = this.#rendezvous.leave(last, DESTROYING.has(reason.type));
    this.#secret.wipe();
    this.#secured = undefined;
    this.#lifetime.abort();
    this.#engine.close();
    this.#emitter.apply({ type: "ended", reason });
    return left;
  }

  /** The other side is gone, or the conversation has failed. */
  #lose(reason: EndReason): void {
    const isGone = reason.type === "peer-left" || reason.type === "lost";
    if (isGone && this.#rendezvous.mayStartOver && this.#conversation) this.#startOver();
    else void this.#end(reason, reason.type === "failed" ? ByeReason.error : undefined);
  }

  /** Nothing of the conversation is left, and the room waits again. */
  #startOver(): void {
    this.#conversation?.close();
    this.#conversation = undefined;
    this.#secured = undefined;
    this.#talking.abort();
    this.#engine.startOver();
    this.#rendezvous.startOver();
    this.#time.startOver();
    this.#wait();
  }

  #wait(): void {
    const [{ deadline }, linkLasts] = [this.#time, this.#rendezvous.mayStartOver];
    this.#emitter.apply({ type: "alone", deadline, linkLasts });
  }

  #fail(code: ErrorCode): void {
    this.wipe({ type: "failed", code });
  }
}

/** Whoever made the room waits in it at once; whoever joins has yet to be let in. */
function firstState(deadline: number | undefined): SessionState {
  return deadline === undefined
    ? { phase: "connecting", step: "joining", attempt: 1 }
    : { phase: "waiting", deadline };
}
