import type { Bytes, RoomId, Seat } from "../../brand.ts";
import type { Kem } from "../../crypto/kem.ts";
import type { Platform } from "../../platform.ts";
import type { SeatInit } from "../../wire/room-messages.ts";
import type { ConnectStep, EndReason, FailedAttempt } from "../session.ts";
import type { BondEvent } from "./bond-options.ts";
import type { Desk } from "./desk/desk.ts";
import type { LinkSecret } from "./link-secret.ts";

/** What a `Meeting` hears of its `Introduction`: after `secured`, whatever the bond says. */
export type IntroductionEvent =
  | { type: "step"; step: ConnectStep; attempt: number }
  /** An attempt failed; another one needs a person, or the other side. */
  | { type: "attempt-failed"; failed: FailedAttempt }
  /** … and there is to be no other. */
  | { type: "exhausted" }
  /** The other side's goodbye, before there was a conversation. */
  | { type: "parted" }
  | Exclude<BondEvent, { type: "step" }>;

/** What a session hears of its `Meeting`. */
export type MeetingEvent =
  | { type: "seated"; init: SeatInit }
  /** Seated, and nobody to talk to for the time being. */
  | { type: "alone" }
  | { type: "intruder" }
  | { type: "ended"; reason: EndReason }
  | Exclude<IntroductionEvent, { type: "exhausted" | "parted" }>;

export type MeetingOptions = {
  platform: Platform;
  desk: Desk;
  roomId: RoomId;
  seat: Seat;
  link: LinkSecret;
  admit: Bytes;
  kem: Promise<Kem>;
  hideAddress: boolean;
  /** How long this side lets the session last from now, or go on. */
  ttlSeconds: () => number;
  /** A returned promise is waited for. */
  onEvent: (event: MeetingEvent) => void | Promise<void>;
};
