import type { ConnectionId } from "@nullroom/core/brand";
import type { FromServer } from "@nullroom/core/wire/room-messages";
import type { Delivery, NodeBus } from "../rooms/bus.ts";
import type { NodeId, Occupant } from "../rooms/store.ts";

/** A seat on this node, as other seats reach it. */
export interface Endpoint {
  deliver(delivery: Delivery): void;
  /** Take a signal from a seat on this same node. It is JSON already, so that nobody formats it again. */
  relaySignal(from: ConnectionId, messageJson: string): void;
}

/** The seats of this node by their connection ids, and the way to the seats of all nodes. */
export class Switchboard {
  readonly node: NodeId;
  readonly #bus: NodeBus;
  readonly #endpoints = new Map<ConnectionId, Endpoint>();

  constructor(bus: NodeBus) {
    this.node = bus.node;
    this.#bus = bus;
    bus.listen((delivery) => this.#endpoints.get(delivery.to)?.deliver(delivery));
  }

  plug(id: ConnectionId, endpoint: Endpoint): void {
    this.#endpoints.set(id, endpoint);
  }

  unplug(id: ConnectionId): void {
    this.#endpoints.delete(id);
  }

  /** The seat, if it is on this node: signals between two seats of one node never leave the process. */
  localEndpoint(occupant: Occupant): Endpoint | undefined {
    return occupant.node === this.node ? this.#endpoints.get(occupant.connectionId) : undefined;
  }

  /** Send one channel message to the client in that seat. */
  tell(occupant: Occupant, message: FromServer): void {
    this.#bus.send(occupant.node, { to: occupant.connectionId, kind: "message", message });
  }

  /** Tell the seat of `occupant` that `other` sits opposite from now on. */
  introduce(occupant: Occupant, other: Occupant): void {
    this.#bus.send(occupant.node, { to: occupant.connectionId, kind: "other", other });
  }

  /** End the seat of `occupant`, with the last message that its client gets about it. */
  endSeat(occupant: Occupant, message: FromServer): void {
    this.#bus.send(occupant.node, { to: occupant.connectionId, kind: "end", message });
  }

  /** How many seats are held or being asked for here. */
  get size(): number {
    return this.#endpoints.size;
  }
}
