import { BULK } from "../../../crypto/binding.ts";
import { asNullroomError } from "../../../errors.ts";
import type { SinkFactory } from "../../../files/sink.ts";
import { BufferedChannel } from "../../../peer/buffered-channel.ts";
import { PortChannel } from "../../../peer/channel-port.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import type { BufferedCall, PerformCall } from "./buffered-call.ts";
import { BulkChannel } from "./bulk-channel.ts";
import { LaneScheduler } from "./lane-scheduler.ts";
import type { BulkId, BulkKeys, CallName, EngineCalls, EngineEvent } from "./messages.ts";
import { FileReceiver } from "./receiver.ts";
import { FileSender } from "./sender.ts";
import { Throttle } from "./throttle.ts";

export type EngineOptions = {
  post: (event: EngineEvent) => void;
  /** What `receive` brought, as a place that can be opened here. */
  sinkFactoryOf: (place: unknown) => SinkFactory;
};

/** Moves files, and holds whatever that takes: channels, chains, sources, places. */
export function startEngine(options: EngineOptions): PerformCall {
  const engine = new FileEngine(options);
  return (call) => void engine.perform(call);
}

class FileEngine {
  readonly #options: EngineOptions;
  readonly #throttle: Throttle;
  readonly #scheduler = new LaneScheduler();
  readonly #sender: FileSender;
  readonly #receiver: FileReceiver;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#throttle = new Throttle(options.post);
    const tell = (event: EngineEvent) => this.#throttle.tell(event);
    this.#sender = new FileSender({ tell, send: (frame) => this.#scheduler.send(frame) });
    this.#receiver = new FileReceiver(tell);
  }

  async perform(call: BufferedCall): Promise<void> {
    const { id } = call;
    try {
      const answer = await this.#do(call);
      this.#throttle.tell({ type: "answer", id, answer });
    } catch (thrown) {
      const { code, message } = asNullroomError(thrown, "E_CHANNEL", "the engine failed");
      this.#throttle.tell({ type: "refused", id, code, detail: message });
    }
  }

  async #do(call: BufferedCall): Promise<EngineCalls[CallName]["answer"]> {
    switch (call.name) {
      case "attach":
        return this.#attach(call.argument.bulkId, call.argument.channel);
      case "arm":
        return this.#arm(call.argument);
      case "join":
        return this.#scheduler.use(call.argument.bulkId, false);
      case "expectEpoch":
        return this.#scheduler.get(call.argument.bulkId)?.expectEpoch(call.argument.peer);
      case "beginEpoch":
        return this.#scheduler.get(call.argument.bulkId)?.beginEpoch(call.argument.own);
      case "detach":
        return this.#scheduler.remove(call.argument.bulkId);
      case "send":
        return this.#sender.start(call.argument);
      case "credit":
        return this.#sender.credit(call.argument);
      case "receive": {
        const { place, ...file } = call.argument;
        return this.#receiver.open({ ...file, place: this.#options.sinkFactoryOf(place) });
      }
      case "reach":
        return this.#receiver.resume(call.argument.fileId);
      case "rest": {
        const { way, fileId, isPaused: isResting } = call.argument;
        return this.#side(way).pause(fileId, isResting);
      }
      case "stop":
        return this.#side(call.argument.way).stop(call.argument.fileId);
      case "blob":
        return this.#receiver.blob(call.argument.fileId);
      case "close":
        return this.#close();
    }
  }

  #side(way: "in" | "out"): FileSender | FileReceiver {
    return way === "in" ? this.#receiver : this.#sender;
  }

  #attach(number: BulkId, channel: BufferedChannel | MessagePort): void {
    const tell = (event: EngineEvent) => this.#throttle.tell(event);
    const lane = new BulkChannel({
      channel: channel instanceof MessagePort ? new BufferedChannel(new PortChannel(channel)) : channel,
      onFrame: (frame) => this.#hear(number, frame),
      onCounts: () => tell({ type: "counts", bulkId: number, ...lane.counts }),
      onClosed: () => tell({ type: "closed", bulkId: number }),
      onFailed: ({ code, message }) => tell({ type: "failed", bulkId: number, code, detail: message }),
    });
    this.#scheduler.add(number, lane);
  }

  #arm({ bulkId, ...arms }: { bulkId: BulkId } & BulkKeys): void {
    this.#scheduler.get(bulkId)?.arm(arms);
    if (arms.channel === BULK) this.#scheduler.use(bulkId, true);
  }

  #hear(lane: BulkId, frame: BulkFrame): void | Promise<void> {
    if (frame.type === "epoch") this.#throttle.tell({ type: "marker", bulkId: lane });
    else return this.#receiver.hearFrame(frame, { lane, of: this.#scheduler.armed });
  }

  async #close(): Promise<void> {
    this.#scheduler.close();
    this.#sender.close();
    await this.#receiver.close();
    this.#throttle.close();
  }
}
