import type { SinkFactory } from "../../../files/sink.ts";
import type { FileWorker } from "../../../platform.ts";
import { type PerformCall, withBufferedChannel } from "./buffered-call.ts";
import { startEngine } from "./engine.ts";
import type { EngineCall } from "./messages.ts";

/** The engine in this very thread, for runtimes whose channels and places cannot be posted: Node, and tests. */
export class InlineEngine implements FileWorker {
  readonly #listeners: ((event: MessageEvent) => void)[] = [];
  readonly #engine: PerformCall = startEngine({
    post: (data) => {
      for (const hear of this.#listeners) hear(new MessageEvent("message", { data }));
    },
    sinkFactoryOf: (place) => place as SinkFactory,
  });

  addEventListener(type: "message" | "error", listener: (event: MessageEvent) => void): void {
    if (type === "message") this.#listeners.push(listener);
  }

  postMessage(call: EngineCall): void {
    this.#engine(withBufferedChannel(call));
  }

  terminate(): void {
    this.#listeners.length = 0;
  }
}
