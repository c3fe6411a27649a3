import type { Delivery, NodeBus } from "../rooms/bus.ts";
import { newNodeId } from "../rooms/ids.ts";
import type { NodeId } from "../rooms/store.ts";

/**
 * The buses of several nodes in one process. A delivery to another node arrives later and as a copy, as over a network.
 */
export class BusNetwork {
  readonly #listeners = new Map<NodeId, (delivery: Delivery) => void>();

  join(): NodeBus {
    const node = newNodeId();
    const listeners = this.#listeners;
    return {
      node,
      send: (to, delivery) => {
        if (to === node) listeners.get(node)?.(delivery);
        else {
          const copy = structuredClone(delivery);
          setImmediate(() => listeners.get(to)?.(copy));
        }
      },
      listen: (listener) => listeners.set(node, listener),
      close: async () => {
        listeners.delete(node);
      },
    };
  }
}
