import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after, childOf } from "../../../lifetime.ts";
import type { Platform } from "../../../platform.ts";
import type { FrameBytes, HeardFrame, TalkFrame } from "../../../wire/frames.ts";
import type { ByeReason } from "../../../wire/reasons.ts";
import type { EndReason, MessageId, SafetyWords, SessionEvent, Transfer, WordsState } from "../../session.ts";
import { isOpen } from "../../state.ts";
import type { StateEmitter } from "../../state-emitter.ts";
import type { Secured } from "../connect/secured.ts";
import type { FileEngineClient } from "../engine/client.ts";
import { limitsOf } from "../files/file-limits.ts";
import type { LiveConnection } from "../files/file-options.ts";
import { LazyFiles } from "../files/lazy-files.ts";
import { type Bye, byeFrame, ENDS_BY_BYE } from "../goodbye.ts";
import { Rekey } from "../records/rekey.ts";
import type { RekeyLimits } from "../records/rekey-limits.ts";
import type { SecureChannels } from "../records/secure-channels.ts";
import { BYE_STRAGGLER_MS, BYE_TIMEOUT_MS } from "../timing.ts";
import { Chat } from "./chat.ts";
import { Heartbeat } from "./heartbeat.ts";

export type ConversationOptions = {
  emitter: StateEmitter;
  secured: Secured;
  /** The largest file that this side takes, in bytes. */
  ownFileLimit: number;
  rekey?: RekeyLimits | undefined;
  /** Ends with the conversation. */
  signal: AbortSignal;
  onEnded: (reason: EndReason) => void;
  engine: FileEngineClient;
  platform: Pick<Platform, "createPeerConnection" | "now">;
};

/**
 * Frames that wait to be sent, most of them answers: somebody who asks without end and reads no answer would fill the
 * memory.
 */
const MAX_WAITING_FRAMES = 4_096;

/** One secured connection with what watches over it. */
type Live = LiveConnection & { readonly heartbeat: Heartbeat };

/** What two people say and hand each other over secure channels, until one of them says goodbye. */
export class Conversation {
  readonly files: LazyFiles;
  readonly #options: ConversationOptions;
  readonly #emitter: StateEmitter;
  readonly #signal: AbortSignal;
  readonly #chat: Chat;
  #live: Live;
  /** Over a new connection, the other side has said how far it is. Until then only texts know what to say again. */
  #isCaughtUp = true;
  #onByeAcknowledged: (() => void) | undefined;
  #isLeaving = false;
  #isClosed = false;
  #waitingFrames = 0;

  constructor(options: ConversationOptions) {
    const { emitter, secured, ownFileLimit, signal, engine, platform } = options;
    this.#options = options;
    this.#emitter = emitter;
    this.#signal = signal;
    this.#chat = new Chat({ emitter, send: (frame) => this.#live.secured.channels.send(frame) });
    this.files = new LazyFiles(
      {
        ...{ signal, engine, platform, now: () => platform.now() },
        // What is true of files is said again once the other side has caught up; until then it would come twice.
        send: (record: FrameBytes) => (this.#isCaughtUp ? this.#say(record) : undefined),
        report: (transfer: Transfer) => emitter.emit({ type: "transfer", transfer }),
        onFailure: (thrown: unknown) => this.#fail(thrown),
        connection: () => this.#live,
      },
      limitsOf(secured.hello, ownFileLimit),
    );
    this.#live = this.#goLive(secured);
  }

  sendText(text: string): MessageId {
    return this.#chat.write(text);
  }

  shown(id: MessageId): void {
    this.#chat.shown(id);
  }

  /** The connection carries again: what waited may go. */
  flush(): void {
    this.#chat.flush();
  }

  /** Go on over a new connection: first each side says how far it is, then what the other one may have missed. */
  continueOn(secured: Secured): void {
    this.#live = this.#goLive(secured);
    this.#isCaughtUp = false;
    this.#chat.beginAgain();
  }

  /** Send PING now: whether the connection carries is in doubt. */
  probe(): void {
    this.#live.heartbeat.probe();
  }

  /** Say that the words match. That is this side's mark; the other side's is its own person's to set. */
  setMark(words: SafetyWords): void {
    const before = this.#wordsState(words);
    this.#emitter.apply({ type: "words", words: { ...before, mine: true } });
    this.#say({ type: "sas_state", match: true });
  }

  /** Say BYE and wait for its answer, BYE_TIMEOUT_MS at most. What comes meanwhile is not shown any more. */
  async leave(reason: ByeReason): Promise<void> {
    this.#isLeaving = true;
    this.#live.rekey.close();
    const answered = new Promise<void>((resolve) => {
      this.#onByeAcknowledged = resolve;
      after(BYE_TIMEOUT_MS, this.#signal, resolve);
      this.#signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#say(byeFrame(reason));
    await answered;
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#live.rekey.close();
    this.#chat.close();
  }

  /** Listens to these channels from now on, and keeps their keys and their heart going. */
  #goLive(secured: Secured): Live {
    const { emitter, rekey: limits, platform } = this.#options;
    const { role, channels, binding, keyring, source, recovery, signal } = secured;
    const onFailure = (thrown: unknown) => this.#fail(thrown);
    const rekey = new Rekey({ role, channels, binding, keyring, source, signal, limits, onFailure });
    const heartbeat = new Heartbeat({
      signal,
      now: () => platform.now(),
      send: (frame) => channels.send(frame),
      onProof: () => recovery.handle({ type: "proof" }),
      onSilence: () => recovery.handle({ type: "silence" }),
    });
    channels.listen({
      onFrame: (frame) => this.#hearFrame(frame),
      onMarker: (channel) => (this.#isDeaf ? undefined : rekey.hearFrame({ type: "epoch", channel })),
    });
    emitter.subscribe((event) => this.#hearState(event, rekey), signal);
    return { secured, rekey, heartbeat };
  }

  #hearState(event: SessionEvent, rekey: Rekey): void {
    if (event.type !== "state") return;
    const isConnected = event.state.phase === "secure";
    rekey.isConnected = isConnected;
    this.files.isConnected = isConnected;
  }

  get #isDeaf(): boolean {
    return this.#isLeaving || this.#isClosed;
  }

  #hearFrame(frame: HeardFrame): void | Promise<void> {
    if (this.#isClosed) return;
    if (this.#isLeaving && frame.type !== "bye_ack" && frame.type !== "bye") return;
    switch (frame.type) {
      case "ping":
        return this.#say({ type: "pong", token: frame.token.slice() });
      case "pong":
        return this.#live.heartbeat.heardPong(frame.token);
      case "bye":
        return this.#hearBye(frame);
      case "bye_ack":
        return this.#onByeAcknowledged?.();
      case "chat":
        return this.#chat.hearText(frame);
      case "ack":
        return this.#acknowledged(frame.upTo);
      case "sas_state":
        return this.#hearMark(frame.match);
      case "rekey1":
      case "rekey2":
      case "rekey3":
      case "rekey4":
      case "rekey_req":
        return this.#live.rekey.hearFrame(frame);
      case "extend_ask":
        return this.#say({ type: "extend_answer", yes: false }); // Nothing here can extend a session.
      case "hello":
      case "extend_answer":
      case "extend_done":
        throw new NullroomError("E_RECORD_TYPE", `${frame.type} out of place`);
      default:
        return this.files.hearFrame(frame.record);
    }
  }

  #acknowledged(upTo: number): void {
    this.#chat.acknowledge(upTo);
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.files.sayAgain();
    const { state } = this.#emitter;
    if (isOpen(state) && state.words?.mine) this.#say({ type: "sas_state", match: true });
  }

  #hearMark(match: boolean): void {
    const { state } = this.#emitter;
    if (!isOpen(state) || state.words === undefined) return;
    this.#emitter.apply({ type: "words", words: { ...state.words, theirs: match } });
  }

  #wordsState(words: SafetyWords): WordsState {
    const { state } = this.#emitter;
    return (isOpen(state) ? state.words : undefined) ?? { words, mine: false, theirs: false };
  }

  /** Bulk records that BYE counts and that have not come yet may still be on their way. */
  async #hearBye({ reason, bulkSent }: Bye): Promise<void> {
    this.#say(byeFrame(reason, "bye_ack"));
    const waiting = childOf(this.#signal);
    after(BYE_STRAGGLER_MS, this.#signal, () => waiting.abort());
    await bulkReceived(this.#live.secured.channels, bulkSent, waiting.signal);
    this.#end(ENDS_BY_BYE[reason]);
  }

  #say(frame: TalkFrame | FrameBytes): void {
    this.#waitingFrames += 1;
    if (this.#waitingFrames > MAX_WAITING_FRAMES) {
      this.#fail(new NullroomError("E_CHANNEL", "nothing that is said is taken"));
      return;
    }
    const sent = () => {
      this.#waitingFrames -= 1;
    };
    // Channels that cannot carry it have ended, and report that themselves.
    this.#live.secured.channels.send(frame).then(sent, sent);
  }

  #fail(thrown: unknown): void {
    const { code } = asNullroomError(thrown, "E_CHANNEL", "the conversation failed");
    this.#end({ type: "failed", code });
  }

  #end(reason: EndReason): void {
    if (!this.#isClosed) this.#options.onEnded(reason);
  }
}

/** Resolves when so many records have come on bulk and the lanes together, and at the latest when `signal` aborts. */
function bulkReceived(channels: SecureChannels, count: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (signal.aborted || channels.counts.bulkReceived >= count) resolve();
    };
    channels.watchCounts(look, signal);
    signal.addEventListener("abort", look, { once: true });
    look();
  });
}
