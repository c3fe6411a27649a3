import type { Delivery, NodeBus } from "./bus.ts";
import { newNodeId } from "./ids.ts";
import type { NodeId } from "./store.ts";

/** The bus of a server that is one process: every delivery is for itself. */
export class LocalBus implements NodeBus {
  readonly node: NodeId = newNodeId();
  #listener: ((delivery: Delivery) => void) | undefined;

  send(to: NodeId, delivery: Delivery): void {
    if (to === this.node) this.#listener?.(delivery);
  }

  listen(listener: (delivery: Delivery) => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.#listener = undefined;
  }
}
