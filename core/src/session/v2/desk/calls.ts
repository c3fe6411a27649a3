import type { Bytes } from "../../../brand.ts";
import type { Channel } from "../../../crypto/binding.ts";
import type { Role } from "../../../crypto/keys.ts";
import type { ErrorCode } from "../../../errors.ts";
import type { Hashing } from "../../../files/hasher.ts";
import type { Offering } from "../../../files/offering.ts";
import type { FileDescription } from "../../../files/sink.ts";

/**
 * What a session asks of the desk where its files are moved, and what it is told. Nothing but what can be posted to
 * a worker: browsers have the desk in one, Node in place, and nobody sees a difference.
 */

/** One bulk channel, from its making to its end; the next connection of the same session brings the next. */
export type LaneNumber = number;

export type LaneArms = { channel: Channel; epoch: number; role: Role; own: Bytes; peer: Bytes };

/** How far a file that comes in has come, and how far its sender may go. */
export type Reach = { readonly offset: number; readonly creditEnd: number };

type Asked<Argument, Answer = void> = { argument: Argument; answer: Answer };

export type DeskCalls = {
  /** Within the same task in which the channel was made: later no browser gives it away. Some only lend it by a port. */
  attach: Asked<{ lane: LaneNumber; channel: RTCDataChannel | MessagePort }>;
  /** The chains of the epoch that there is. */
  arm: Asked<{ lane: LaneNumber } & LaneArms>;
  /** Files go over this one too, beside the connection's first. */
  join: Asked<{ lane: LaneNumber }>;
  /** Answered when the other side's marker may come. */
  expectEpoch: Asked<{ lane: LaneNumber; peer: Bytes }>;
  /** Answered when this side's marker has been handed to the channel, behind what is already on its way. */
  beginEpoch: Asked<{ lane: LaneNumber; own: Bytes }>;
  /** Nothing is sealed or opened there any more. Files stay, and wait. */
  detach: Asked<{ lane: LaneNumber }>;

  /** They accepted, at first or again: go on from `offset`. The offering comes with the first. */
  send: Asked<{ fileId: number; offering?: Offering; hashing: Hashing } & Reach>;
  credit: Asked<{ fileId: number; creditEnd: number }>;
  /** Open a place; answered with what ACCEPT says. `place` is whatever the desk's side makes a place of. */
  receive: Asked<{ fileId: number; file: FileDescription; place: unknown; hashing: Hashing }, Reach>;
  /** After a reconnect: what the place has really taken, and credit anew. */
  reach: Asked<{ fileId: number }, Reach>;
  rest: Asked<{ way: Way; fileId: number; isResting: boolean }>;
  /** Forget it, and whatever of it is not the person's. */
  stop: Asked<{ way: Way; fileId: number }>;
  /** A kept file, for saving. */
  blob: Asked<{ fileId: number }, Blob>;
  /** Answered when nothing is left of anything. */
  close: Asked<null>;
};

export type Way = "in" | "out";
export type CallName = keyof DeskCalls;

export type DeskCall = {
  [Name in CallName]: { id: number; name: Name; argument: DeskCalls[Name]["argument"] };
}[CallName];

/** What was made of a received file: it lies where the person wanted it, or is kept here for saving. */
export type Stored = { type: "saved" } | { type: "kept"; name: string; mime: string; size: number };

export type DeskNews =
  | { news: "answer"; id: number; answer: DeskCalls[CallName]["answer"] }
  | { news: "refused"; id: number; code: ErrorCode; detail: string }
  /** The engine could not be loaded: nothing can be asked any more. */
  | { news: "gone" }
  | { news: "counts"; lane: LaneNumber; sent: number; received: number }
  /** The other side's EPOCH. */
  | { news: "marker"; lane: LaneNumber }
  | { news: "closed"; lane: LaneNumber }
  /** Not to be mended: the session ends. */
  | { news: "failed"; lane: LaneNumber; code: ErrorCode; detail: string }
  /** It is this file's turn. */
  | InOrOut<{ news: "began"; fileId: number }>
  | InOrOut<{ news: "moved"; fileId: number; moved: number }>
  | ({ news: "credit"; fileId: number } & Reach)
  /** FILE_END has been handed over. */
  | { news: "sent"; fileId: number; sha256: Bytes }
  /** Size and hash are those that the sender says, and the place has it whole. */
  | { news: "whole"; fileId: number; size: number; sha256: Bytes; stored: Stored }
  /** This file fails, the session does not. */
  | InOrOut<{ news: "broken"; fileId: number; code: ErrorCode }>;

type InOrOut<News> = (News & { way: "in" }) | (News & { way: "out" });
