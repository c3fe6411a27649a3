import { BULK } from "../../../crypto/binding.ts";
import { asNullroomError } from "../../../errors.ts";
import type { SinkPlace } from "../../../files/sink.ts";
import { PortChannel } from "../../../peer/channel-port.ts";
import { HeldChannel } from "../../../peer/held-channel.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import { Bundle } from "./bundle.ts";
import type { CallName, DeskCalls, DeskNews, LaneArms, LaneNumber } from "./calls.ts";
import { Calm } from "./calm.ts";
import type { Engine, HeldCall } from "./held-call.ts";
import { Lane } from "./lane.ts";
import { Receiving } from "./receiving.ts";
import { Sending } from "./sending.ts";

export type EngineOptions = {
  post: (news: DeskNews) => void;
  /** What `receive` brought, as a place that can be opened here. */
  placeOf: (place: unknown) => SinkPlace;
};

/** Moves files, and holds whatever that takes: channels, chains, sources, places. */
export function startEngine(options: EngineOptions): Engine {
  const desk = new DeskEngine(options);
  return (call) => void desk.obey(call);
}

class DeskEngine {
  readonly #options: EngineOptions;
  readonly #calm: Calm;
  readonly #lanes = new Bundle();
  readonly #sending: Sending;
  readonly #receiving: Receiving;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#calm = new Calm(options.post);
    const tell = (news: DeskNews) => this.#calm.tell(news);
    this.#sending = new Sending({ tell, send: (frame) => this.#lanes.send(frame) });
    this.#receiving = new Receiving(tell);
  }

  async obey(call: HeldCall): Promise<void> {
    const { id } = call;
    try {
      const answer = await this.#do(call);
      this.#calm.tell({ news: "answer", id, answer });
    } catch (thrown) {
      const { code, message } = asNullroomError(thrown, "E_CHANNEL", "the desk failed");
      this.#calm.tell({ news: "refused", id, code, detail: message });
    }
  }

  async #do(call: HeldCall): Promise<DeskCalls[CallName]["answer"]> {
    switch (call.name) {
      case "attach":
        return this.#attach(call.argument.lane, call.argument.channel);
      case "arm":
        return this.#arm(call.argument);
      case "join":
        return this.#lanes.use(call.argument.lane, false);
      case "expectEpoch":
        return this.#lanes.get(call.argument.lane)?.expectEpoch(call.argument.peer);
      case "beginEpoch":
        return this.#lanes.get(call.argument.lane)?.beginEpoch(call.argument.own);
      case "detach":
        return this.#lanes.remove(call.argument.lane);
      case "send":
        return this.#sending.start(call.argument);
      case "credit":
        return this.#sending.credit(call.argument);
      case "receive": {
        const { place, ...file } = call.argument;
        return this.#receiving.open({ ...file, place: this.#options.placeOf(place) });
      }
      case "reach":
        return this.#receiving.reach(call.argument.fileId);
      case "rest": {
        const { way, fileId, isResting } = call.argument;
        return this.#side(way).rest(fileId, isResting);
      }
      case "stop":
        return this.#side(call.argument.way).stop(call.argument.fileId);
      case "blob":
        return this.#receiving.blob(call.argument.fileId);
      case "close":
        return this.#close();
    }
  }

  #side(way: "in" | "out"): Sending | Receiving {
    return way === "in" ? this.#receiving : this.#sending;
  }

  #attach(number: LaneNumber, channel: HeldChannel | MessagePort): void {
    const tell = (news: DeskNews) => this.#calm.tell(news);
    const lane = new Lane({
      channel: channel instanceof MessagePort ? new HeldChannel(new PortChannel(channel)) : channel,
      onFrame: (frame) => this.#hear(number, frame),
      onCounts: () => tell({ news: "counts", lane: number, ...lane.counts }),
      onClosed: () => tell({ news: "closed", lane: number }),
      onFailed: ({ code, message }) => tell({ news: "failed", lane: number, code, detail: message }),
    });
    this.#lanes.add(number, lane);
  }

  #arm({ lane, ...arms }: { lane: LaneNumber } & LaneArms): void {
    this.#lanes.get(lane)?.arm(arms);
    if (arms.channel === BULK) this.#lanes.use(lane, true);
  }

  #hear(lane: LaneNumber, frame: BulkFrame): void | Promise<void> {
    if (frame.type === "epoch") this.#calm.tell({ news: "marker", lane });
    else return this.#receiving.hear(frame, { lane, of: this.#lanes.armed });
  }

  async #close(): Promise<void> {
    this.#lanes.close();
    this.#sending.close();
    await this.#receiving.close();
    this.#calm.close();
  }
}
