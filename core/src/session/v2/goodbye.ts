import { CLOCKS_DIFFER_MS } from "../../limits.ts";
import type { TalkFrame } from "../../wire/frames.ts";
import type { ByeReason } from "../../wire/reasons.ts";
import type { EndReason } from "../session.ts";

/** How an end of one side becomes an end of the other: BYE and its reasons, spec/3-session.md §7. */

export type Bye = Extract<TalkFrame, { type: "bye" | "bye_ack" }>;

/** It says no more than that this side has gone, so that another way of saying so may come first. */
export function isLeaving(frame: TalkFrame): boolean {
  return frame.type === "bye" && frame.reason === 0;
}

/** The line fills in what has been sent. */
export function byeFrame(reason: ByeReason, type: "bye" | "bye_ack" = "bye"): Bye {
  return { type, reason, ctlSent: 0, bulkSent: 0 };
}

/** What the other side's BYE means on this one. */
export const BYE_REASONS: { readonly [R in ByeReason]: EndReason } = {
  0: { type: "peer-left" },
  1: { type: "peer-destroyed" },
  2: { type: "time-up" },
  3: { type: "words-differ" },
  4: { type: "failed", code: "E_PEER_BYE" },
};

/** What is said to the other side when this one ends; nothing where it has said so itself, or cannot hear. */
export const LAST_WORDS: { readonly [T in EndReason["type"]]: ByeReason | undefined } = {
  destroyed: 1,
  "page-gone": 0,
  "time-up": 2,
  "words-differ": 3,
  failed: 4,
  lost: undefined,
  "peer-destroyed": undefined,
  "peer-left": undefined,
};

/** Ends after which the room must not wait for anybody. */
export const DESTROYING: ReadonlySet<EndReason["type"]> = new Set(["destroyed", "time-up", "words-differ"]);

/** The server counts the same time and may be a moment ahead of us: it then has no room any more. */
export function endedBy(reason: EndReason, leftMs: number): EndReason {
  const isRoomGone = reason.type === "failed" && reason.code === "E_ROOM";
  return isRoomGone && leftMs < CLOCKS_DIFFER_MS ? { type: "time-up" } : reason;
}
