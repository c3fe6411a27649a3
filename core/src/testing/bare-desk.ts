import { HeldChannel } from "../peer/held-channel.ts";
import type { DeskCalls } from "../session/v2/desk/calls.ts";
import { Lane } from "../session/v2/desk/lane.ts";
import { LaneEnd, type LaneEvents } from "../session/v2/desk/lane-end.ts";
import type { BulkFrame } from "../wire/frames.ts";

/** A desk without files: lanes, whose frames the test sends and hears itself. */
export class BareDesk {
  readonly #onFrame: (frame: BulkFrame) => void;
  readonly #lanes: Lane[] = [];

  constructor(onFrame: (frame: BulkFrame) => void) {
    this.#onFrame = onFrame;
  }

  attach(channel: RTCDataChannel, events: LaneEvents): LaneEnd {
    const number = this.#lanes.length + 1;
    const lane = new Lane({
      channel: new HeldChannel(channel),
      onFrame: (frame) =>
        frame.type === "epoch" ? events.hear({ news: "marker", lane: number }) : this.#onFrame(frame),
      onCounts: () => events.hear({ news: "counts", lane: number, ...lane.counts }),
      onClosed: () => events.hear({ news: "closed", lane: number }),
      onFailed: ({ code, message }) => events.hear({ news: "failed", lane: number, code, detail: message }),
    });
    this.#lanes.push(lane);
    const calls: Record<string, (argument: never) => unknown> = {
      arm: (arms: DeskCalls["arm"]["argument"]) => lane.arm(arms),
      expectEpoch: ({ peer }: DeskCalls["expectEpoch"]["argument"]) => lane.expectEpoch(peer),
      beginEpoch: ({ own }: DeskCalls["beginEpoch"]["argument"]) => lane.beginEpoch(own),
      detach: () => lane.close(),
    };
    const ask = async (name: string, argument: unknown) => calls[name]?.(argument as never) as never;
    return new LaneEnd(number, { ask }, () => undefined);
  }

  /** @param lane - 0 is the first that was attached */
  async send(frame: BulkFrame, lane = 0): Promise<void> {
    await this.#lanes[lane]?.send(frame);
  }
}
