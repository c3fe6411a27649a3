import type { ToServer } from "@nullroom/core/wire/room-messages";
import type { HeldSeat } from "./held-seat.ts";

/**
 * One subscription to `RoomsChannel`, in one protocol: it reads the client's actions and words the answers. Calls
 * come strictly one after another, the next when the last has settled.
 */
export interface Channel {
  /** What becomes of the seat when the socket answers, closes or is let go by a node that stops. */
  readonly seat: HeldSeat;
  /** Confirm or reject the subscription, whatever that takes. */
  open(): void | Promise<void>;
  /** @throws "E_MALFORMED" for what this protocol does not know; "E_LIMIT"; "E_SERVER" */
  perform(message: ToServer, frameBytes: number): void | Promise<void>;
}
