import { NullroomError } from "../errors.ts";
import { after, childOf } from "../lifetime.ts";
import { CABLE_PING_INTERVAL_MS, CABLE_STALE_MS } from "../limits.ts";
import { type Platform, SOCKET_OPEN, type Socket } from "../platform.ts";
import {
  CABLE_PROTOCOL,
  CABLE_UNSUPPORTED,
  type CableCommand,
  type CableFrame,
  formatCommand,
  parseFrame,
} from "../wire/cable.ts";

/** What one subscription hears of ActionCable: a socket that comes and goes, and the messages on it. */
export type CableEvent =
  | { type: "confirmed" }
  /** The server refuses this subscription; the client stops. */
  | { type: "rejected" }
  | { type: "message"; message: unknown }
  | { type: "unreadable"; error: NullroomError }
  /** The socket is gone. `retries`: whether another is on its way; `reason`: the server's word, if it said one. */
  | { type: "lost"; retries: boolean; reason?: string | undefined };

export type CableClientOptions = {
  platform: Pick<Platform, "openSocket" | "now">;
  /** The subscription's identifier, a JSON string that the server echoes byte for byte. */
  identifier: string;
  signal: AbortSignal;
  onEvent: (event: CableEvent) => void;
  /** A number in [0, 1), which spreads the returns of many clients over time. */
  random?: () => number;
};

/** How long a socket may take to open: longer than one SYN retransmission. */
export const CABLE_OPEN_TIMEOUT_MS = 10_000;
const BACK_OFF_MS = [1_000, 2_000, 4_000, 8_000] as const;
/** How often the client looks at the clock, and the gap in it that means that the machine slept. */
const TICK_MS = 1_000;
const TIMER_JUMP_MS = 5_000;
/** How long a socket that may have died during a sleep has to prove that it lives: one ping and a little more. */
const PROOF_OF_LIFE_MS = CABLE_PING_INTERVAL_MS + 500;
/** How long `leave` waits for the server to have heard it. */
const LEAVE_TIMEOUT_MS = 250;

/**
 * A cable client keeps one ActionCable subscription alive until `signal` aborts: welcome, subscribe, stale detection by
 * any frame, and return after a loss by 1, 2, 4, 8, 8, … s ± 50 %. See spec/2-signaling.md §1.
 */
export class CableClient {
  /** When true, `disconnect {reconnect:false}` does not stop the client, because an open conversation keeps trying. */
  tireless = false;

  readonly #options: CableClientOptions;
  #socket: Socket | undefined;
  /** Ends everything that belongs to the current socket. */
  #link = new AbortController();
  #phase: "waiting" | "opening" | "subscribed" | "stopped" = "waiting";
  #attempts = 0;
  #aliveUntil = 0;
  #cancelRetry: () => void = () => undefined;

  constructor(options: CableClientOptions) {
    this.#options = options;
    const { signal } = options;
    if (signal.aborted) return;
    signal.addEventListener("abort", () => this.#close(), { once: true });
    this.#connect();
    this.#tick(this.#now());
  }

  /** Perform an action. False while there is no subscription; the caller decides whether that matters. */
  perform(data: string): boolean {
    if (this.#phase !== "subscribed") return false;
    return this.#command({ command: "message", identifier: this.#options.identifier, data });
  }

  /** The page is back, the network is back, the machine woke up: retry now, or let the socket prove itself. */
  wake(): void {
    if (this.#options.signal.aborted || this.#phase === "stopped") return;
    this.#attempts = 0;
    if (this.#phase === "waiting") this.#connect();
    else this.#aliveUntil = Math.min(this.#aliveUntil, this.#now() + PROOF_OF_LIFE_MS);
  }

  /** Say goodbye and stop. Resolves when the server has closed its side, or shortly after at the latest. */
  leave(): Promise<void> {
    const socket = this.#socket;
    if (this.#phase === "subscribed") {
      this.#command({ command: "unsubscribe", identifier: this.#options.identifier });
    }
    this.#phase = "stopped";
    this.#close();
    return socket ? closed(socket) : Promise.resolve();
  }

  #connect(): void {
    const { platform, signal } = this.#options;
    this.#cancelRetry();
    this.#phase = "opening";
    this.#aliveUntil = this.#now() + CABLE_OPEN_TIMEOUT_MS;
    this.#link = childOf(signal);
    const socket = platform.openSocket([CABLE_PROTOCOL, CABLE_UNSUPPORTED]);
    this.#socket = socket;
    this.#listen(socket, this.#link.signal);
  }

  #listen(socket: Socket, signal: AbortSignal): void {
    const onMessage = (event: MessageEvent) => this.#hearFrame(event.data);
    const onClose = () => this.#lose();
    socket.addEventListener("message", onMessage);
    // `error` needs no listener: `close` always follows it and says no less.
    socket.addEventListener("close", onClose);
    const stop = () => {
      socket.removeEventListener("message", onMessage);
      socket.removeEventListener("close", onClose);
    };
    signal.addEventListener("abort", stop, { once: true });
  }

  #hearFrame(data: unknown): void {
    this.#aliveUntil = this.#now() + CABLE_STALE_MS;
    let frame: CableFrame;
    try {
      frame = parseFrame(typeof data === "string" ? data : "");
    } catch (thrown) {
      if (!(thrown instanceof NullroomError)) throw thrown;
      this.#options.onEvent({ type: "unreadable", error: thrown });
      return;
    }
    if ("identifier" in frame && frame.identifier !== this.#options.identifier) return;
    this.#handle(frame);
  }

  #handle(frame: CableFrame): void {
    switch (frame.type) {
      case "welcome":
        this.#command({ command: "subscribe", identifier: this.#options.identifier });
        break;
      case "ping":
        break;
      case "confirm_subscription":
        this.#phase = "subscribed";
        this.#attempts = 0;
        this.#options.onEvent({ type: "confirmed" });
        break;
      case "reject_subscription":
        this.#phase = "stopped";
        this.#close();
        this.#options.onEvent({ type: "rejected" });
        break;
      case "message":
        this.#options.onEvent({ type: "message", message: frame.message });
        break;
      case "disconnect":
        this.#lose(frame.reconnect || this.tireless, frame.reason);
        break;
      default:
        frame satisfies never;
    }
  }

  #command(command: CableCommand): boolean {
    if (this.#socket?.readyState !== SOCKET_OPEN) return false;
    this.#socket.send(formatCommand(command));
    return true;
  }

  #lose(retries = true, reason?: string): void {
    this.#close();
    this.#phase = retries ? "waiting" : "stopped";
    if (retries) {
      const longest = BACK_OFF_MS[Math.min(this.#attempts, BACK_OFF_MS.length - 1)] ?? 0;
      const spread = 0.5 + (this.#options.random ?? Math.random)();
      this.#attempts += 1;
      this.#cancelRetry = after(longest * spread, this.#options.signal, () => this.#connect());
    }
    this.#options.onEvent({ type: "lost", retries, reason });
  }

  #close(): void {
    this.#cancelRetry();
    this.#link.abort();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #tick(last: number): void {
    after(TICK_MS, this.#options.signal, () => {
      const now = this.#now();
      if (now - last > TICK_MS + TIMER_JUMP_MS) this.wake();
      const open = this.#phase === "opening" || this.#phase === "subscribed";
      if (open && now >= this.#aliveUntil) this.#lose();
      if (this.#phase !== "stopped") this.#tick(now);
    });
  }

  #now(): number {
    return this.#options.platform.now();
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, LEAVE_TIMEOUT_MS);
    function done() {
      clearTimeout(timer);
      socket.removeEventListener("close", done);
      resolve();
    }
    socket.addEventListener("close", done);
  });
}
