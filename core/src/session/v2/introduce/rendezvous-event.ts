import type { Bytes, RoomId, Seat } from "../../../brand.ts";
import type { Kem } from "../../../crypto/kem.ts";
import type { Platform } from "../../../platform.ts";
import type { SeatInit } from "../../../wire/room-messages.ts";
import type { ConnectStep, EndReason, FailedAttempt } from "../../session.ts";
import type { SecurePeerEvent } from "../connect/secure-peer-options.ts";
import type { FileEngineClient } from "../engine/client.ts";
import type { InviteSecret } from "./invite-secret.ts";

/** What a `Meeting` hears of its `Introduction`: after `secured`, whatever the peer says. */
export type PairingEvent =
  | { type: "step"; step: ConnectStep; attempt: number }
  /** An attempt failed; another one needs a person, or the other side. */
  | { type: "attempt-failed"; failed: FailedAttempt }
  /** … and there is to be no other. */
  | { type: "exhausted" }
  /** The other side's goodbye, before there was a conversation. */
  | { type: "parted" }
  | Exclude<SecurePeerEvent, { type: "step" }>;

/** What a session hears of its `Meeting`. */
export type RendezvousEvent =
  | { type: "seated"; init: SeatInit }
  /** Seated, and nobody to talk to for the time being. */
  | { type: "alone" }
  | { type: "intruder" }
  | { type: "ended"; reason: EndReason }
  | Exclude<PairingEvent, { type: "exhausted" | "parted" }>;

export type RendezvousOptions = {
  platform: Platform;
  engine: FileEngineClient;
  roomId: RoomId;
  seat: Seat;
  secret: InviteSecret;
  admit: Bytes;
  kem: Promise<Kem>;
  hideAddress: boolean;
  /** How long this side lets the session last from now, or go on. */
  ttlSeconds: () => number;
  /** A returned promise is waited for. */
  onEvent: (event: RendezvousEvent) => void | Promise<void>;
};
