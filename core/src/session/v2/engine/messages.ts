import type { Bytes } from "../../../brand.ts";
import type { ErrorCode } from "../../../errors.ts";
import type { Hashing } from "../../../files/hasher.ts";
import type { Offering } from "../../../files/offering.ts";
import type { FileDescription } from "../../../files/sink.ts";
import type { DataChannel } from "../../../platform.ts";
import type { ChannelKeys } from "../records/record-channel.ts";
import type { RemoteChannelEvent } from "../records/remote-channel.ts";

/**
 * What a session asks of the file engine, and what the engine reports. All of it can be posted to a worker: browsers run
 * the engine in one, Node runs it in the same thread, and the session sees no difference.
 */

/** Names one bulk channel of a conversation from its making to its end. Each new connection brings the next number. */
export type BulkId = number;

/** How far a file that comes in has come, and how far its sender may go: bytes from the beginning. */
export type ReceiveWindow = { readonly offset: number; readonly creditEnd: number };

type Asked<Argument, Answer = void> = { argument: Argument; answer: Answer };

export type EngineCalls = {
  /**
   * Take a channel over, within the same task in which it was made: no browser gives it away later. Where a browser
   * gives no channels to workers at all, a port to it comes instead.
   */
  attach: Asked<{ bulkId: BulkId; channel: DataChannel | MessagePort }>;
  /** The chains of the epoch that there is when the channel begins. */
  setKeys: Asked<{ bulkId: BulkId } & ChannelKeys>;
  /** Send files over this lane too, beside the connection's bulk channel. */
  useLane: Asked<{ bulkId: BulkId }>;
  /** Answered when the other side's marker may come. */
  expectEpoch: Asked<{ bulkId: BulkId; peer: Bytes }>;
  /** Answered when this side's marker has been handed to the channel, behind what is already on its way. */
  beginEpoch: Asked<{ bulkId: BulkId; own: Bytes }>;
  /** Seal and open nothing on it any more. Files stay, and wait for another connection. */
  closeChannel: Asked<{ bulkId: BulkId }>;

  /** The other side accepted, at first or again: go on from `offset`. The offering comes with the first call. */
  send: Asked<{ fileId: number; offering?: Offering; hashing: Hashing } & ReceiveWindow>;
  credit: Asked<{ fileId: number; creditEnd: number }>;
  /** Open the destination, of which the engine's side makes a sink. Answered with what ACCEPT says. */
  receive: Asked<
    { fileId: number; file: FileDescription; destination: unknown; hashing: Hashing },
    ReceiveWindow
  >;
  /** On a new connection: how much the sink has really taken, and credit anew. */
  resume: Asked<{ fileId: number }, ReceiveWindow>;
  pause: Asked<{ direction: Direction; fileId: number; isPaused: boolean }>;
  /** Forget the file, and remove whatever of it has not been saved. */
  stop: Asked<{ direction: Direction; fileId: number }>;
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

/** What was made of a received file: it is where the person wanted it, or is kept by the engine until they save it. */
export type Stored = { type: "saved" } | { type: "kept"; name: string; mime: string; size: number };

export type EngineEvent =
  | { type: "answer"; id: number; answer: EngineCalls[CallName]["answer"] }
  | { type: "refused"; id: number; code: ErrorCode; detail: string }
  /** The engine could not be loaded: nothing can be asked any more. */
  | { type: "gone" }
  | BulkChannelEvent
  | FileEngineEvent;

/** What one bulk channel reports. */
export type BulkChannelEvent = RemoteChannelEvent & { bulkId: BulkId };

/** What becomes of files. */
export type FileEngineEvent =
  /** It is this file's turn. */
  | InOrOut<{ type: "began"; fileId: number }>
  | InOrOut<{ type: "moved"; fileId: number; moved: number }>
  | ({ type: "credit"; fileId: number } & ReceiveWindow)
  /** FILE_END has been handed over. */
  | { type: "sent"; fileId: number; sha256: Bytes }
  /** Size and hash are those that the sender says, and the sink has all of it. */
  | { type: "whole"; fileId: number; size: number; sha256: Bytes; stored: Stored }
  /** This file fails, the session does not. */
  | InOrOut<{ type: "broken"; fileId: number; code: ErrorCode }>;

type InOrOut<Event> = (Event & { direction: "in" }) | (Event & { direction: "out" });
