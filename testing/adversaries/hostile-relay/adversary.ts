import type { Role } from "./blob.ts";
import type { Recording } from "./recording.ts";
import type { Stage } from "./stage.ts";

/** A message of the server's inside ActionCable's envelope: `init`, `peer_ready`, `refused`, … */
export type ServerMessage = { readonly type: string; readonly [key: string]: unknown };

/** A sealed blob that the server has relayed and that the other side has not got yet. */
export type Signal = {
  readonly room: string;
  readonly from: Role;
  readonly stage: Stage;
  readonly blob: Uint8Array;
};

/** A blob to deliver. `to: "sender"` returns it to the side that sent it; `afterMs` delays it by that long. */
export type Delivery = { to: "receiver" | "sender"; blob: Uint8Array; afterMs?: number };

/** What an adversary can do at any moment, besides changing the message that it was called for. */
export type Powers = {
  /** Send a message in the server's name. Does nothing where that side has no socket. */
  forge(to: Role, message: ServerMessage): void;
  /** Cut the socket of one side, as a proxy that dies would. */
  cut(side: Role): void;
  /** Everything that has passed so far, this message included. */
  readonly recording: Recording;
};

/** Somebody who controls the cable between two clients and the server. Without hooks everything passes unchanged. */
export type Adversary = {
  /** Called for each signal; what is returned is delivered instead, in this order. */
  signal?(signal: Signal, powers: Powers): readonly Delivery[];
  /** Called for each other message of the server's; what is returned is delivered instead. */
  message?(message: ServerMessage, to: Role | undefined, powers: Powers): readonly ServerMessage[];
};

/** An adversary that acts once, and says whether it has: an attack whose moment never came proves nothing. */
export type OneTimeAdversary = Adversary & { readonly hasActed: boolean };

export const honest: Adversary = {};

/** The delivery that an honest relay makes of a signal. */
export function pass(signal: Signal): readonly Delivery[] {
  return [{ to: "receiver", blob: signal.blob }];
}
