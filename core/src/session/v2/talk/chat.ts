import { NullroomError } from "../../../errors.ts";
import { MESSAGE_BYTES } from "../../../limits.ts";
import type { TalkFrame } from "../../../wire/frames.ts";
import type { MessageId } from "../../session.ts";
import type { StateEmitter } from "../../state-emitter.ts";
import { cleanText, utf8Length } from "../../text.ts";

export type ChatOptions = {
  emitter: StateEmitter;
  send: (frame: TalkFrame) => Promise<void>;
};

/**
 * The texts of a conversation, numbered 1, 2, 3 … each way. "delivered" is what the other side says once a text stands on
 * its screen, and this side says so only after `shown`. spec/4-frames.md §5.
 */
export class Chat {
  readonly #options: ChatOptions;
  /** Texts that were written and are not acknowledged yet, oldest first. */
  readonly #unacknowledged: { number: number; text: string; sent: boolean }[] = [];
  #written = 0;
  /** The highest number that was ever handed to a connection. */
  #sent = 0;
  #heard = 0;
  #acknowledged = 0;
  readonly #shown = new Set<number>();
  /** Over a new connection nothing is sent until the other side has said how far it is. */
  #isCaughtUp = true;

  constructor(options: ChatOptions) {
    this.#options = options;
  }

  /** @throws "E_MESSAGE_TOO_LONG" */
  write(written: string): MessageId {
    const { text, cleaned } = cleanText(written);
    if (utf8Length(text) > MESSAGE_BYTES) throw new NullroomError("E_MESSAGE_TOO_LONG", "above 16,000 bytes");
    this.#written += 1;
    const number = this.#written;
    const id: MessageId = `out-${number}`;
    this.#unacknowledged.push({ number, text, sent: false });
    this.#options.emitter.emit({ type: "message", id, from: "me", text, cleaned });
    this.#options.emitter.emit({ type: "delivery", id, status: "queued" });
    this.flush();
    return id;
  }

  /** Send what waits. While the transport is interrupted it goes on waiting, visibly. */
  flush(): void {
    if (this.#options.emitter.state.phase !== "secure" || !this.#isCaughtUp) return;
    for (const message of this.#unacknowledged) {
      if (message.sent) continue;
      message.sent = true;
      this.#sent = Math.max(this.#sent, message.number);
      void this.#send(message.number, message.text);
    }
  }

  /**
   * Over a new connection, say how far this side is. Texts that the other side has not shown follow under their old numbers
   * once it has said the same. spec/3-session.md §8.
   */
  beginAgain(): void {
    this.#isCaughtUp = false;
    for (const message of this.#unacknowledged) message.sent = false;
    this.#sayShown();
  }

  /** A text that was heard before comes again where its acknowledgement was lost. @throws "E_RECORD_TYPE" for a gap */
  hearText({ id, text }: Extract<TalkFrame, { type: "chat" }>): void {
    if (id > 0 && id <= this.#heard) {
      this.#sayShown();
      return;
    }
    if (id !== this.#heard + 1) throw new NullroomError("E_RECORD_TYPE", "not the next text");
    this.#heard = id;
    this.#options.emitter.emit({ type: "message", id: `in-${id}`, from: "peer", ...cleanText(text) });
  }

  /** A text of theirs stands on the screen. Said to the other side once everything before it does too. */
  shown(id: MessageId): void {
    const number = Number(id.slice("in-".length));
    if (!id.startsWith("in-") || number <= this.#acknowledged || number > this.#heard) return;
    this.#shown.add(number);
    const before = this.#acknowledged;
    while (this.#shown.delete(this.#acknowledged + 1)) this.#acknowledged += 1;
    if (this.#acknowledged !== before) this.#sayShown();
  }

  #sayShown(): void {
    this.#options.send({ type: "ack", upTo: this.#acknowledged }).catch(() => {
      // because channels that cannot carry it have ended, and report that themselves
    });
  }

  /** @throws "E_RECORD_TYPE" for more than was ever sent */
  acknowledge(upTo: number): void {
    if (upTo > this.#sent) throw new NullroomError("E_RECORD_TYPE", "acknowledges what was never sent");
    while ((this.#unacknowledged[0]?.number ?? Number.POSITIVE_INFINITY) <= upTo) {
      const [message] = this.#unacknowledged.splice(0, 1);
      if (message)
        this.#options.emitter.emit({ type: "delivery", id: `out-${message.number}`, status: "delivered" });
    }
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.flush();
  }

  /** Texts that nobody has acknowledged have failed, as far as anybody knows. */
  close(): void {
    for (const { number } of this.#unacknowledged.splice(0)) {
      this.#options.emitter.emit({ type: "delivery", id: `out-${number}`, status: "failed" });
    }
  }

  async #send(number: number, text: string): Promise<void> {
    try {
      await this.#options.send({ type: "chat", id: number, text });
    } catch {
      return; // because a text that nobody has acknowledged is sent again after a reconnect, and fails in `close`
    }
    const waiting = this.#unacknowledged.some((message) => message.number === number);
    if (waiting) this.#options.emitter.emit({ type: "delivery", id: `out-${number}`, status: "sent" });
  }
}
