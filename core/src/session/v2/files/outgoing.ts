import type { Bytes } from "../../../brand.ts";
import { type ErrorCode, NullroomError } from "../../../errors.ts";
import { type Offering, oneByOne } from "../../../files/offering.ts";
import { sameHash } from "../../../files/same-hash.ts";
import type { FileFrame } from "../../../wire/frames.ts";
import { FileRefusal } from "../../../wire/reasons.ts";
import type { Transfer, TransferId } from "../../session.ts";
import { TransferTracker } from "../../transfer-tracker.ts";
import type { FileEngineEvent } from "../engine/messages.ts";
import { type FilesOptions, MAX_OPEN_OFFERS } from "./file-options.ts";
import { offerFrames } from "./offers.ts";
import { REFUSED } from "./refusals.ts";

type OutgoingOptions = Omit<FilesOptions, "limit">;

type Outgoing = {
  readonly tracker: TransferTracker;
  /** Given when the file is offered; 0 before. */
  fileId: number;
  offering: Offering | undefined;
  creditEnd: number;
  /** There is a new connection, and the other side has yet to say from where it goes on. */
  mayGoBack: boolean;
  /** What FILE_END said, from the engine, and what FILE_DONE said, from the other side: in either order. */
  digest?: Bytes;
  done?: { size: number; sha256: Bytes };
};

/** Files to the other side: offered, moved within credit, and called delivered only on FILE_DONE. spec/5-files.md. */
export class OutgoingFiles {
  readonly #options: OutgoingOptions;
  readonly #takesSets: boolean;
  /** Files that are offered and not over. */
  readonly #files = new Map<number, Outgoing>();
  /** Files that are not offered yet. */
  readonly #queue: Outgoing[] = [];
  /** What was said of files that this side has given up. It may have been lost with a connection. */
  readonly #givenUp = new Map<number, FileFrame>();
  #count = 0;

  constructor(options: OutgoingOptions, takesSets: boolean) {
    this.#options = options;
    this.#takesSets = takesSets;
    options.signal.addEventListener("abort", () => this.#forget(), { once: true });
  }

  /** One id for each file; for a set only one, where the other side takes sets. */
  offer(offering: Offering, ids: readonly TransferId[]): void {
    for (const [at, file] of (this.#takesSets ? [offering] : oneByOne(offering)).entries()) {
      const id = ids[at];
      if (id !== undefined) this.#enqueue(file, id);
    }
    this.#offerNext();
  }

  cancel(id: TransferId): void {
    const queued = this.#queue.findIndex(({ tracker }) => tracker.transfer.id === id);
    const [waiting] = queued < 0 ? [] : this.#queue.splice(queued, 1);
    waiting?.tracker.update({ status: "cancelled" });
    const outgoing = this.#named(id);
    if (outgoing) this.#giveUp(outgoing, "cancelled", { reason: FileRefusal.cancelled });
  }

  pause(id: TransferId, isPaused: boolean): void {
    const outgoing = this.#named(id);
    if (outgoing === undefined) return;
    const { status, pausedBy } = outgoing.tracker.transfer;
    if (isPaused ? status !== "moving" : pausedBy !== "me") return;
    outgoing.tracker.update(isPaused ? { status: "paused", pausedBy: "me" } : { status: "moving" });
    const { fileId } = outgoing;
    this.#options.engine.ask("pause", { direction: "out", fileId, isPaused }).catch(onGone);
  }

  interrupt(isConnected: boolean): void {
    for (const { tracker } of this.#files.values()) tracker.interrupt(isConnected);
  }

  /**
   * Over a new connection, say offers again that have no answer, and of what was given up whatever cannot be misunderstood.
   * Files that move wait until the other side says how far it is.
   */
  sayAgain(isTheirsOver: (fileId: number) => boolean): void {
    for (const [fileId, cancel] of this.#givenUp) if (isTheirsOver(fileId)) this.#options.send(cancel);
    for (const outgoing of this.#files.values()) {
      if (outgoing.tracker.transfer.status === "offered") this.#sayOffer(outgoing);
      else outgoing.mayGoBack = true;
    }
  }

  /** @throws "E_RECORD_TYPE" for a file that was never offered, "E_FILE_CREDIT" for credit that falls */
  hearFrame(frame: Extract<FileFrame, { type: "accept" | "credit" | "reject" | "file_done" }>): void {
    const outgoing = this.#find(frame.fileId);
    if (outgoing === undefined) {
      // The other side goes on with what this one has given up: the CANCEL was lost with the old connection.
      const givenUp = frame.type === "accept" ? this.#givenUp.get(frame.fileId) : undefined;
      if (givenUp) this.#options.send(givenUp);
      return;
    }
    switch (frame.type) {
      case "accept":
        this.#accepted(outgoing, frame);
        break;
      case "credit":
        this.#credited(outgoing, frame.creditEnd);
        break;
      case "reject":
        this.#over(outgoing, ...REFUSED[frame.reason]);
        break;
      case "file_done":
        if (outgoing.offering) throw new NullroomError("E_RECORD_TYPE", "done before it was accepted");
        outgoing.done = frame;
        this.#settle(outgoing);
        break;
      default:
        frame satisfies never;
    }
  }

  hearEngine(event: Extract<FileEngineEvent, { direction: "out" } | { type: "sent" }>): void {
    const outgoing = this.#files.get(event.fileId);
    if (outgoing === undefined) return;
    const { tracker } = outgoing;
    switch (event.type) {
      case "began":
        if (tracker.transfer.status === "queued") tracker.update({ status: "moving" });
        break;
      case "moved":
        tracker.update({ moved: event.moved });
        break;
      case "sent":
        outgoing.digest = event.sha256;
        this.#settle(outgoing);
        break;
      case "broken":
        this.#giveUp(outgoing, "failed", { code: event.code, reason: FileRefusal.cannotReadOrWrite });
        break;
      default:
        event satisfies never;
    }
  }

  /** False where there is no such file under way. */
  cancelledByPeer(fileId: number, reason: FileRefusal): boolean {
    const outgoing = this.#files.get(fileId);
    if (outgoing) this.#over(outgoing, ...REFUSED[reason]);
    return outgoing !== undefined;
  }

  isUnderWay(fileId: number): boolean {
    return this.#files.has(fileId);
  }

  hasBeen(fileId: number): boolean {
    return fileId > 0 && fileId <= this.#count;
  }

  #enqueue(offering: Offering, id: TransferId): void {
    const { blobs: _, ...file } = offering;
    const first: Transfer = { ...file, id, direction: "out", moved: 0, status: "queued" };
    const tracker = new TransferTracker(first, this.#options);
    this.#queue.push({ tracker, offering, fileId: 0, creditEnd: 0, mayGoBack: false });
    tracker.update({});
  }

  /** As many as the other side takes at once. */
  #offerNext(): void {
    while (this.#files.size < MAX_OPEN_OFFERS) {
      const outgoing = this.#queue.shift();
      if (outgoing === undefined) return;
      this.#count += 1;
      outgoing.fileId = this.#count;
      this.#files.set(this.#count, outgoing);
      outgoing.tracker.update({ status: "offered" });
      this.#sayOffer(outgoing);
    }
  }

  #sayOffer({ fileId, tracker }: Outgoing): void {
    for (const frame of offerFrames(fileId, tracker.transfer)) this.#options.send(frame);
  }

  #find(fileId: number): Outgoing | undefined {
    if (!this.hasBeen(fileId)) throw new NullroomError("E_RECORD_TYPE", "no such file");
    return this.#files.get(fileId); // Undefined for a file that is over: late answers are dropped.
  }

  #accepted(outgoing: Outgoing, { offset, creditEnd }: { offset: number; creditEnd: number }): void {
    const { offering, fileId, mayGoBack, tracker } = outgoing;
    const isFirst = offering !== undefined && offset === 0;
    if (!isFirst && !mayGoBack) throw new NullroomError("E_RECORD_TYPE", "an ACCEPT out of place");
    outgoing.creditEnd = creditEnd;
    outgoing.offering = undefined; // The engine has it now.
    outgoing.mayGoBack = false;
    tracker.update(offering ? { status: "queued" } : { moved: offset });
    const { engine, hashing, onFailure } = this.#options;
    const order = { fileId, hashing, offset, creditEnd, ...(offering && { offering }) };
    engine.ask("send", order).catch(onFailure);
  }

  #credited(outgoing: Outgoing, creditEnd: number): void {
    if (creditEnd < outgoing.creditEnd) throw new NullroomError("E_FILE_CREDIT", "credit fell");
    outgoing.creditEnd = creditEnd;
    this.#options.engine.ask("credit", { fileId: outgoing.fileId, creditEnd }).catch(onGone);
  }

  /** A file is delivered when both sides say the same of it. */
  #settle(outgoing: Outgoing): void {
    const { digest, done, tracker } = outgoing;
    if (digest === undefined || done === undefined) return;
    const isSame = done.size === tracker.transfer.size && sameHash(digest, done.sha256);
    if (isSame) this.#over(outgoing, "delivered");
    else this.#over(outgoing, "failed", "E_FILE_HASH");
  }

  #giveUp(
    outgoing: Outgoing,
    status: "cancelled" | "failed",
    { reason, code }: { reason: FileRefusal; code?: ErrorCode },
  ): void {
    const cancel: FileFrame = { type: "cancel", fileId: outgoing.fileId, reason };
    this.#givenUp.set(outgoing.fileId, cancel);
    this.#options.send(cancel);
    this.#over(outgoing, status, code);
  }

  #over({ fileId, tracker }: Outgoing, status: Transfer["status"], code?: ErrorCode): void {
    this.#files.delete(fileId);
    this.#options.engine.ask("stop", { direction: "out", fileId }).catch(onGone);
    const moved = status === "delivered" ? { moved: tracker.transfer.size } : {};
    tracker.update({ status, ...moved, ...(code && { code }) });
    this.#offerNext();
  }

  /** The conversation is over, and nobody has said that these files came whole. */
  #forget(): void {
    for (const { tracker } of [...this.#files.values(), ...this.#queue]) {
      tracker.update({ status: "failed", code: "E_FILE_CANCELLED" });
    }
    this.#queue.length = 0;
    this.#files.clear();
  }

  #named(id: TransferId): Outgoing | undefined {
    for (const outgoing of this.#files.values()) if (outgoing.tracker.transfer.id === id) return outgoing;
    return undefined;
  }
}

/** Because an engine that is gone moves nothing any more, and the session reports why. */
const onGone = () => undefined;
