import type { ConnectionId } from "@nullroom/core/brand";
import type { FromServer } from "@nullroom/core/wire/room-messages";
import type { Delivery, NodeBus } from "../rooms/bus.ts";
import type { NodeId, Occupant } from "../rooms/store.ts";

/** A seat on this node, as others reach it. */
export interface Endpoint {
  deliver(delivery: Delivery): void;
  /** A signal from a seat on this very node, as JSON that needs no second making. */
  relay(from: ConnectionId, messageJson: string): void;
}

/** Who sits on this node, and the way to everybody else. */
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

  /** The seat, if it is on this node: what both ends here say to each other never leaves the process. */
  near(occupant: Occupant): Endpoint | undefined {
    return occupant.node === this.node ? this.#endpoints.get(occupant.connectionId) : undefined;
  }

  tell(occupant: Occupant, message: FromServer): void {
    this.#bus.send(occupant.node, { to: occupant.connectionId, kind: "message", message });
  }

  /** Who sits opposite `occupant` from now on. */
  introduce(occupant: Occupant, other: Occupant): void {
    this.#bus.send(occupant.node, { to: occupant.connectionId, kind: "other", other });
  }

  /** The last thing that `occupant` hears about its seat. */
  end(occupant: Occupant, message: FromServer): void {
    this.#bus.send(occupant.node, { to: occupant.connectionId, kind: "end", message });
  }

  get size(): number {
    return this.#endpoints.size;
  }
}
