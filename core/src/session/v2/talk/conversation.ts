import { BULK } from "../../../crypto/binding.ts";
import { asNullroomError, NullroomError } from "../../../errors.ts";
import { after, delay } from "../../../lifetime.ts";
import type { Platform } from "../../../platform.ts";
import type { ByeReason, FrameBytes, HeardFrame, TalkFrame } from "../../../wire/frames.ts";
import type { EndReason, MessageId, SafetyWords, SessionEvent, Transfer, WordsState } from "../../session.ts";
import { isOpen } from "../../state.ts";
import type { StateEmitter } from "../../state-emitter.ts";
import { theirsOfFiles } from "../connect/hello.ts";
import type { Connection, Secured } from "../connect/secured.ts";
import type { FileEngineClient } from "../engine/client.ts";
import { LazyFiles } from "../files/lazy-files.ts";
import { BYE_REASONS, type Bye, byeFrame } from "../goodbye.ts";
import { Rekey } from "../records/rekey.ts";
import type { RekeyLimits } from "../records/rekey-limits.ts";
import type { SecureChannels } from "../records/secure-channels.ts";
import { BYE_STRAGGLER_MS, BYE_TIMEOUT_MS } from "../timing.ts";
import { Chat } from "./chat.ts";
import { Heartbeat } from "./heartbeat.ts";

export type ConversationOptions = {
  stage: StateEmitter;
  secured: Secured;
  /** The largest file that this side takes. */
  ownFileLimit: number;
  rekey?: RekeyLimits | undefined;
  signal: AbortSignal;
  onEnded: (reason: EndReason) => void;
  /** The last PING was answered, or several were not. */
  onHeartbeat: (type: "proof" | "silence") => void;
  /** Where files are moved. */
  engine: FileEngineClient;
  /** Monotonic milliseconds. */
  now: () => number;
  /** Makes the connections of lanes. */
  platform: Pick<Platform, "createPeerConnection">;
};

/** Words that wait to be sent, most of them answers: who asks without end and listens to none would fill the memory. */
const WAITING_WORDS = 4_096;

/** How often the wait for the last bulk records looks. */
const STEP_MS = 50;

/** What two people say and hand each other over a secure line, until one of them says goodbye. */
export class Conversation {
  readonly files: LazyFiles;
  readonly #options: ConversationOptions;
  readonly #stage: StateEmitter;
  readonly #signal: AbortSignal;
  readonly #onEnded: (reason: EndReason) => void;
  readonly #chat: Chat;
  #channels: SecureChannels;
  #heartbeat: Heartbeat;
  #rekey: Rekey;
  #connection: Connection | undefined;
  /** Over a new line, the other side has said how far it is. Until then only texts know what to say again. */
  #isCaughtUp = true;
  #byeAcknowledged: (() => void) | undefined;
  #isLeaving = false;
  #waiting = 0;

  constructor(options: ConversationOptions) {
    const { stage, secured, ownFileLimit, signal, onEnded, now, engine } = options;
    this.#options = options;
    this.#stage = stage;
    this.#channels = secured.transport.channels;
    this.#signal = signal;
    this.#onEnded = onEnded;
    this.#chat = new Chat({ stage, send: (frame) => this.#channels.send(frame) });
    this.#heartbeat = this.#heartbeatOf(secured);
    const files = {
      // What is true of files is said again once the other side has caught up; until then it would come twice.
      ...{ signal, now, send: (record: FrameBytes) => (this.#isCaughtUp ? this.#say(record) : undefined) },
      engine,
      report: (transfer: Transfer) => stage.emit({ type: "transfer", transfer }),
      onFailure: (thrown: unknown) => this.#fail(thrown),
      ...{ connection: () => this.#connection, platform: options.platform },
    };
    this.files = new LazyFiles(files, { ...theirsOfFiles(secured.hello), ours: ownFileLimit });
    this.#rekey = this.#rekeyOf(secured);
  }

  sendText(text: string): MessageId {
    return this.#chat.write(text);
  }

  shown(id: MessageId): void {
    this.#chat.shown(id);
  }

  /** The line carries again: what waited may go. */
  flush(): void {
    this.#chat.flush();
  }

  /** Over a new line, after its HELLOs: first how far each side is, then what the other one may have missed. */
  continueOn(secured: Secured): void {
    this.#channels = secured.transport.channels;
    this.#heartbeat = this.#heartbeatOf(secured);
    this.#rekey = this.#rekeyOf(secured);
    this.#isCaughtUp = false;
    this.#chat.beginAgain();
  }

  /** PING now: whether the line carries is in doubt. */
  probe(): void {
    this.#heartbeat.probe();
  }

  /** Tell the other side; its own mark is its own person's to set. */
  setMark(words: SafetyWords): void {
    const before = this.#wordsState(words);
    this.#stage.apply({ type: "words", words: { ...before, mine: true } });
    this.#say({ type: "sas_state", match: true });
  }

  hearFrame(frame: HeardFrame): void | Promise<void> {
    if (this.#isLeaving && frame.type !== "bye_ack" && frame.type !== "bye") return;
    switch (frame.type) {
      case "ping":
        return this.#say({ type: "pong", token: frame.token.slice() });
      case "pong":
        return this.#heartbeat.heardPong(frame.token);
      case "bye":
        return this.#goodbye(frame);
      case "bye_ack":
        return this.#byeAcknowledged?.();
      case "chat":
        return this.#chat.hearText(frame);
      case "ack":
        return this.#acknowledged(frame.upTo);
      case "sas_state":
        return this.#theirMark(frame.match);
      case "rekey1":
      case "rekey2":
      case "rekey3":
      case "rekey4":
      case "rekey_req":
        return this.#rekey.hearFrame(frame);
      case "extend_ask":
        return this.#say({ type: "extend_answer", yes: false }); // Nobody here can extend.
      case "hello":
      case "extend_answer":
      case "extend_done":
        throw new NullroomError("E_RECORD_TYPE", `${frame.type} out of place`);
      default:
        return this.files.hearFrame(frame.record);
    }
  }

  /** The other side's EPOCH. */
  hearMarker(): Promise<void> | undefined {
    return this.#isLeaving ? undefined : this.#rekey.hearFrame({ type: "epoch", channel: BULK });
  }

  /** Say BYE and wait for its answer, BYE_TIMEOUT_MS at most. What comes meanwhile is not shown any more. */
  async leave(reason: ByeReason): Promise<void> {
    this.#isLeaving = true;
    this.#rekey.close();
    const answered = new Promise<void>((resolve) => {
      this.#byeAcknowledged = resolve;
      after(BYE_TIMEOUT_MS, this.#signal, resolve);
      this.#signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#say(byeFrame(reason));
    await answered;
  }

  close(): void {
    this.#rekey.close();
    this.#chat.close();
  }

  #acknowledged(upTo: number): void {
    this.#chat.acknowledge(upTo);
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.files.sayAgain();
    const { state } = this.#stage;
    if (isOpen(state) && state.words?.mine) this.#say({ type: "sas_state", match: true });
  }

  #heartbeatOf({ transport, signal }: Secured): Heartbeat {
    const { now, onHeartbeat: onLine } = this.#options;
    return new Heartbeat({
      signal,
      now,
      send: (frame) => transport.channels.send(frame),
      onProof: () => onLine("proof"),
      onSilence: () => onLine("silence"),
    });
  }

  #rekeyOf(secured: Secured): Rekey {
    const { transport, fingerprints, keyring, source, signal } = secured;
    const { role, channels: line } = transport;
    const limits = this.#options.rekey;
    const onFailure = (thrown: unknown) => this.#fail(thrown);
    const rekey = new Rekey({
      role,
      channels: line,
      fingerprints,
      keyring,
      source,
      signal,
      limits,
      onFailure,
    });
    const hear = (event: SessionEvent) => {
      if (event.type !== "state") return;
      const isConnected = event.state.phase === "secure";
      rekey.isConnected = isConnected;
      this.files.isConnected = isConnected;
    };
    this.#stage.subscribe(hear, signal);
    this.#connection = { secured, rekey };
    return rekey;
  }

  #theirMark(match: boolean): void {
    const { state } = this.#stage;
    if (!isOpen(state) || state.words === undefined) return;
    this.#stage.apply({ type: "words", words: { ...state.words, theirs: match } });
  }

  #wordsState(words: SafetyWords): WordsState {
    const { state } = this.#stage;
    return (isOpen(state) ? state.words : undefined) ?? { words, mine: false, theirs: false };
  }

  /** What it counts and has not come yet may still be on its way on bulk. */
  async #goodbye({ reason, bulkSent }: Bye): Promise<void> {
    this.#say(byeFrame(reason, "bye_ack"));
    for (let ms = 0; ms < BYE_STRAGGLER_MS && this.#channels.counts.bulkReceived < bulkSent; ms += STEP_MS) {
      await delay(STEP_MS, this.#signal);
    }
    this.#onEnded(BYE_REASONS[reason]);
  }

  #say(frame: TalkFrame | FrameBytes): void {
    this.#waiting += 1;
    if (this.#waiting > WAITING_WORDS) {
      this.#fail(new NullroomError("E_CHANNEL", "nothing that is said is taken"));
      return;
    }
    const sent = () => {
      this.#waiting -= 1;
    };
    this.#channels.send(frame).then(sent, sent); // A line that cannot carry it has ended, and says so itself.
  }

  #fail(thrown: unknown): void {
    const { code } = asNullroomError(thrown, "E_CHANNEL", "the conversation failed");
    this.#onEnded({ type: "failed", code });
  }
}
