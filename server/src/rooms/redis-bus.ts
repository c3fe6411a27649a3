import { NullroomError } from "@nullroom/core/errors";
import { parseConnectionId } from "@nullroom/core/wire/ids";
import { type JsonObject, parseJson, readObject, readString } from "@nullroom/core/wire/read";
import { formatFromServer, parseFromServer } from "@nullroom/core/wire/room-messages";
import type { Delivery, NodeBus } from "./bus.ts";
import { newNodeId } from "./ids.ts";
import { RedisConnection } from "./redis-connection.ts";
import type { NodeId, Occupant } from "./store.ts";

/**
 * A bus on which nodes reach each other over Redis: each node listens on `n:<its id>`, and a delivery is one PUBLISH to
 * that channel. Redis passes it on or drops it and stores it nowhere. It is best effort, as the interface says: what is
 * sent while Redis is away is lost, and clients come back and ask.
 */
export class RedisBus implements NodeBus {
  readonly node: NodeId = newNodeId();
  readonly #connection: RedisConnection;
  #listener: ((delivery: Delivery) => void) | undefined;

  constructor(url: string) {
    this.#connection = new RedisConnection(url);
  }

  /** Resolves once this node receives its own channel. After a reconnection the client subscribes again by itself. */
  async open(): Promise<void> {
    await this.#connection.open();
    await this.#connection.client.subscribe(channelOf(this.node), (text) => this.#deliver(text));
  }

  send(to: NodeId, delivery: Delivery): void {
    if (to === this.node) {
      this.#listener?.(delivery);
      return;
    }
    this.#connection.call(["PUBLISH", channelOf(to), format(delivery)]).catch(() => {
      // Because delivery is best effort: a client that misses it comes back and asks.
    });
  }

  listen(listener: (delivery: Delivery) => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.#listener = undefined;
    this.#connection.close();
  }

  #deliver(text: string): void {
    const delivery = parseOrDrop(text);
    if (delivery !== undefined) this.#listener?.(delivery);
  }
}

function channelOf(node: NodeId): string {
  return `n:${node}`;
}

/** The message is formatted as on the cable, where bytes such as a seat token have a form in JSON. */
function format(delivery: Delivery): string {
  const { to, kind } = delivery;
  if (kind === "other") return JSON.stringify({ to, kind, other: delivery.other });
  return `{"to":"${to}","kind":"${kind}","message":${formatFromServer(delivery.message)}}`;
}

/** A node of another version may send what this one does not know; such a delivery is dropped. */
function parseOrDrop(text: string): Delivery | undefined {
  try {
    return parse(readObject(parseJson(text, "delivery"), "delivery"));
  } catch {
    return undefined;
  }
}

/** @throws "E_MALFORMED" */
function parse(fields: JsonObject): Delivery {
  const to = parseConnectionId(fields.to);
  const kind = readString(fields, "kind");
  switch (kind) {
    case "message":
    case "end":
      return { to, kind, message: parseFromServer(fields.message) };
    case "other":
      return { to, kind, other: parseOccupant(fields.other) };
    default:
      throw new NullroomError("E_MALFORMED", "unknown kind of delivery");
  }
}

function parseOccupant(value: unknown): Occupant {
  const fields = readObject(value, "occupant");
  const node = parseConnectionId(fields.node) as string as NodeId; // A node id has 32 hex digits too.
  return { node, connectionId: parseConnectionId(fields.connectionId) };
}
