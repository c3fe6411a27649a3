import { NullroomError } from "@nullroom/core/errors";
import { parseConnectionId } from "@nullroom/core/wire/ids";
import { type JsonObject, parseJson, readObject, readString } from "@nullroom/core/wire/read";
import { formatFromServer, parseFromServer } from "@nullroom/core/wire/room-messages";
import type { Delivery, NodeBus } from "./bus.ts";
import { newNodeId } from "./ids.ts";
import { RedisConnection } from "./redis-connection.ts";
import type { NodeId, Occupant } from "./store.ts";

/**
 * Nodes reach each other over Redis: each listens on `n:<its id>` and a delivery is one PUBLISH to it. Redis
 * passes it on or drops it; it is stored nowhere. Best effort, as the interface says: what is sent while Redis
 * is away is lost, and clients come back and ask.
 */
export class RedisBus implements NodeBus {
  readonly node: NodeId = newNodeId();
  readonly #connection: RedisConnection;
  #listener: ((delivery: Delivery) => void) | undefined;

  constructor(url: string) {
    this.#connection = new RedisConnection(url);
  }

  /** Resolves once this node hears its own channel; the client subscribes anew whenever it comes back. */
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
      // Because delivery is best effort: whoever misses it comes back and asks.
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

/** As the cable formats it, so that a seat token would travel as it does there and not as an object of digits. */
function format(delivery: Delivery): string {
  const { to, kind } = delivery;
  if (kind === "other") return JSON.stringify({ to, kind, other: delivery.other });
  return `{"to":"${to}","kind":"${kind}","message":${formatFromServer(delivery.message)}}`;
}

/** A node of another version may say what this one does not know; that is no reason to fall. */
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

function parseOccupant(value: unknown): Occupant | undefined {
  if (value === undefined) return undefined;
  const fields = readObject(value, "occupant");
  const node = parseConnectionId(fields.node) as string as NodeId; // 32 hex digits, as a connection's id is.
  return { node, connectionId: parseConnectionId(fields.connectionId) };
}
