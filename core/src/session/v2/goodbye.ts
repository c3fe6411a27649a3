import { CLOCKS_DIFFER_MS } from "../../limits.ts";
import type { TalkFrame } from "../../wire/frames.ts";
import { ByeReason } from "../../wire/reasons.ts";
import type { EndReason } from "../session.ts";

/** How an end of one side becomes an end of the other: BYE and its reasons, spec/3-session.md §7. */

export type Bye = Extract<TalkFrame, { type: "bye" | "bye_ack" }>;

/** It says only that this side has gone. Another way of saying so may then come first. */
export function isLeaving(frame: TalkFrame): boolean {
  return frame.type === "bye" && frame.reason === ByeReason.left;
}

/** The channels fill in how many records there were. */
export function byeFrame(reason: ByeReason, type: "bye" | "bye_ack" = "bye"): Bye {
  return { type, reason, ctlSent: 0, bulkSent: 0 };
}

/** What the other side's BYE means on this one. */
export const ENDS_BY_BYE: { readonly [R in ByeReason]: EndReason } = {
  [ByeReason.left]: { type: "peer-left" },
  [ByeReason.destroyed]: { type: "peer-destroyed" },
  [ByeReason.timeUp]: { type: "time-up" },
  [ByeReason.wordsDiffer]: { type: "words-differ" },
  [ByeReason.error]: { type: "failed", code: "E_PEER_BYE" },
};

/** What is said to the other side when this one ends; nothing where the other side has said so itself, or cannot hear. */
export const LAST_WORDS: { readonly [T in EndReason["type"]]: ByeReason | undefined } = {
  destroyed: ByeReason.destroyed,
  "page-gone": ByeReason.left,
  "time-up": ByeReason.timeUp,
  "words-differ": ByeReason.wordsDiffer,
  failed: ByeReason.error,
  lost: undefined,
  "peer-destroyed": undefined,
  "peer-left": undefined,
};

/** Ends after which the room must not wait for anybody. */
export const DESTROYING: ReadonlySet<EndReason["type"]> = new Set(["destroyed", "time-up", "words-differ"]);

/** The server counts the same time and may be a moment ahead of us: then it has no room any more. */
export function endedBy(reason: EndReason, leftMs: number): EndReason {
  const isRoomGone = reason.type === "failed" && reason.code === "E_ROOM";
  return isRoomGone && leftMs < CLOCKS_DIFFER_MS ? { type: "time-up" } : reason;
}
