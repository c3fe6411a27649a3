import type { ConnectionId } from "@nullroom/core/brand";
import type { FromServer } from "@nullroom/core/wire/room-messages";
import type { NodeId, Occupant } from "./store.ts";

/** What one node asks another to do with one of its seats. It is stored nowhere on its way. */
export type Delivery = { to: ConnectionId } & (
  | { kind: "message"; message: FromServer }
  /** `other` sits opposite from now on, and signals go there. */
  | { kind: "other"; other: Occupant }
  /** The room or the seat is over for this socket: pass the message on and let go of the seat. */
  | { kind: "end"; message: FromServer }
);

/**
 * The way from one node to another. Each listens on one channel of its own; a seat's record names the node, so that a
 * signal goes straight there. Delivery is best effort, as signaling is: a client that misses a message comes back and
 * asks.
 */
export interface NodeBus {
  readonly node: NodeId;
  /** A delivery to this node itself calls the listener directly. */
  send(to: NodeId, delivery: Delivery): void;
  listen(listener: (delivery: Delivery) => void): void;
  close(): Promise<void>;
}
