import type { ConnectStep, DeliveryStatus, EndReason, SessionState } from "@nullroom/core/session";
import { type ErrorText, errors } from "./errors.ts";

/*
 * Texts about the room and its conversation, as far as code chooses among them. Texts that never change are in the
 * pages themselves.
 */

const LEFT = "Nothing of the conversation is left on this page. Make a new room to go on.";

/** Why a room is over, except for failures, which are in `errors`. */
const ends: Record<Exclude<EndReason["type"], "failed">, ErrorText> = {
  destroyed: { title: "You ended the room", text: LEFT },
  "peer-destroyed": { title: "The other person ended the room", text: LEFT },
  "peer-left": { title: "The other person left", text: LEFT },
  lost: { title: "The connection was lost", text: `It could not be brought back. ${LEFT}` },
  "time-up": { title: "The time is up", text: LEFT },
  "words-differ": {
    title: "The safety words did not match",
    text: "Somebody may have sat between you, so the room was closed. Meet again by a link that you send another way.",
  },
  "page-gone": { title: "The room is closed", text: LEFT },
};

export function ended(reason: EndReason): ErrorText {
  return reason.type === "failed" ? errors[reason.code] : ends[reason.type];
}

/** The same text for a room that ended while a file was still on its way. */
export function cutOff({ title, text }: ErrorText): ErrorText {
  return { title, text: `A file was still on its way: it has failed, and nothing of it is kept. ${text}` };
}

export const steps: Record<ConnectStep, string> = {
  joining: "Taking a seat in the room",
  handshake: "Agreeing on keys with the other side",
  network: "Looking for a path between you",
  channel: "Opening the encrypted channel",
};

/** Every attempt after the first is announced, because somebody who starts over again and again may be guessing. */
export function anotherAttempt(number: number): string {
  return `Attempt ${number}. After three that go wrong, the room closes for safety.`;
}

export const deliveries: Record<DeliveryStatus, string> = {
  queued: "waiting to be sent",
  sent: "sent",
  delivered: "delivered",
  failed: "failed",
};

export const speakers = { me: "You", peer: "Other person" } as const;

export const rooms = {
  cleaned: "Hidden characters were removed from this message.",
  copied: "Copied.",
  copyByHand: "Your browser did not allow that. Select the text and copy it yourself.",
  intruder: "Somebody else tried to get in with the link. They were kept out.",
  movingTitle: "↕ Moving – nullroom",
  newTitle: "• New – nullroom",
  theyMayTryAgain: "The other person can try again; keep this page open.",
  title: "nullroom",
  shareText: "A room for two",
  wordsMatch: "You said that they match.",
  wordsMatchTheirs: "The other person says that they match.",
  wordsMatchBoth: "Both of you said that they match.",
} as const;

/** The connection line. `now` is on the session's clock. */
export function status(state: SessionState, now: number): string {
  switch (state.phase) {
    case "waiting":
      return "Waiting for the other person";
    case "connecting":
      return "Connecting";
    case "secure":
      return connected(state);
    case "reconnecting":
      return `Interrupted, trying again for up to ${duration(state.giveUpAt - now)}`;
    case "ended":
      return "Ended";
  }
}

function connected({ path }: Extract<SessionState, { phase: "secure" }>): string {
  switch (path.kind) {
    case "direct":
      return "Connected directly";
    case "relay":
      return `Connected, relayed by ${path.host ?? "a relay of this server"}`;
    case "unknown":
      return "Connected, path unknown";
  }
}

function duration(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  return minutes <= 1 ? "a minute" : `${minutes} minutes`;
}

export function tooLong(bytesOver: number): string {
  return `${bytes(bytesOver)} too long. ${errors.E_MESSAGE_TOO_LONG.text}`;
}

/** The time left on the clock: "1:05". */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The local time in so many milliseconds: "16:40". */
export function timeOfDay(ms: number): string {
  return new Date(Date.now() + ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** The time left, as it is read out. */
export function timeLeft(minutes: number): string {
  return minutes === 1 ? "One minute left." : `${minutes} minutes left.`;
}

/**
 * A number of bytes: "3.5 KB", "16 MB". The units are powers of 1,024 under the names that people know, as everywhere
 * where the limit is told.
 *
 * @param round - `Math.floor` for a limit, which must not promise more than there is
 */
export function bytes(count: number, round: (value: number) => number = Math.round): string {
  if (count < 1024) return count === 1 ? "1 byte" : `${count} bytes`;
  const units = ["KB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log2(count) / 10), units.length);
  const value = count / 1024 ** power;
  const shown = value < 9.95 ? round(value * 10) / 10 : round(value);
  return `${shown} ${units[power - 1]}`;
}

/** The limit, which stands in the page before anybody chooses a file. */
export function upTo(limit: number): string {
  return `Files up to ${bytes(limit, Math.floor)}`;
}
