import type { SinkPlace } from "../../../files/sink.ts";
import type { FileWorker } from "../../../platform.ts";
import type { DeskCall } from "./calls.ts";
import { startEngine } from "./engine.ts";
import { type Engine, holding } from "./held-call.ts";

/** The desk in this very thread, for runtimes whose channels and places cannot be posted: Node, and tests. */
export class DeskInPlace implements FileWorker {
  readonly #listeners: ((event: MessageEvent) => void)[] = [];
  readonly #engine: Engine = startEngine({
    post: (data) => {
      for (const hear of this.#listeners) hear(new MessageEvent("message", { data }));
    },
    placeOf: (place) => place as SinkPlace,
  });

  addEventListener(type: "message" | "error", listener: (event: MessageEvent) => void): void {
    if (type === "message") this.#listeners.push(listener);
  }

  postMessage(call: DeskCall): void {
    this.#engine(holding(call));
  }

  terminate(): void {
    this.#listeners.length = 0;
  }
}
