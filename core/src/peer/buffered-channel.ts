import type { Bytes } from "../brand.ts";
import type { DataChannel } from "../platform.ts";

/** What a channel brings. "text" stands for a message that is no bytes, which neither side may send. */
export type ChannelInput = Bytes | "text" | "closed";

/** Whoever takes the channel refuses a longer queue than this, so keeping more would only fill the memory. */
const KEPT_MESSAGES = 4_096;

/** A buffered channel listens from the first moment on and keeps what comes, in order, until somebody takes it. */
export class BufferedChannel {
  readonly channel: DataChannel;
  #early: ChannelInput[] = [];
  #listener: ((heard: ChannelInput) => void) | undefined;
  readonly #lifetime = new AbortController();

  /** @param onEarly - called for each message that comes before the channel is taken */
  constructor(channel: DataChannel, onEarly: (heard: ChannelInput) => void = () => undefined) {
    this.channel = channel;
    channel.binaryType = "arraybuffer";
    const tell = (heard: ChannelInput) => {
      if (this.#listener) return this.#listener(heard);
      if (this.#early.length < KEPT_MESSAGES) this.#early.push(heard);
      onEarly(heard);
    };
    const { signal } = this.#lifetime;
    const onMessage = ({ data }: MessageEvent) =>
      tell(data instanceof ArrayBuffer ? new Uint8Array(data) : "text");
    channel.addEventListener("message", onMessage, { signal });
    channel.addEventListener("close", () => tell("closed"), { signal });
  }

  /** Stop listening and forget what was kept. The channel itself stays open. Idempotent. */
  close(): void {
    this.#lifetime.abort();
    this.#early = [];
    this.#listener = undefined;
  }

  /** Take the channel, once: `listener` hears what was kept, then whatever comes. */
  take(listener: (heard: ChannelInput) => void): void {
    this.#listener = listener;
    for (const heard of this.#early.splice(0)) listener(heard);
  }
}
