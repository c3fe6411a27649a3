import type { Bytes } from "../brand.ts";
import type { DataChannel } from "../platform.ts";

/** A message that is no bytes, which nobody may send. */
export type ChannelInput = Bytes | "text" | "closed";

/** More than whoever takes the channel will put up with: to keep more would only fill the memory. */
const KEPT = 4_096;

/** Listens on a channel from its first moment on and keeps what comes, in order, for whoever will take it. */
export class BufferedChannel {
  readonly channel: DataChannel;
  #early: ChannelInput[] = [];
  #listener: ((heard: ChannelInput) => void) | undefined;
  readonly #lifetime = new AbortController();

  /** @param onEarly - something has come, and nobody has taken the channel yet */
  constructor(channel: DataChannel, onEarly: (heard: ChannelInput) => void = () => undefined) {
    this.channel = channel;
    channel.binaryType = "arraybuffer";
    const tell = (heard: ChannelInput) => {
      if (this.#listener) return this.#listener(heard);
      if (this.#early.length < KEPT) this.#early.push(heard);
      onEarly(heard);
    };
    const { signal } = this.#lifetime;
    const onMessage = ({ data }: MessageEvent) =>
      tell(data instanceof ArrayBuffer ? new Uint8Array(data) : "text");
    channel.addEventListener("message", onMessage, { signal });
    channel.addEventListener("close", () => tell("closed"), { signal });
  }

  /** Nothing is heard any more, and nothing kept. */
  close(): void {
    this.#lifetime.abort();
    this.#early = [];
    this.#listener = undefined;
  }

  /** Once: hear what was kept, then whatever comes. */
  take(listener: (heard: ChannelInput) => void): void {
    this.#listener = listener;
    for (const heard of this.#early.splice(0)) listener(heard);
  }
}
