import { wipe } from "../../../crypto/bytes.ts";
import { type BufferedCall, type PerformCall, withBufferedChannel } from "./buffered-call.ts";
import type { BulkId, EngineCall, EngineEvent } from "./messages.ts";

export type LazyEngineOptions = {
  load: () => Promise<PerformCall>;
  post: (event: EngineEvent) => void;
  onFailure: (thrown: unknown) => void;
};

/**
 * Stands in for the engine until it is there: its code is fetched once two have met, while the server that has it is
 * surely there, so that a later file or change of keys needs no server any more. Where it cannot be had then, nobody is
 * told before it is needed. That a channel has closed is known here.
 */
export class LazyEngine {
  readonly #options: LazyEngineOptions;
  #held: BufferedCall[] = [];
  #engine: PerformCall | undefined;
  #loading: Promise<void> | undefined;

  constructor(options: LazyEngineOptions) {
    this.#options = options;
  }

  perform(call: EngineCall): void {
    const held = withBufferedChannel(call, (lane, heard) => {
      if (heard === "closed") this.#options.post({ type: "closed", bulkId: lane });
      else this.#need();
    });
    if (this.#engine) this.#engine(held);
    else this.#hold(held);
  }

  #hold(held: BufferedCall): void {
    const { name, id } = held;
    if (name === "close" || name === "detach") {
      this.#forget(held.argument?.bulkId);
      this.#options.post({ type: "answer", id, answer: undefined });
    } else {
      this.#held.push(held);
      if (name === "arm") void this.#load();
      else if (name !== "attach") this.#need();
    }
  }

  /** Channels and keys that the engine has not seen and does not need to: of one lane, or of all. */
  #forget(lane?: BulkId): void {
    this.#held = this.#held.filter(({ name, argument }) => {
      const isOver = lane === undefined || (argument && "bulkId" in argument && argument.bulkId === lane);
      if (!isOver) return true;
      if (name === "attach" && "release" in argument.channel) argument.channel.release();
      if (name === "arm" || name === "beginEpoch") wipe(argument.own);
      if (name === "arm" || name === "expectEpoch") wipe(argument.peer);
      return false;
    });
  }

  #need(): void {
    this.#load().catch(this.#options.onFailure);
  }

  #load(): Promise<void> {
    this.#loading ??= this.#options.load().then((engine) => {
      this.#engine = engine;
      for (const call of this.#held.splice(0)) engine(call);
    });
    this.#loading.catch(() => undefined); // because whoever needs it is told, then
    return this.#loading;
  }
}
