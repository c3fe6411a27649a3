import { isUtf8 } from "node:buffer";
import { NullroomError } from "@nullroom/core/errors";
import {
  CABLE_COMMAND_BYTES,
  CABLE_FRAME_BYTES,
  CABLE_PING_INTERVAL_MS,
  LEASE_PING_INTERVAL_MS,
  SEAT_LEASE_MS,
} from "@nullroom/core/limits";
import { formatDisconnect, parseCommand, WELCOME } from "@nullroom/core/wire/cable";
import { parseToServer } from "@nullroom/core/wire/room-messages";
import type { CableContext } from "./context.ts";
import type { PingTarget } from "./ping-wheel.ts";
import type { Socket } from "./socket.ts";
import { Subscription, type SubscriptionSocket } from "./subscription.ts";

/** How long a socket may stay that holds no seat: its client is in no room, or in none any more. */
const SEATLESS_MS = 10_000;
/** How many commands may wait for their turn. No client of ours sends more without waiting for answers. */
const MAX_QUEUED = 64;
/** How many bytes may wait for the network before a socket is given up: no conversation reaches so slow a reader. */
const MAX_BACKLOG_BYTES = 256 * 1024;
const VISITS_PER_LEASE_PING = Math.round(LEASE_PING_INTERVAL_MS / CABLE_PING_INTERVAL_MS);

/** Where a connection stands: a `leaving` one has sent its last frame and reads nothing any more. */
type Phase = "open" | "leaving" | "gone";

/**
 * One socket: it performs commands strictly in order, holds at most one subscription, and ends sockets that stay too
 * long.
 */
export class Connection implements PingTarget, SubscriptionSocket {
  readonly address: string;
  readonly #socket: Socket;
  readonly #cable: CableContext;
  readonly #subscription: Subscription;
  /** Undefined until a frame has to wait, since hardly any client sends faster than it is answered. */
  #queue: string[] | undefined;
  #phase: Phase = "open";
  #busy = false;
  #visits = 0;
  /** A closing handshake that is not over when `#visits` exceeds this is cut short. */
  #leavingVisit = 0;
  #lastAliveAt: number;
  #seatlessSince: number;
  /** Set when the node stops: its seats are kept for clients that come back, and nobody has left. */
  #draining = false;

  constructor(socket: Socket, address: string, cable: CableContext) {
    this.#socket = socket;
    this.#cable = cable;
    this.address = address;
    this.#subscription = new Subscription(cable, this);
    this.#lastAliveAt = this.#seatlessSince = cable.now();
    socket.send(WELCOME);
  }

  receive(bytes: Buffer, isBinary: boolean): void {
    if (this.#phase !== "open") return;
    this.noteAlive();
    const readable = !isBinary && bytes.length <= CABLE_FRAME_BYTES && isUtf8(bytes);
    if (!readable || (this.#queue?.length ?? 0) >= MAX_QUEUED) this.#disconnectMisbehaving();
    else if (!this.#busy) this.#handle(bytes.toString());
    else if (this.#queue === undefined) this.#queue = [bytes.toString()];
    else this.#queue.push(bytes.toString());
  }

  /** The socket gave a sign of life: a frame, or a pong. */
  noteAlive(): void {
    const now = this.#cable.now();
    this.#lastAliveAt = now;
    this.#subscription.noteAlive(now);
  }

  /** The socket is closed, whoever closed it. */
  closed(): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    if (!this.#busy) this.#leave();
  }

  /** One turn of the ping wheel: end the socket if it has to go, else ping it. */
  visit(ping: Uint8Array): void {
    const now = this.#cable.now();
    this.#visits++;
    const isHalfOpen =
      now - this.#lastAliveAt > SEAT_LEASE_MS || this.#socket.backlogBytes > MAX_BACKLOG_BYTES;
    if (isHalfOpen || (this.#phase !== "open" && this.#visits > this.#leavingVisit)) {
      this.#cable.counters.add("sockets_silent");
      this.#socket.terminate();
      return;
    }
    if (this.#subscription.hasSeat || this.#busy) this.#seatlessSince = now;
    if (now - this.#seatlessSince >= SEATLESS_MS) {
      this.#cable.counters.add("sockets_silent");
      this.disconnect("idle", false);
    }
    if (this.#phase !== "open") return;
    this.#socket.sendFrame(ping);
    if (this.#visits % VISITS_PER_LEASE_PING === 0) this.#socket.ping();
  }

  /** The store was away and may have forgotten the seat. */
  restore(): void {
    this.#subscription.restore();
  }

  /** The node stops. Its seats stay as they are, and clients come back to them by token, on this node or another. */
  drain(): void {
    this.#draining = true;
    this.disconnect("server_restart", true);
  }

  /** Send ActionCable's `disconnect` and begin the closing handshake. The seat counts as dropped at once. */
  disconnect(reason: string, reconnect: boolean): void {
    if (this.#phase !== "open") return;
    this.send(formatDisconnect(reason, reconnect));
    this.#phase = "leaving";
    this.#leavingVisit = this.#visits + 1;
    this.#socket.close();
    if (!this.#busy) this.#leave();
  }

  send(text: string): void {
    if (this.#phase === "open") this.#socket.send(text);
  }

  #disconnectMisbehaving(): void {
    this.#cable.counters.add("sockets_misbehaved");
    this.disconnect("invalid_request", false);
  }

  #handle(text: string): void {
    try {
      const work = this.#perform(text);
      if (work !== undefined) this.#await(work);
    } catch (error) {
      this.#fail(error);
    }
  }

  #perform(text: string): void | Promise<void> {
    const command = parseCommand(text);
    this.#cable.logShape?.(`cable command ${command.command}, ${text.length} characters`);
    if (command.command !== "message") {
      if (text.length > CABLE_COMMAND_BYTES) throw new NullroomError("E_MALFORMED", "command is too long");
      return command.command === "subscribe"
        ? this.#subscription.subscribe(command.identifier)
        : this.#subscription.unsubscribe(command.identifier);
    }
    const message = parseToServer(command.data);
    if (message.action !== "send_signal" && text.length > CABLE_COMMAND_BYTES) {
      throw new NullroomError("E_MALFORMED", "action is too long");
    }
    return this.#subscription.perform(command.identifier, message, text.length);
  }

  #await(work: Promise<void>): void {
    this.#busy = true;
    work
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#busy = false;
        this.#next();
      });
  }

  #next(): void {
    if (this.#phase !== "open") this.#leave();
    while (!this.#busy && this.#phase === "open") {
      const text = this.#queue?.shift();
      if (text === undefined) return;
      this.#handle(text);
    }
  }

  /** Give up the seat, or leave it as it is where the node stops. Runs once, after the last command of this socket. */
  #leave(): void {
    this.#queue = undefined;
    if (this.#draining) this.#subscription.close();
    else this.#subscription.leave("dropped").catch((error: unknown) => this.#cable.counters.error(error));
  }

  #fail(error: unknown): void {
    const code = error instanceof NullroomError ? error.code : undefined;
    if (code === "E_MALFORMED") this.#disconnectMisbehaving();
    else if (code === "E_LIMIT") {
      this.#cable.counters.add("rate_limited");
      this.disconnect("rate-limited", true);
    } else {
      this.#cable.counters.error(error);
      this.disconnect(code === "E_SERVER" ? "store-down" : "internal", true);
    }
  }
}
