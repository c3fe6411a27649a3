import type { RoomId } from "../brand.ts";
import type { ErrorCode } from "../errors.ts";
import type { Offering } from "../files/offering.ts";
import type { ChosenDestination, FileDescription, Received } from "../files/sink.ts";
import type { Path } from "../peer/path.ts";
import type { Protocol } from "../wire/room-messages.ts";

/**
 * A session is one conversation between two people, whichever protocol carries it. The faces (the pages, the terminal)
 * know only this interface; the invite's fragment picks the implementation (`entry.ts`). A session owns every secret,
 * socket and timer of its conversation, and `wipe()` is the one way in which all of them end.
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
   * Queue one text. It is sent at once when `secure`, and after the reconnect when `reconnecting`.
   * @throws "E_MESSAGE_TOO_LONG" before anything is sent; "E_CHANNEL" in every other phase.
   */
  sendText(text: string): MessageId;
  /** Say that this message stands on the screen. Only then may the other side be told "delivered". */
  shown(id: MessageId): void;

  readonly files: SessionFiles;

  /** The person's verdict on the safety words; "they don't match" ends the room. Protocol 2 only. */
  compareWords(match: boolean): void;
  /** Begin another attempt after a failed one, by a click. Protocol 2 only. */
  retry(): void;
  /** Free the other's seat for somebody else after a failed attempt. Only who made the room can; protocol 2 only. */
  evict(): void;

  /**
   * Look after connections now and not at the next timer, because the page is looked at again or the machine woke up.
   * With "network" the network is another one, or is back, so that the path found before is of no use any more.
   */
  wake(why?: "seen" | "network"): void;

  /** Tell the other side, end the room for everybody, wipe. Resolves when all of it is done. */
  destroy(): Promise<void>;
  /** Drop keys, timers, sockets and peers now, telling the other side as far as that needs no waiting. Idempotent. */
  wipe(reason: EndReason): void;
}

/** What can be done with files. Where there is no conversation, only `offer` complains; the rest does nothing. */
export interface SessionFiles {
  /**
   * Offer a file, or a set: as one where the other side takes sets, else file by file, so that there are several
   * ids. As many as a person likes: those that the other side need not see yet wait as `queued`.
   * @throws "E_FILE_LIMIT" when one of those, a set being one, is larger than allowed, and then none is offered;
   *   "E_CHANNEL" where there is no conversation
   */
  offer(offering: Offering): readonly TransferId[];
  /** Take an offered file into the destination that was chosen for it. Classic files need no acceptance. */
  accept(id: TransferId, destination: ChosenDestination): void;
  decline(id: TransferId): void;
  /** End a file at once. Either side may, at any time. */
  cancel(id: TransferId): void;
  /** Pause a file that moves. Either side may, each for itself. Protocol 2 only. */
  pause(id: TransferId): void;
  resume(id: TransferId): void;
}

export type MessageId = `${"out" | "in"}-${number}`;
export type TransferId = `${"out" | "in"}-${number}`;

/** A step names something that has really begun. Faces say it in words. */
export type ConnectStep = "joining" | "handshake" | "network" | "channel";

export type SafetyWords = readonly [number, number, number, number, number];

/** `deadline`s are on the platform's monotonic clock (`Platform.now`), in ms. */
export type SessionState =
  /** `linkLasts` where the link can be used again after a conversation, until the deadline. */
  | { phase: "waiting"; deadline: number; linkLasts?: boolean }
  | { phase: "connecting"; step: ConnectStep; attempt: number; failed?: FailedAttempt }
  | { phase: "secure"; path: Path; deadline: number; words?: WordsState }
  | { phase: "reconnecting"; path: Path; deadline: number; giveUpAt: number; words?: WordsState }
  | { phase: "ended"; reason: EndReason };

export type Phase = SessionState["phase"];

/** `mayStartAnother` where this side's person can, by a click (`retry`, `evict`); else the other side's person can. */
export type FailedAttempt = { code: ErrorCode; mayStartAnother: boolean };

/** Indices into the 64-entry table of symbols, and who has said that they match. */
export type WordsState = { words: SafetyWords; mine: boolean; theirs: boolean };

/** Why a session is over. Faces have a sentence for each reason. */
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

/** A transfer is a snapshot; each change brings a new one. Names and paths are already safe to show and to save under. */
export type Transfer = FileDescription & {
  readonly id: TransferId;
  readonly direction: "out" | "in";
  readonly moved: number;
  readonly status: TransferStatus;
  /** "connection" where the connection is interrupted: the transfer then goes on by itself where it was. */
  readonly pausedBy?: "me" | "connection";
  /** Bytes per second, while it moves. */
  readonly speed?: number;
  /** Milliseconds that are left, while the transfer moves and as soon as they can be known. */
  readonly leftMs?: number;
  /** What became of a file that was received whole and verified. */
  readonly received?: Received;
  readonly code?: ErrorCode;
};

export type SessionEvent =
  | { type: "state"; state: SessionState }
  | { type: "message"; id: MessageId; from: "me" | "peer"; text: string; cleaned: boolean }
  | { type: "delivery"; id: MessageId; status: DeliveryStatus }
  | { type: "transfer"; transfer: Transfer }
  | { type: "notice"; notice: "intruder" };
