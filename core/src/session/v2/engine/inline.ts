import type { SinkFactory } from "../../../files/sink.ts";
import type { FileWorker } from "../../../platform.ts";
import { type PerformCall, withBufferedChannel } from "./buffered-call.ts";
import { startEngine } from "./engine.ts";
import type { EngineCall } from "./messages.ts";

/** The file engine in the caller's own thread, for runtimes whose channels and sinks cannot be posted: Node, and tests. */
export class InlineEngine implements FileWorker {
  readonly #listeners: ((event: MessageEvent) => void)[] = [];
  readonly #perform: PerformCall = startEngine({
    post: (data) => {
      for (const listener of this.#listeners) listener(new MessageEvent("message", { data }));
    },
    sinkFactoryOf: (destination) => destination as SinkFactory,
  });

  addEventListener(type: "message" | "error", listener: (event: MessageEvent) => void): void {
    if (type === "message") this.#listeners.push(listener);
  }

  postMessage(call: EngineCall): void {
    this.#perform(withBufferedChannel(call));
  }

  terminate(): void {
    this.#listeners.length = 0;
  }
}
