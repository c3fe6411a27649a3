import type { ToServer } from "@nullroom/core/wire/room-messages";
import type { Departure } from "../rooms/store.ts";

/** One subscription of one socket. Calls come strictly one after another: the next when the last has settled. */
export interface Channel {
  /** Confirm or reject, whatever that takes. */
  open(): void | Promise<void>;
  /** @throws "E_MALFORMED" for what this protocol does not know; "E_LIMIT"; "E_SERVER" */
  perform(message: ToServer, frameBytes: number): void | Promise<void>;
  close(departure: Departure): void | Promise<void>;
  /** Let go of everything on this node and tell nobody: the node stops, the seat waits for its owner. */
  abandon(): void;
  /** The socket gave a sign of life. */
  heard(now: number): void;
  /** The store was away and may have forgotten. */
  restore(): void;
  /** Whether it holds a seat: sockets without one are not kept for long. */
  readonly seated: boolean;
}

/** The way from a channel to its socket. */
export interface Outlet {
  confirm(): void;
  reject(): void;
  /** @param messageJson - one channel message, already JSON. */
  transmit(messageJson: string): void;
  disconnect(reason: string, reconnect: boolean): void;
  readonly address: string;
}
