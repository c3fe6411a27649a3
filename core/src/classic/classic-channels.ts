import type { Bytes, Seat } from "../brand.ts";
import { asNullroomError, NullroomError } from "../errors.ts";
import { after, Serial } from "../lifetime.ts";
import { CLASSIC_KEY_UPGRADE_MS } from "../limits.ts";
import { openText } from "./frames.ts";
import { type KeyUpgrade, keyUpgrade, type UpgradeStep } from "./key-upgrade.ts";
import { type ClearMessage, type FileStart, isClearMessage, parseClear } from "./messages.ts";

/** The labels of the two channels on the wire, and their names in this folder. */
export const CHAT_LABEL = "nullroom";
export const FILES_LABEL = "nullroom-files";
export type Via = "chat" | "files";

export type FileBound = FileStart | Extract<ClearMessage, { type: "file-end" }>;

export type ChannelsEvent =
  /** The chat channel is open and the key upgrade has begun. */
  | { type: "opened" }
  /** The key upgrade has succeeded: from here on texts and chunks can be sealed. */
  | { type: "secured"; key: CryptoKey }
  | { type: "text"; text: string }
  /** Existing clients send the bounds of a file on either channel, and its chunks always on `files`. */
  | { type: "file"; message: FileBound; via: Via }
  | { type: "chunk"; frame: Bytes }
  | { type: "closed" }
  | { type: "failed"; error: NullroomError };

export type ChannelsOptions = {
  role: Seat;
  linkKey: Bytes;
  signal: AbortSignal;
  /** Messages are handled one by one, in the order of arrival: a returned promise is waited for. */
  onEvent: (event: ChannelsEvent) => void | Promise<void>;
};

/**
 * Classic's two channels from their opening to their close: the key upgrade first, then texts, file bounds and
 * chunks. A message that is out of place, or that does not open, ends the conversation.
 */
export class ClassicChannels {
  readonly #options: ChannelsOptions;
  readonly #inbox: Serial;
  readonly #upgrade: KeyUpgrade;
  #channels: { [V in Via]?: RTCDataChannel } = {};
  #key: CryptoKey | undefined;
  #cancelDeadline: () => void = () => undefined;

  constructor(options: ChannelsOptions) {
    this.#options = options;
    const { role, linkKey, signal } = options;
    this.#inbox = new Serial(signal, (thrown) => this.#fail(thrown));
    this.#upgrade = keyUpgrade(role, linkKey);
    signal.addEventListener("abort", () => this.#forget(), { once: true });
  }

  get isOpen(): boolean {
    return this.#channels.chat?.readyState === "open";
  }

  channel(via: Via): RTCDataChannel | undefined {
    return this.#channels[via];
  }

  /**
   * Take a channel that this side or the other one has made. A channel with another label, or a second one, is closed.
   */
  add(channel: RTCDataChannel): void {
    const via = channel.label === CHAT_LABEL ? "chat" : channel.label === FILES_LABEL ? "files" : undefined;
    if (!via || this.#channels[via]) {
      channel.close();
      return;
    }
    this.#channels[via] = channel;
    const { signal } = this.#options;
    channel.addEventListener("message", (event) => this.#received(event.data, via), { signal });
    if (via === "files") return;
    channel.addEventListener("close", () => void this.#options.onEvent({ type: "closed" }), { signal });
    if (channel.readyState === "open") this.#opened();
    else channel.addEventListener("open", () => this.#opened(), { signal, once: true });
  }

  #opened(): void {
    const { signal, onEvent } = this.#options;
    this.#cancelDeadline = after(CLASSIC_KEY_UPGRADE_MS, signal, () => {
      this.#fail(new NullroomError("E_HS_TIMEOUT", "no key upgrade in time"));
    });
    this.#inbox.run(async () => {
      await onEvent({ type: "opened" });
      await this.#advance(await this.#upgrade.begin());
    });
  }

  #received(data: unknown, via: Via): void {
    this.#inbox.run(() => {
      if (typeof data === "string") return this.#takeString(data, via);
      if (data instanceof ArrayBuffer) return this.#takeChunk(new Uint8Array(data), via);
      throw new NullroomError("E_CHANNEL", "a frame of an unknown kind");
    });
  }

  async #takeString(text: string, via: Via): Promise<void> {
    if (isClearMessage(text)) return this.#takeClear(text, via);
    if (via === "files") throw new NullroomError("E_CHANNEL", "a text on the files' channel");
    const opened = await openText(this.#secured(), text);
    await this.#options.onEvent({ type: "text", text: opened });
  }

  async #takeClear(text: string, via: Via): Promise<void> {
    const message = parseClear(text);
    if (!message) return;
    switch (message.type) {
      case "file-start":
      case "file-end":
        this.#secured();
        return this.#options.onEvent({ type: "file", message, via });
      default:
        if (via === "files" || this.#key) throw new NullroomError("E_HS_KEM", "a key upgrade out of place");
        await this.#advance(await this.#upgrade.take(message));
    }
  }

  async #takeChunk(frame: Bytes, via: Via): Promise<void> {
    this.#secured();
    if (via === "chat") throw new NullroomError("E_CHANNEL", "bytes on the channel of texts");
    await this.#options.onEvent({ type: "chunk", frame });
  }

  async #advance({ reply, key }: UpgradeStep): Promise<void> {
    if (this.#options.signal.aborted) return;
    if (reply) this.#channels.chat?.send(JSON.stringify(reply));
    if (!key) return;
    this.#key = key;
    this.#cancelDeadline();
    await this.#options.onEvent({ type: "secured", key });
  }

  #secured(): CryptoKey {
    if (this.#key) return this.#key;
    throw new NullroomError("E_HS_KEM", "something was said before the key upgrade");
  }

  #fail(thrown: unknown): void {
    if (this.#options.signal.aborted) return;
    const error = asNullroomError(thrown, "E_CHANNEL", "the channels failed");
    void this.#options.onEvent({ type: "failed", error });
  }

  #forget(): void {
    this.#upgrade.wipe();
    this.#key = undefined;
    this.#channels = {};
  }
}
