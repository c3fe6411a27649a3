import { NullroomError } from "@nullroom/core/errors";
import { formatConfirm, formatMessage, formatReject } from "@nullroom/core/wire/cable";
import {
  type FromServer,
  formatFromServer,
  parseIdentifier,
  type RoomsIdentifier,
  type ToServer,
} from "@nullroom/core/wire/room-messages";
import type { Departure } from "../rooms/store.ts";
import type { Channel } from "./channel.ts";
import { ClassicChannel } from "./classic-channel.ts";
import type { CableContext } from "./context.ts";
import type { Outlet } from "./outlet.ts";
import { Protocol2Channel } from "./protocol2-channel.ts";

/** What a subscription may do with the socket that it came on. */
export type SubscriptionSocket = {
  readonly address: string;
  send(text: string): void;
  disconnect(reason: string, reconnect: boolean): void;
};

/** The one subscription that a socket may hold, under the identifier that it chose and that is echoed byte for byte. */
export class Subscription implements Outlet {
  readonly #cable: CableContext;
  readonly #socket: SubscriptionSocket;
  #held: { identifier: string; channel: Channel } | undefined;

  constructor(cable: CableContext, socket: SubscriptionSocket) {
    this.#cable = cable;
    this.#socket = socket;
  }

  get address(): string {
    return this.#socket.address;
  }

  get hasSeat(): boolean {
    return this.#held?.channel.seat.isTaken === true;
  }

  /** Official clients repeat a subscription until it is confirmed, so the same one again is no second one. */
  async subscribe(identifier: string): Promise<void> {
    if (this.#held?.identifier === identifier) return;
    const room = this.#held === undefined ? readIdentifier(identifier) : undefined;
    if (room === undefined) return this.#socket.send(formatReject(identifier));
    const { protocol, roomId } = room;
    const channel =
      protocol === "2"
        ? new Protocol2Channel(this.#cable, this, roomId)
        : new ClassicChannel(this.#cable, this, roomId);
    this.#held = { identifier, channel };
    await channel.open();
  }

  async unsubscribe(identifier: string): Promise<void> {
    if (this.#held?.identifier === identifier) await this.leave("said");
  }

  /** Messages under another identifier have crossed a rejection or an unsubscription, so they are dropped. */
  perform(identifier: string, message: ToServer, frameBytes: number): void | Promise<void> {
    if (this.#held?.identifier === identifier) return this.#held.channel.perform(message, frameBytes);
  }

  /** The socket gave a sign of life. */
  noteAlive(now: number): void {
    this.#held?.channel.seat.noteAlive(now);
  }

  /** The store was away and may have forgotten the seat. */
  restore(): void {
    this.#held?.channel.seat.restore();
  }

  /** Give the seat up and tell the other side. */
  async leave(departure: Departure): Promise<void> {
    await this.#release()?.seat.leave(departure);
  }

  /** Let go of the seat and tell nobody: the node stops, and the store keeps the seat for its owner. */
  close(): void {
    this.#release()?.seat.close();
  }

  confirm(): void {
    if (this.#held !== undefined) this.#socket.send(formatConfirm(this.#held.identifier));
  }

  reject(): void {
    if (this.#held !== undefined) this.#socket.send(formatReject(this.#held.identifier));
    this.#held = undefined;
  }

  transmit(message: FromServer): void {
    this.transmitJson(formatFromServer(message));
  }

  transmitJson(messageJson: string): void {
    if (this.#held !== undefined) this.#socket.send(formatMessage(this.#held.identifier, messageJson));
  }

  disconnect(reason: string, reconnect: boolean): void {
    this.#socket.disconnect(reason, reconnect);
  }

  #release(): Channel | undefined {
    const channel = this.#held?.channel;
    this.#held = undefined;
    return channel;
  }
}

/** Undefined for other channels and for malformed room ids: both are rejected as rooms that do not exist are. */
function readIdentifier(identifier: string): RoomsIdentifier | undefined {
  try {
    return parseIdentifier(identifier);
  } catch (error) {
    if (error instanceof NullroomError) return undefined;
    throw error;
  }
}
