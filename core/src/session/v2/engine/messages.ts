import type { Bytes } from "../../../brand.ts";
import type { Channel } from "../../../crypto/binding.ts";
import type { Role } from "../../../crypto/keys.ts";
import type { ErrorCode } from "../../../errors.ts";
import type { Hashing } from "../../../files/hasher.ts";
import type { Offering } from "../../../files/offering.ts";
import type { FileDescription } from "../../../files/sink.ts";

/**
 * What a session asks of the engine where its files are moved, and what it is told. Nothing but what can be posted to
 * a worker: browsers have the engine in one, Node in place, and nobody sees a difference.
 */

/** One bulk channel, from its making to its end; the next connection of the same session brings the next. */
export type BulkId = number;

export type BulkKeys = { channel: Channel; epoch: number; role: Role; own: Bytes; peer: Bytes };

/** How far a file that comes in has come, and how far its sender may go. */
export type ReceiveWindow = { readonly offset: number; readonly creditEnd: number };

type Asked<Argument, Answer = void> = { argument: Argument; answer: Answer };

export type EngineCalls = {
  /** Within the same task in which the channel was made: later no browser gives it away. Some only lend it by a port. */
  attach: Asked<{ bulkId: BulkId; channel: RTCDataChannel | MessagePort }>;
  /** The chains of the epoch that there is. */
  arm: Asked<{ bulkId: BulkId } & BulkKeys>;
  /** Files go over this one too, beside the connection's first. */
  join: Asked<{ bulkId: BulkId }>;
  /** Answered when the other side's marker may come. */
  expectEpoch: Asked<{ bulkId: BulkId; peer: Bytes }>;
  /** Answered when this side's marker has been handed to the channel, behind what is already on its way. */
  beginEpoch: Asked<{ bulkId: BulkId; own: Bytes }>;
  /** Nothing is sealed or opened there any more. Files stay, and wait. */
  detach: Asked<{ bulkId: BulkId }>;

  /** They accepted, at first or again: go on from `offset`. The offering comes with the first. */
  send: Asked<{ fileId: number; offering?: Offering; hashing: Hashing } & ReceiveWindow>;
  credit: Asked<{ fileId: number; creditEnd: number }>;
  /** Open a place; answered with what ACCEPT says. `place` is whatever the engine's side makes a place of. */
  receive: Asked<{ fileId: number; file: FileDescription; place: unknown; hashing: Hashing }, ReceiveWindow>;
  /** After a reconnect: what the place has really taken, and credit anew. */
  reach: Asked<{ fileId: number }, ReceiveWindow>;
  rest: Asked<{ way: Direction; fileId: number; isPaused: boolean }>;
  /** Forget it, and whatever of it is not the person's. */
  stop: Asked<{ way: Direction; fileId: number }>;
  /** A kept file, for saving. */
  blob: Asked<{ fileId: number }, Blob>;
  /** Answered when nothing is left of anything. */
  close: Asked<null>;
};

export type Direction = "in" | "out";
export type CallName = keyof EngineCalls;

export type EngineCall = {
  [Name in CallName]: { id: number; name: Name; argument: EngineCalls[Name]["argument"] };
}[CallName];

/** What was made of a received file: it lies where the person wanted it, or is kept here for saving. */
export type Stored = { type: "saved" } | { type: "kept"; name: string; mime: string; size: number };

export type EngineEvent =
  | { type: "answer"; id: number; answer: EngineCalls[CallName]["answer"] }
  | { type: "refused"; id: number; code: ErrorCode; detail: string }
  /** The engine could not be loaded: nothing can be asked any more. */
  | { type: "gone" }
  | { type: "counts"; bulkId: BulkId; sent: number; received: number }
  /** The other side's EPOCH. */
  | { type: "marker"; bulkId: BulkId }
  | { type: "closed"; bulkId: BulkId }
  /** Not to be mended: the session ends. */
  | { type: "failed"; bulkId: BulkId; code: ErrorCode; detail: string }
  /** It is this file's turn. */
  | InOrOut<{ type: "began"; fileId: number }>
  | InOrOut<{ type: "moved"; fileId: number; moved: number }>
  | ({ type: "credit"; fileId: number } & ReceiveWindow)
  /** FILE_END has been handed over. */
  | { type: "sent"; fileId: number; sha256: Bytes }
  /** Size and hash are those that the sender says, and the place has it whole. */
  | { type: "whole"; fileId: number; size: number; sha256: Bytes; stored: Stored }
  /** This file fails, the session does not. */
  | InOrOut<{ type: "broken"; fileId: number; code: ErrorCode }>;

type InOrOut<News> = (News & { way: "in" }) | (News & { way: "out" });
