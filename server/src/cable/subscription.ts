import { NullroomError } from "@nullroom/core/errors";
import { formatConfirm, formatMessage, formatReject } from "@nullroom/core/wire/cable";
import { parseIdentifier, type RoomsIdentifier, type ToServer } from "@nullroom/core/wire/room-messages";
import type { Channel, Outlet } from "./channel.ts";
import { ClassicChannel } from "./classic-channel.ts";
import type { CableContext } from "./context.ts";
import { SeatChannel } from "./seat-channel.ts";

/** What a subscription may do with its socket. */
export type Line = {
  readonly address: string;
  send(text: string): void;
  disconnect(reason: string, reconnect: boolean): void;
};

/** The one subscription that a socket may hold, under the identifier that it chose and that is echoed byte for byte. */
export class Subscription implements Outlet {
  readonly #cable: CableContext;
  readonly #line: Line;
  #held: { identifier: string; channel: Channel } | undefined;

  constructor(cable: CableContext, line: Line) {
    this.#cable = cable;
    this.#line = line;
  }

  get address(): string {
    return this.#line.address;
  }

  get seated(): boolean {
    return this.#held?.channel.seated === true;
  }

  /** Official clients repeat a subscription until it is confirmed: the same one again says nothing new. */
  async open(identifier: string): Promise<void> {
    if (this.#held?.identifier === identifier) return;
    const place = this.#held === undefined ? readPlace(identifier) : undefined;
    if (place === undefined) return this.#line.send(formatReject(identifier));
    const { protocol, roomId } = place;
    const channel =
      protocol === "2"
        ? new SeatChannel(this.#cable, this, roomId)
        : new ClassicChannel(this.#cable, this, roomId);
    this.#held = { identifier, channel };
    await channel.open();
  }

  async end(identifier: string): Promise<void> {
    if (this.#held?.identifier === identifier) await this.#close("said");
  }

  /** Messages under another identifier crossed a rejection or an unsubscription: nobody is there to hear them. */
  perform(identifier: string, message: ToServer, frameBytes: number): void | Promise<void> {
    if (this.#held?.identifier === identifier) return this.#held.channel.perform(message, frameBytes);
  }

  heard(now: number): void {
    this.#held?.channel.heard(now);
  }

  restore(): void {
    this.#held?.channel.restore();
  }

  /** The socket is gone. */
  drop(): Promise<void> {
    return this.#close("dropped");
  }

  /** The node stops: timers end, and the store keeps the seat for its owner. */
  abandon(): void {
    this.#held?.channel.abandon();
    this.#held = undefined;
  }

  confirm(): void {
    if (this.#held !== undefined) this.#line.send(formatConfirm(this.#held.identifier));
  }

  reject(): void {
    if (this.#held !== undefined) this.#line.send(formatReject(this.#held.identifier));
    this.#held = undefined;
  }

  transmit(messageJson: string): void {
    if (this.#held !== undefined) this.#line.send(formatMessage(this.#held.identifier, messageJson));
  }

  disconnect(reason: string, reconnect: boolean): void {
    this.#line.disconnect(reason, reconnect);
  }

  async #close(departure: "said" | "dropped"): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.channel.close(departure);
  }
}

/** Undefined for other channels and for ids that are none: those are rejected, as rooms that do not exist are. */
function readPlace(identifier: string): RoomsIdentifier | undefined {
  try {
    return parseIdentifier(identifier);
  } catch (error) {
    if (error instanceof NullroomError) return undefined;
    throw error;
  }
}
