import type { RoomId } from "../brand.ts";
import type { ErrorCode } from "../errors.ts";
import type { Offering } from "../files/offering.ts";
import type { ChosenDestination, FileDescription, Received } from "../files/sink.ts";
import type { Path } from "../peer/path.ts";
import type { Protocol } from "../wire/room-messages.ts";

/**
 * One conversation between two people, whichever protocol carries it. The faces know only this; the invite's
 * fragment picks the implementation (`entry.ts`). A session owns every secret, socket and timer of its
 * conversation, and `wipe()` is the one way in which all of them end.
 */
export interface Session {
  readonly protocol: Protocol;
  readonly roomId: RoomId;
  readonly state: SessionState;
  /** The invite's fragment while the link can still be used: what the maker of a room shares. */
  readonly fragment: string | undefined;
  /** The largest file both sides and the server allow, in bytes. Known once `secure`. */
  readonly fileSizeLimit: number;

  /** Every event until `signal` aborts. Events of one session come one at a time and in order. */
  subscribe(listener: (event: SessionEvent) => void, signal: AbortSignal): void;

  /**
   * Queue one text; it is sent at once when `secure` and as soon as that comes back when `reconnecting`.
   * @throws "E_MESSAGE_TOO_LONG" before anything is sent; "E_CHANNEL" in every other phase.
   */
  sendText(text: string): MessageId;
  /** Say that this message stands on the screen; only then may the other side be told "delivered". */
  shown(id: MessageId): void;

  readonly files: SessionFiles;

  /** The person's verdict on the safety words; "they don't match" ends the room. Protocol 2 only. */
  compareWords(match: boolean): void;
  /** After a failed attempt: one more, by a click. Protocol 2 only. */
  retry(): void;
  /** After a failed attempt: free the other's seat for somebody else. Who made the room, protocol 2 only. */
  evict(): void;

  /**
   * The page is looked at again, or the machine woke up: look after connections now, not at the next timer.
   * "network": it is another one, or there is one again; then the way that was found before is none any more.
   */
  wake(why?: "seen" | "network"): void;

  /** Tell the other side, end the room for everybody, wipe. Resolves when all of it is done. */
  destroy(): Promise<void>;
  /** Drop keys, timers, sockets and peers now, telling the other side as far as that needs no waiting. Idempotent. */
  wipe(reason: EndReason): void;
}

/** What can be done with files. Where there is no conversation, nothing: only `offer` complains. */
export interface SessionFiles {
  /**
   * Offer a file, or a set: as one where the other side takes sets, else file by file, so that there are several
   * ids. As many as a person likes: those that the other side need not see yet wait as `queued`.
   * @throws "E_FILE_LIMIT" when one of those, a set being one, is larger than allowed, and then none is offered;
   *   "E_CHANNEL" where there is no conversation
   */
  offer(offering: Offering): readonly TransferId[];
  /** Take an offered file into this place, which was chosen for it. Classic files come without being asked for. */
  accept(id: TransferId, place: ChosenDestination): void;
  decline(id: TransferId): void;
  /** Either side, at any time, at once. */
  cancel(id: TransferId): void;
  /** Let a file that moves rest for a while; either side may, each for itself. Protocol 2 only. */
  pause(id: TransferId): void;
  resume(id: TransferId): void;
}

export type MessageId = `${"out" | "in"}-${number}`;
export type TransferId = `${"out" | "in"}-${number}`;

/** Each names something that has really begun; faces say it in words. */
export type ConnectStep = "joining" | "handshake" | "network" | "channel";

export type SafetyWords = readonly [number, number, number, number, number];

/** `deadline`s are on the platform's monotonic clock (`Platform.now`), in ms. */
export type SessionState =
  /** `linkLasts`: it can be used again after a conversation, until the deadline. */
  | { phase: "waiting"; deadline: number; linkLasts?: boolean }
  | { phase: "connecting"; step: ConnectStep; attempt: number; failed?: FailedAttempt }
  | { phase: "secure"; path: Path; deadline: number; words?: WordsState }
  | { phase: "reconnecting"; path: Path; deadline: number; giveUpAt: number; words?: WordsState }
  | { phase: "ended"; reason: EndReason };

export type Phase = SessionState["phase"];

/** `mayStartAnother`: this side's person can, by a click (`retry`, `sendOut`); else the other side's. */
export type FailedAttempt = { code: ErrorCode; mayStartAnother: boolean };

/** Indices into the 64-entry table of symbols, and who has said that they match. */
export type WordsState = { words: SafetyWords; mine: boolean; theirs: boolean };

/** Why it is over. Faces have a sentence for each. */
export type EndReason =
  | { type: "destroyed" } // by this side
  | { type: "peer-destroyed" }
  | { type: "peer-left" }
  | { type: "lost" }
  | { type: "time-up" }
  | { type: "words-differ" }
  | { type: "page-gone" }
  | { type: "failed"; code: ErrorCode };

export type DeliveryStatus = "queued" | "sent" | "delivered" | "failed";

/**
 * `offered`: somebody has yet to answer. `queued`: it waits for its turn, before its offer or after the answer.
 * `paused`: it rests, see `pausedBy`. `sent`: the last byte has left, and this protocol has no acknowledgement
 * (classic only). `delivered`: the receiver has verified the whole of it.
 */
export type TransferStatus =
  | "offered"
  | "queued"
  | "moving"
  | "paused"
  | "sent"
  | "delivered"
  | "declined"
  | "cancelled"
  | "failed";

/** A snapshot; each change brings a new one. Names and paths are already safe to show and to save under. */
export type Transfer = FileDescription & {
  readonly id: TransferId;
  readonly direction: "out" | "in";
  readonly moved: number;
  readonly status: TransferStatus;
  /** By this side's person, or because the connection is interrupted: it goes on by itself where it was. */
  readonly pausedBy?: "me" | "connection";
  /** Bytes per second, while it moves. */
  readonly speed?: number;
  /** While it moves, as soon as it can be known. */
  readonly leftMs?: number;
  /** Received whole and verified. */
  readonly received?: Received;
  readonly code?: ErrorCode;
};

export type SessionEvent =
  | { type: "state"; state: SessionState }
  | { type: "message"; id: MessageId; from: "me" | "peer"; text: string; cleaned: boolean }
  | { type: "delivery"; id: MessageId; status: DeliveryStatus }
  | { type: "transfer"; transfer: Transfer }
  | { type: "notice"; notice: "intruder" };
