import type { ConnectionId } from "@nullroom/core/brand";
import type { FromServer } from "@nullroom/core/wire/room-messages";
import type { NodeId, Occupant } from "./store.ts";

/** What one process asks another to do with one of its sockets. Never stored anywhere on the way. */
export type Delivery = { to: ConnectionId } & (
  | { kind: "message"; message: FromServer }
  /** Who sits opposite has changed; relays go there from now on. */
  | { kind: "other"; other: Occupant | undefined }
  /** The room or the seat is over for this socket: say why and let go of it. */
  | { kind: "end"; message: FromServer }
);

/**
 * The way from a node to a node: each listens on one channel of its own, a seat's record names the node, and a
 * relay goes straight there. Delivery is best effort, as signaling is: who misses a message comes back and asks.
 */
export interface NodeBus {
  readonly node: NodeId;
  /** To this very node the listener is called directly. */
  send(to: NodeId, delivery: Delivery): void;
  listen(listener: (delivery: Delivery) => void): void;
  close(): Promise<void>;
}
