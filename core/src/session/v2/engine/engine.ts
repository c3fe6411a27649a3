import { BULK } from "../../../crypto/binding.ts";
import { asNullroomError } from "../../../errors.ts";
import type { SinkFactory } from "../../../files/sink.ts";
import { BufferedChannel } from "../../../peer/buffered-channel.ts";
import { PortChannel } from "../../../peer/channel-port.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import type { RemoteChannelEvent } from "../records/remote-channel.ts";
import type { BufferedCall, PerformCall } from "./buffered-call.ts";
import { BulkChannel } from "./bulk-channel.ts";
import { LaneScheduler } from "./lane-scheduler.ts";
import type { BulkId, CallName, Direction, EngineCalls, EngineEvent } from "./messages.ts";
import { FileReceiver } from "./receiver.ts";
import { FileSender } from "./sender.ts";
import { Throttle } from "./throttle.ts";

export type EngineOptions = {
  post: (event: EngineEvent) => void;
  /** Makes a sink factory of the destination that `receive` brought. */
  sinkFactoryOf: (destination: unknown) => SinkFactory;
};

/** Start what moves files, and owns whatever that takes: channels, chains, sources, sinks. */
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
      const { code, message } = asNullroomError(thrown, "E_CHANNEL", "the file engine failed");
      this.#throttle.tell({ type: "refused", id, code, detail: message });
    }
  }

  async #do(call: BufferedCall): Promise<EngineCalls[CallName]["answer"]> {
    switch (call.name) {
      case "attach":
        return this.#attach(call.argument.bulkId, call.argument.channel);
      case "setKeys":
        return this.#setKeys(call.argument);
      case "useLane":
        return this.#scheduler.use(call.argument.bulkId, false);
      case "expectEpoch":
        return this.#scheduler.get(call.argument.bulkId)?.expectEpoch(call.argument.peer);
      case "beginEpoch":
        return this.#scheduler.get(call.argument.bulkId)?.beginEpoch(call.argument.own);
      case "closeChannel":
        return this.#scheduler.remove(call.argument.bulkId);
      case "send":
        return this.#sender.start(call.argument);
      case "credit":
        return this.#sender.credit(call.argument);
      case "receive": {
        const { destination, ...file } = call.argument;
        return this.#receiver.open({ ...file, factory: this.#options.sinkFactoryOf(destination) });
      }
      case "resume":
        return this.#receiver.resume(call.argument.fileId);
      case "pause": {
        const { direction, fileId, isPaused } = call.argument;
        return this.#moverOf(direction).pause(fileId, isPaused);
      }
      case "stop":
        return this.#moverOf(call.argument.direction).stop(call.argument.fileId);
      case "blob":
        return this.#receiver.blob(call.argument.fileId);
      case "close":
        return this.#close();
    }
  }

  #moverOf(direction: Direction): FileSender | FileReceiver {
    return direction === "in" ? this.#receiver : this.#sender;
  }

  #attach(bulkId: BulkId, channel: BufferedChannel | MessagePort): void {
    const tell = (event: RemoteChannelEvent) => this.#throttle.tell({ ...event, bulkId });
    const bulk = new BulkChannel({
      channel: channel instanceof MessagePort ? new BufferedChannel(new PortChannel(channel)) : channel,
      onFrame: (frame) => this.#hearFrame(bulkId, frame),
      onCounted: () => {
        const { sent, received } = bulk.counts;
        tell({ type: "counts", sent, received });
      },
      onClosed: () => tell({ type: "closed" }),
      onFailed: ({ code, message }) => tell({ type: "failed", code, detail: message }),
    });
    this.#scheduler.add(bulkId, bulk);
  }

  #setKeys({ bulkId, ...keys }: EngineCalls["setKeys"]["argument"]): void {
    this.#scheduler.get(bulkId)?.setKeys(keys);
    if (keys.channel === BULK) this.#scheduler.use(bulkId, true);
  }

  #hearFrame(bulkId: BulkId, frame: BulkFrame): void | Promise<void> {
    if (frame.type === "epoch") this.#throttle.tell({ type: "marker", bulkId });
    else return this.#receiver.hearFrame(frame, { bulkId, of: this.#scheduler.keyed });
  }

  /** Resolves when nothing is left of anything. */
  async #close(): Promise<void> {
    this.#scheduler.close();
    this.#sender.close();
    await this.#receiver.close();
    this.#throttle.close();
  }
}
