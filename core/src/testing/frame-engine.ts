import { BufferedChannel } from "../peer/buffered-channel.ts";
import { BulkChannel } from "../session/v2/engine/bulk-channel.ts";
import { BulkChannelHandle, type BulkChannelListener } from "../session/v2/engine/bulk-channel-handle.ts";
import type { EngineCalls } from "../session/v2/engine/messages.ts";
import type { BulkFrame } from "../wire/frames.ts";

/** A engine without files: lanes, whose frames the test sends and hears itself. */
export class FrameEngine {
  readonly #onFrame: (frame: BulkFrame) => void;
  readonly #lanes: BulkChannel[] = [];

  constructor(onFrame: (frame: BulkFrame) => void) {
    this.#onFrame = onFrame;
  }

  attach(channel: RTCDataChannel, events: BulkChannelListener): BulkChannelHandle {
    const number = this.#lanes.length + 1;
    const lane = new BulkChannel({
      channel: new BufferedChannel(channel),
      onFrame: (frame) =>
        frame.type === "epoch" ? events.hear({ type: "marker", bulkId: number }) : this.#onFrame(frame),
      onCounts: () => events.hear({ type: "counts", bulkId: number, ...lane.counts }),
      onClosed: () => events.hear({ type: "closed", bulkId: number }),
      onFailed: ({ code, message }) => events.hear({ type: "failed", bulkId: number, code, detail: message }),
    });
    this.#lanes.push(lane);
    const calls: Record<string, (argument: never) => unknown> = {
      arm: (arms: EngineCalls["arm"]["argument"]) => lane.arm(arms),
      expectEpoch: ({ peer }: EngineCalls["expectEpoch"]["argument"]) => lane.expectEpoch(peer),
      beginEpoch: ({ own }: EngineCalls["beginEpoch"]["argument"]) => lane.beginEpoch(own),
      detach: () => lane.close(),
    };
    const ask = async (name: string, argument: unknown) => calls[name]?.(argument as never) as never;
    return new BulkChannelHandle(number, { ask }, () => undefined);
  }

  /** @param lane - 0 is the first that was attached */
  async send(frame: BulkFrame, lane = 0): Promise<void> {
    await this.#lanes[lane]?.send(frame);
  }
}
