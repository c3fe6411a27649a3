import type { Bytes } from "../brand.ts";
import type { DataChannel } from "./channel-port.ts";

/** A message that is no bytes, which nobody may send. */
export type ChannelInput = Bytes | "text" | "closed";

/** More than whoever takes the channel will put up with: to keep more would only fill the memory. */
const KEPT = 4_096;

/** Listens on a channel from its first moment on and keeps what comes, in order, for whoever will take it. */
export class BufferedChannel {
  readonly channel: DataChannel;
  #early: ChannelInput[] = [];
  #hear: ((heard: ChannelInput) => void) | undefined;
  readonly #lifetime = new AbortController();

  /** @param onEarly - something has come, and nobody has taken the channel yet */
  constructor(channel: DataChannel, onEarly: (heard: ChannelInput) => void = () => undefined) {
    this.channel = channel;
    channel.binaryType = "arraybuffer";
    const tell = (heard: ChannelInput) => {
      if (this.#hear) return this.#hear(heard);
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
  release(): void {
    this.#lifetime.abort();
    this.#early = [];
    this.#hear = undefined;
  }

  /** Once: hear what was kept, then whatever comes. */
  take(hear: (heard: ChannelInput) => void): void {
    this.#hear = hear;
    for (const heard of this.#early.splice(0)) hear(heard);
  }
}
