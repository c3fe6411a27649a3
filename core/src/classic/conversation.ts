import { NullroomError } from "../errors.ts";
import { Serial } from "../lifetime.ts";
import { MESSAGE_BYTES } from "../limits.ts";
import { PacedSender } from "../peer/paced-sender.ts";
import { NO_FILES } from "../session/no-files.ts";
import type { MessageId, SessionFiles, Transfer } from "../session/session.ts";
import type { StateEmitter } from "../session/state-emitter.ts";
import { cleanText, utf8Length } from "../session/text.ts";
import type { ChannelsEvent, ClassicChannels } from "./classic-channels.ts";
import { sealText } from "./frames.ts";
import { IncomingFiles } from "./incoming-files.ts";
import { type ControlMessage, formatControl, parseControl } from "./messages.ts";
import { OutgoingFiles } from "./outgoing-files.ts";

export type ConversationOptions = {
  emitter: StateEmitter;
  channels: ClassicChannels;
  key: CryptoKey;
  fileSizeLimit: number;
  signal: AbortSignal;
  /** Monotonic milliseconds. */
  now: () => number;
};

/** What two people say and hand each other over secured channels. */
export class Conversation {
  readonly files: SessionFiles;
  readonly #emitter: StateEmitter;
  readonly #key: CryptoKey;
  readonly #signal: AbortSignal;
  readonly #sender: PacedSender;
  readonly #sending: Serial;
  readonly #outgoing: OutgoingFiles;
  readonly #incoming: IncomingFiles;
  /** Texts that were written and not yet handed to the channel. */
  #outbox: { id: MessageId; text: string }[] = [];
  #written = 0;
  #heard = 0;

  constructor({ emitter, channels, key, fileSizeLimit, signal, now }: ConversationOptions) {
    this.#emitter = emitter;
    this.#key = key;
    this.#signal = signal;
    this.#sender = new PacedSender(chatChannel(channels));
    this.#sending = new Serial(signal, () => undefined); // Each text reports its own failure.
    const files = {
      key,
      limit: fileSizeLimit,
      signal,
      now,
      report: (transfer: Transfer) => emitter.emit({ type: "transfer", transfer }),
      giveUp: (transferId: string) => this.#control({ type: "file_cancel", transferId }),
    };
    this.#outgoing = new OutgoingFiles({ ...files, channel: channels.channel("files") });
    this.#incoming = new IncomingFiles(files);
    this.files = filesOf(this.#outgoing, this.#incoming);
  }

  /** @throws "E_MESSAGE_TOO_LONG" */
  sendText(written: string): MessageId {
    // The text is cleaned before it is sent, because a leading control character would make it a control message.
    const { text, cleaned } = cleanText(written);
    if (utf8Length(text) > MESSAGE_BYTES) throw new NullroomError("E_MESSAGE_TOO_LONG", "above 16,000 bytes");
    this.#written += 1;
    const id: MessageId = `out-${this.#written}`;
    this.#outbox.push({ id, text });
    this.#emitter.emit({ type: "message", id, from: "me", text, cleaned });
    this.#emitter.emit({ type: "delivery", id, status: "queued" });
    this.flush();
    return id;
  }

  /** Send the texts that wait. While the transport is interrupted they go on waiting, and the page shows that. */
  flush(): void {
    this.#sending.run(async () => {
      while (this.#emitter.state.phase === "secure") {
        const next = this.#outbox.shift();
        if (!next) return;
        await this.#send(next.id, next.text);
      }
    });
  }

  /**
   * Tell the other side how bytes travel, as existing clients do. This client measures it and ignores what it is told.
   */
  tellPath(value: "direct" | "relay"): void {
    this.#control({ type: "connection_type", value });
  }

  async hearFrame(event: Extract<ChannelsEvent, { type: "text" | "file" | "chunk" }>): Promise<void> {
    switch (event.type) {
      case "text":
        return this.#hearText(event.text);
      case "file":
        return this.#incoming.bound(event.message, event.via);
      case "chunk":
        return this.#incoming.chunk(event.frame);
    }
  }

  /** Texts that were never handed to the channel have failed, and the person is told so. */
  close(): void {
    for (const { id } of this.#outbox.splice(0))
      this.#emitter.emit({ type: "delivery", id, status: "failed" });
  }

  async #send(id: MessageId, text: string): Promise<void> {
    try {
      await this.#sender.send(await sealText(this.#key, text), this.#signal);
      this.#emitter.emit({ type: "delivery", id, status: "sent" });
    } catch {
      // because the status says it, and the channel says why by closing
      this.#emitter.emit({ type: "delivery", id, status: "failed" });
    }
  }

  #hearText(received: string): void {
    const control = parseControl(received);
    if (control === "text") {
      this.#heard += 1;
      this.#emitter.emit({ type: "message", id: `in-${this.#heard}`, from: "peer", ...cleanText(received) });
    } else if (control?.type === "file_cancel") {
      this.#incoming.cancelledByPeer(control.transferId);
      this.#outgoing.cancelledByPeer(control.transferId);
    }
  }

  #control(message: ControlMessage): void {
    this.#sending.run(async () => {
      await this.#sender.send(await sealText(this.#key, formatControl(message)), this.#signal).catch(() => {
        // because it only informs: a channel that cannot carry it is about to close, and says so itself
      });
    });
  }
}

/** Classic's files come without an offer: those within the limit are accepted already, and none can be paused. */
function filesOf(outgoing: OutgoingFiles, incoming: IncomingFiles): SessionFiles {
  return {
    ...NO_FILES,
    offer: (offering) => outgoing.offer(offering),
    decline: (id) => incoming.cancel(id),
    cancel(id) {
      outgoing.cancel(id);
      incoming.cancel(id);
    },
  };
}

function chatChannel(channels: ClassicChannels): RTCDataChannel {
  const channel = channels.channel("chat");
  if (!channel) throw new NullroomError("E_CHANNEL", "there is no channel for texts");
  return channel;
}
