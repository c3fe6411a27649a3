import { BufferedChannel } from "../peer/buffered-channel.ts";
import type { DataChannel } from "../platform.ts";
import { BulkChannel } from "../session/v2/engine/bulk-channel.ts";
import { BulkChannelHandle } from "../session/v2/engine/bulk-channel-handle.ts";
import type { EngineCalls } from "../session/v2/engine/messages.ts";
import type { RemoteChannelEvent } from "../session/v2/records/remote-channel.ts";
import type { BulkFrame } from "../wire/frames.ts";

/** A file engine without files: bulk channels whose frames the test sends and hears itself. */
export class FrameEngine {
  readonly #onFrame: (frame: BulkFrame) => void;
  readonly #channels: BulkChannel[] = [];

  constructor(onFrame: (frame: BulkFrame) => void) {
    this.#onFrame = onFrame;
  }

  attach(channel: DataChannel, onEvent: (event: RemoteChannelEvent) => void): BulkChannelHandle {
    const bulk = new BulkChannel({
      channel: new BufferedChannel(channel),
      onFrame: (frame) => (frame.type === "epoch" ? onEvent({ type: "marker" }) : this.#onFrame(frame)),
      onCounted: () => onEvent({ type: "counts", ...bulk.counts }),
      onClosed: () => onEvent({ type: "closed" }),
      onFailed: ({ code, message }) => onEvent({ type: "failed", code, detail: message }),
    });
    this.#channels.push(bulk);
    const calls: Record<string, (argument: never) => unknown> = {
      setKeys: (keys: EngineCalls["setKeys"]["argument"]) => bulk.setKeys(keys),
      expectEpoch: ({ peer }: EngineCalls["expectEpoch"]["argument"]) => bulk.expectEpoch(peer),
      beginEpoch: ({ own }: EngineCalls["beginEpoch"]["argument"]) => bulk.beginEpoch(own),
      closeChannel: () => bulk.close(),
    };
    const ask = async (name: string, argument: unknown) => calls[name]?.(argument as never) as never;
    return new BulkChannelHandle(this.#channels.length, { ask }, () => undefined);
  }

  /** Whoever looks for lanes to use finds nothing to do. */
  async ask(): Promise<undefined> {
    return undefined;
  }

  /** @param at - 0 is the first channel that was attached */
  async send(frame: BulkFrame, at = 0): Promise<void> {
    await this.#channels[at]?.send(frame);
  }
}
