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
import { type Line, Subscription } from "./subscription.ts";

/** Sockets that hold no seat are let go after this: they are not in a room, or not any more. */
const SEATLESS_MS = 10_000;
/** Commands that wait for one another's turn; who sends more without waiting is no client. */
const MAX_QUEUED = 64;
/** What a socket may owe its network before it is given up: a reader this slow sees no conversation. */
const MAX_BACKLOG_BYTES = 256 * 1024;
const VISITS_PER_LEASE_PING = Math.round(LEASE_PING_INTERVAL_MS / CABLE_PING_INTERVAL_MS);

/** Where a connection stands: `leaving` has sent its last word and hears nothing any more. */
type Phase = "open" | "leaving" | "gone";

/** One socket: its commands strictly in order, at most one room, and how long it may stay. */
export class Connection implements PingTarget, Line {
  readonly address: string;
  readonly #socket: Socket;
  readonly #cable: CableContext;
  readonly #subscription: Subscription;
  /** Hardly anybody ever sends faster than is answered. */
  #queue: string[] | undefined;
  #phase: Phase = "open";
  #busy = false;
  #visits = 0;
  /** The visit after whose next a closing handshake that is still not over is cut short. */
  #leavingVisit = 0;
  #heardAt: number;
  #seatlessSince: number;
  /** A node that stops keeps its seats for whoever comes back: nobody has left. */
  #draining = false;

  constructor(socket: Socket, address: string, cable: CableContext) {
    this.#socket = socket;
    this.#cable = cable;
    this.address = address;
    this.#subscription = new Subscription(cable, this);
    this.#heardAt = this.#seatlessSince = cable.now();
    socket.send(WELCOME);
  }

  receive(bytes: Buffer, isBinary: boolean): void {
    if (this.#phase !== "open") return;
    this.heard();
    const readable = !isBinary && bytes.length <= CABLE_FRAME_BYTES && isUtf8(bytes);
    if (!readable || (this.#queue?.length ?? 0) >= MAX_QUEUED) this.#misbehaved();
    else if (!this.#busy) this.#take(bytes.toString());
    else if (this.#queue === undefined) this.#queue = [bytes.toString()];
    else this.#queue.push(bytes.toString());
  }

  /** Any sign of life: a frame, or a pong. */
  heard(): void {
    const now = this.#cable.now();
    this.#heardAt = now;
    this.#subscription.heard(now);
  }

  /** The socket is closed, whoever closed it. */
  closed(): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    if (!this.#busy) this.#leave();
  }

  visit(ping: Uint8Array): void {
    const now = this.#cable.now();
    this.#visits++;
    const isHalfOpen = now - this.#heardAt > SEAT_LEASE_MS || this.#socket.backlogBytes > MAX_BACKLOG_BYTES;
    if (isHalfOpen || (this.#phase !== "open" && this.#visits > this.#leavingVisit)) {
      this.#cable.counters.add("sockets_silent");
      this.#socket.terminate();
      return;
    }
    if (this.#subscription.seated || this.#busy) this.#seatlessSince = now;
    if (now - this.#seatlessSince >= SEATLESS_MS) {
      this.#cable.counters.add("sockets_silent");
      this.disconnect("idle", false);
    }
    if (this.#phase !== "open") return;
    this.#socket.sendFrame(ping);
    if (this.#visits % VISITS_PER_LEASE_PING === 0) this.#socket.ping();
  }

  restore(): void {
    this.#subscription.restore();
  }

  /** The node stops. Seats stay as they are: whoever was here comes back by token, here or elsewhere. */
  drain(): void {
    this.#draining = true;
    this.disconnect("server_restart", true);
  }

  /** ActionCable's last word, then the closing handshake; the seat counts as dropped at once. */
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

  #misbehaved(): void {
    this.#cable.counters.add("sockets_misbehaved");
    this.disconnect("invalid_request", false);
  }

  #take(text: string): void {
    try {
      const work = this.#perform(text);
      if (work !== undefined) this.#await(work);
    } catch (error) {
      this.#fail(error);
    }
  }

  #perform(text: string): void | Promise<void> {
    const command = parseCommand(text);
    this.#cable.shape?.(`cable command ${command.command}, ${text.length} characters`);
    if (command.command !== "message") {
      if (text.length > CABLE_COMMAND_BYTES) throw new NullroomError("E_MALFORMED", "command is too long");
      return command.command === "subscribe"
        ? this.#subscription.open(command.identifier)
        : this.#subscription.end(command.identifier);
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
      this.#take(text);
    }
  }

  /** After the last command of this socket, and once. */
  #leave(): void {
    this.#queue = undefined;
    if (this.#draining) this.#subscription.abandon();
    else this.#subscription.drop().catch((error: unknown) => this.#cable.counters.error(error));
  }

  #fail(error: unknown): void {
    const code = error instanceof NullroomError ? error.code : undefined;
    if (code === "E_MALFORMED") this.#misbehaved();
    else if (code === "E_LIMIT") {
      this.#cable.counters.add("rate_limited");
      this.disconnect("rate-limited", true);
    } else {
      this.#cable.counters.error(error);
      this.disconnect(code === "E_SERVER" ? "store-down" : "internal", true);
    }
  }
}
