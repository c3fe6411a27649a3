import type { Role } from "./blob.ts";
import type { Place } from "./place.ts";
import type { Recording } from "./recording.ts";

/** A message of the server's inside ActionCable's envelope: `init`, `peer_ready`, `refused`, … */
export type ServerMessage = { readonly type: string; readonly [key: string]: unknown };

/** One sealed blob that the server has relayed and that the other side has not got yet. */
export type Signal = {
  readonly room: string;
  readonly from: Role;
  readonly place: Place;
  readonly blob: Uint8Array;
};

/** `to: "sender"` gives somebody their own words back. `afterMs` keeps it back that long. */
export type Delivery = { to: "receiver" | "sender"; blob: Uint8Array; afterMs?: number };

/** What an adversary can do at any moment, beside what it does to the message in its hand. */
export type Reach = {
  /** Say something in the server's name. Says nothing where that side has no socket. */
  forge(to: Role, message: ServerMessage): void;
  /** Cut the socket of one side, as a proxy that dies would. */
  cut(side: Role): void;
  /** Everything that has passed so far, this message included. */
  readonly recording: Recording;
};

/** Sits on the cable. Without either hook it is a wire. */
export type Adversary = {
  /** Called for each signal; what is returned is delivered instead, in this order. */
  signal?(signal: Signal, reach: Reach): readonly Delivery[];
  /** Called for each other message of the server's; what is returned is delivered instead. */
  message?(message: ServerMessage, to: Role | undefined, reach: Reach): readonly ServerMessage[];
};

export const honest: Adversary = {};

export function pass(signal: Signal): readonly Delivery[] {
  return [{ to: "receiver", blob: signal.blob }];
}
