import { wipe } from "../../../crypto/bytes.ts";
import { BufferedChannel } from "../../../peer/buffered-channel.ts";
import { type BufferedCall, type PerformCall, withBufferedChannel } from "./buffered-call.ts";
import type { BulkId, EngineCall, EngineEvent } from "./messages.ts";

export type LazyEngineOptions = {
  load: () => Promise<PerformCall>;
  post: (event: EngineEvent) => void;
  onFailure: (thrown: unknown) => void;
};

/**
 * Stands in for the file engine until its code is there. That code is fetched once two have met, while the server that has
 * it is surely there, so that a later file or re-key needs no server any more. Where it cannot be had at that moment,
 * nobody is told before it is needed. That a channel has closed is known without it.
 */
export class LazyEngine {
  readonly #options: LazyEngineOptions;
  #waiting: BufferedCall[] = [];
  #perform: PerformCall | undefined;
  #loading: Promise<void> | undefined;

  constructor(options: LazyEngineOptions) {
    this.#options = options;
  }

  perform(call: EngineCall): void {
    const buffered = withBufferedChannel(call, (bulkId, input) => {
      if (input === "closed") this.#options.post({ type: "closed", bulkId });
      else this.#need();
    });
    if (this.#perform) this.#perform(buffered);
    else this.#keep(buffered);
  }

  #keep(call: BufferedCall): void {
    const { name, id } = call;
    if (name === "close" || name === "closeChannel") {
      this.#forget(call.argument?.bulkId);
      this.#options.post({ type: "answer", id, answer: undefined });
    } else {
      this.#waiting.push(call);
      if (name === "setKeys") void this.#load();
      else if (name !== "attach") this.#need();
    }
  }

  /** Close channels and wipe keys that the engine never saw and does not need to see: those of one channel, or all. */
  #forget(bulkId?: BulkId): void {
    this.#waiting = this.#waiting.filter(({ name, argument }) => {
      const isOver = bulkId === undefined || (argument && "bulkId" in argument && argument.bulkId === bulkId);
      if (!isOver) return true;
      if (name === "attach" && argument.channel instanceof BufferedChannel) argument.channel.close();
      if (name === "setKeys" || name === "beginEpoch") wipe(argument.own);
      if (name === "setKeys" || name === "expectEpoch") wipe(argument.peer);
      return false;
    });
  }

  #need(): void {
    this.#load().catch(this.#options.onFailure);
  }

  #load(): Promise<void> {
    this.#loading ??= this.#options.load().then((perform) => {
      this.#perform = perform;
      for (const call of this.#waiting.splice(0)) perform(call);
    });
    this.#loading.catch(() => undefined); // because whoever needs the engine is told when they need it
    return this.#loading;
  }
}
