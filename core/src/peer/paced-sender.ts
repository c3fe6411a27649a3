import { NullroomError } from "../errors.ts";
import { SEND_QUEUE_BYTES, SEND_QUEUE_LOW_BYTES } from "../limits.ts";
import type { DataChannel } from "../platform.ts";

/**
 * A paced sender hands frames to a channel no faster than that sends them: it pauses above SEND_QUEUE_BYTES and goes
 * on at SEND_QUEUE_LOW_BYTES. A channel has one of them, and one call of it at a time.
 */
export class PacedSender {
  readonly #channel: DataChannel;

  constructor(channel: DataChannel) {
    this.#channel = channel;
  }

  /**
   * Resolves when the frame has been handed to the open channel.
   * @throws "E_CHANNEL" when it is not open; the signal's reason when aborted meanwhile.
   */
  async send(frame: string | Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    if (this.#channel.bufferedAmount > SEND_QUEUE_BYTES) await this.lowered(SEND_QUEUE_LOW_BYTES, signal);
    signal.throwIfAborted();
    if (this.#channel.readyState !== "open") throw closed();
    // There are two calls, because the overloads of `send` take no union.
    if (typeof frame === "string") this.#channel.send(frame);
    else this.#channel.send(frame);
  }

  /** Resolves when no more than `level` bytes wait to leave. @throws as `send` */
  lowered(level: number, signal: AbortSignal): Promise<void> {
    const channel = this.#channel;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        channel.removeEventListener("bufferedamountlow", check);
        channel.removeEventListener("close", check);
        signal.removeEventListener("abort", check);
        finish();
      };
      const check = () => {
        if (signal.aborted) settle(() => reject(signal.reason));
        else if (channel.readyState !== "open") settle(() => reject(closed()));
        else if (channel.bufferedAmount <= level) settle(resolve);
      };
      channel.bufferedAmountLowThreshold = level;
      channel.addEventListener("bufferedamountlow", check);
      channel.addEventListener("close", check);
      signal.addEventListener("abort", check);
      check(); // This comes after the listeners, so that nothing that happens in between is missed.
    });
  }
}

function closed(): NullroomError {
  return new NullroomError("E_CHANNEL", "the channel is not open");
}
