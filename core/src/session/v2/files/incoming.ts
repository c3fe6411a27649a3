import { asNullroomError, type ErrorCode, NullroomError } from "../../../errors.ts";
import type { ChosenDestination, KeptFile, Received } from "../../../files/sink.ts";
import { childOf } from "../../../lifetime.ts";
import { FileRefusal } from "../../../wire/reasons.ts";
import type { Transfer, TransferId } from "../../session.ts";
import { TransferTracker } from "../../transfer-tracker.ts";
import type { FileEngineEvent, Stored } from "../engine/messages.ts";
import { type FilesOptions, MAX_OPEN_OFFERS } from "./file-options.ts";
import { descriptionOf, type Offer } from "./offers.ts";
import { refusalOf, unmistakable, type Verdict } from "./refusals.ts";

type Incoming = {
  readonly tracker: TransferTracker;
  readonly fileId: number;
  /** What its destination takes of this page is free again when it aborts. */
  readonly lifetime: AbortController;
  /** `opening`: from the person's answer until the destination is open. Only then the other side is told. */
  step: "offered" | "opening" | "accepted";
};

/** Offers that were over before this began, and whether some may have been lost. */
export type EarlierOffers = { count: number; mayHaveMissed: boolean };

/** Files from the other side: each is accepted by a person, and whole only when size and hash agree. spec/5-files.md. */
export class IncomingFiles {
  readonly #options: FilesOptions;
  readonly #files = new Map<number, Incoming>();
  /** How the files ended that a person was asked about, to be said again where that may have been lost. */
  readonly #verdicts = new Map<number, Verdict>();
  #count: number;
  /** Over a new connection: offers that were lost with the old one and given up meanwhile are never heard of. */
  #mayHaveMissed: boolean;

  constructor(options: FilesOptions, { count, mayHaveMissed }: EarlierOffers) {
    this.#options = options;
    this.#count = count;
    this.#mayHaveMissed = mayHaveMissed;
    options.signal.addEventListener("abort", () => this.#forget(), { once: true });
  }

  /** @throws "E_RECORD_TYPE" for a gap */
  offered(offer: Offer): void {
    const { fileId } = offer;
    if (this.hasBeen(fileId)) this.#offeredAgain(fileId);
    else if (this.#mayHaveMissed ? fileId > this.#count : fileId === this.#count + 1)
      this.#offeredFirst(offer);
    else throw new NullroomError("E_RECORD_TYPE", "not the next file");
  }

  #offeredFirst(offer: Offer): void {
    const { fileId } = offer;
    this.#count = fileId;
    const refusal = this.#refusalOf(offer.size);
    const file = refusal === undefined ? descriptionOf(offer) : undefined;
    if (file === undefined) {
      this.#options.send({ type: "reject", fileId, reason: refusal ?? FileRefusal.cannotReadOrWrite });
      return;
    }
    const first: Transfer = { ...file, id: `in-${fileId}`, direction: "in", moved: 0, status: "offered" };
    const tracker = new TransferTracker(first, this.#options);
    const lifetime = childOf(this.#options.signal);
    this.#files.set(fileId, { tracker, fileId, lifetime, step: "offered" });
    tracker.update({});
  }

  accept(id: TransferId, destination: ChosenDestination): void {
    const incoming = this.#named(id);
    if (incoming?.step !== "offered") return;
    incoming.step = "opening";
    incoming.tracker.update({ status: "queued" });
    void this.#open(incoming, destination);
  }

  /** Before a file was accepted, cancelling it is declining it. */
  cancel(id: TransferId): void {
    const incoming = this.#named(id);
    if (incoming === undefined) return;
    const { fileId, step } = incoming;
    const isDeclined = step === "offered";
    const reason = isDeclined ? FileRefusal.declined : FileRefusal.cancelled;
    const type = step === "accepted" ? "cancel" : "reject";
    this.#conclude({ type, fileId, reason });
    this.#over(incoming, isDeclined ? "declined" : "cancelled");
  }

  /** The other side stops where its credit ends. */
  pause(id: TransferId, isPaused: boolean): void {
    const incoming = this.#named(id);
    if (incoming === undefined) return;
    const { fileId, tracker } = incoming;
    const { status, pausedBy } = tracker.transfer;
    if (isPaused ? status !== "moving" : pausedBy !== "me") return;
    tracker.update(isPaused ? { status: "paused", pausedBy: "me" } : { status: "moving" });
    this.#options.engine.ask("pause", { direction: "in", fileId, isPaused }).catch(onGone);
  }

  interrupt(isConnected: boolean): void {
    for (const { tracker } of this.#files.values()) tracker.interrupt(isConnected);
  }

  /** Over a new connection, say what became of files that are over, and how far the others are. spec/3-session.md §8. */
  sayAgain(): void {
    this.#mayHaveMissed = true;
    for (const verdict of this.#verdicts.values()) this.#options.send(unmistakable(verdict));
    for (const { fileId, step } of this.#files.values())
      if (step === "accepted") void this.#sayHowFar(fileId);
  }

  hearEngine(event: Extract<FileEngineEvent, { direction: "in" } | { type: "credit" | "whole" }>): void {
    const incoming = this.#files.get(event.fileId);
    if (incoming === undefined) return;
    const { tracker } = incoming;
    switch (event.type) {
      case "began":
        if (tracker.transfer.status === "queued") tracker.update({ status: "moving" });
        break;
      case "moved":
        tracker.update({ moved: event.moved });
        break;
      case "credit":
        this.#options.send({ type: "credit", ...pick(event) });
        break;
      case "whole":
        this.#whole(incoming, event);
        break;
      case "broken":
        this.#conclude({ type: "cancel", fileId: event.fileId, reason: refusalOf(event.code) });
        this.#over(incoming, "failed", event.code);
        break;
      default:
        event satisfies never;
    }
  }

  /** False where there is no such file under way. */
  cancelledByPeer(fileId: number, reason: FileRefusal): boolean {
    const incoming = this.#files.get(fileId);
    if (incoming === undefined) return false;
    if (reason === FileRefusal.cannotReadOrWrite) this.#over(incoming, "failed", "E_FILE_READ");
    else this.#over(incoming, "cancelled", "E_FILE_CANCELLED");
    return true;
  }

  isUnderWay(fileId: number): boolean {
    return this.#files.has(fileId);
  }

  hasBeen(fileId: number): boolean {
    return fileId > 0 && fileId <= this.#count;
  }

  /** A person is not asked again. An offer that was refused without asking is so again. */
  #offeredAgain(fileId: number): void {
    if (this.#files.has(fileId) || this.#verdicts.has(fileId)) return;
    this.#options.send({ type: "reject", fileId, reason: FileRefusal.tooMany });
  }

  /** An honest sender knows both limits and keeps them, so nobody here is bothered with the offer. */
  #refusalOf(size: number): FileRefusal | undefined {
    if (size > this.#options.limit) return FileRefusal.tooLarge;
    return this.#files.size >= MAX_OPEN_OFFERS ? FileRefusal.tooMany : undefined;
  }

  /** Nothing is promised to the other side before the destination is open. */
  async #open(incoming: Incoming, destination: ChosenDestination): Promise<void> {
    const { fileId, tracker, lifetime } = incoming;
    const { engine, send, hashing } = this.#options;
    const { name, type, size, set } = tracker.transfer;
    const file = { name, type, size, ...(set && { set }) };
    try {
      const passed = destination.pass(file, lifetime.signal);
      const window = await engine.ask("receive", { fileId, file, destination: passed, hashing });
      if (lifetime.signal.aborted) {
        engine.ask("stop", { direction: "in", fileId }).catch(onGone);
        return;
      }
      incoming.step = "accepted";
      if (size === 0) tracker.update({ status: "moving" });
      send({ type: "accept", fileId, ...window });
    } catch (thrown) {
      if (lifetime.signal.aborted) return; // Whoever ended it knows already.
      const { code } = asNullroomError(thrown, "E_FILE_READ", "the destination has gone");
      this.#conclude({ type: "reject", fileId, reason: FileRefusal.cannotReadOrWrite });
      this.#over(incoming, "failed", code);
    }
  }

  async #sayHowFar(fileId: number): Promise<void> {
    try {
      const window = await this.#options.engine.ask("resume", { fileId });
      if (this.#files.has(fileId)) this.#options.send({ type: "accept", fileId, ...window });
    } catch {
      // because the file has ended meanwhile, and its end is said elsewhere
    }
  }

  #whole(
    incoming: Incoming,
    { fileId, size, sha256, stored }: Extract<FileEngineEvent, { type: "whole" }>,
  ): void {
    const { tracker, lifetime } = incoming;
    this.#files.delete(fileId);
    this.#conclude({ type: "file_done", fileId, size, sha256 });
    const received: Received =
      stored.type === "saved" ? stored : { type: "kept", file: this.#kept(fileId, stored, lifetime) };
    tracker.update({ status: "delivered", moved: size, received });
  }

  #kept(fileId: number, stored: Extract<Stored, { type: "kept" }>, lifetime: AbortController): KeptFile {
    const { name, mime, size } = stored;
    const { engine } = this.#options;
    return {
      ...{ name, type: mime, size },
      blob: () => engine.ask("blob", { fileId }),
      async discard() {
        lifetime.abort();
        await engine.ask("stop", { direction: "in", fileId });
      },
    };
  }

  #conclude(verdict: Verdict): void {
    this.#verdicts.set(verdict.fileId, verdict);
    this.#options.send(verdict);
  }

  #over({ fileId, tracker, lifetime }: Incoming, status: Transfer["status"], code?: ErrorCode): void {
    this.#files.delete(fileId);
    lifetime.abort();
    this.#options.engine.ask("stop", { direction: "in", fileId }).catch(onGone);
    tracker.update(code ? { status, code } : { status });
  }

  /** The conversation is over, and what was on its way never comes whole. */
  #forget(): void {
    for (const { tracker, step } of this.#files.values())
      tracker.update({ status: step === "offered" ? "cancelled" : "failed", code: "E_FILE_CANCELLED" });
    this.#files.clear();
  }

  #named(id: TransferId): Incoming | undefined {
    for (const incoming of this.#files.values()) if (incoming.tracker.transfer.id === id) return incoming;
    return undefined;
  }
}

/** Because an engine that is gone moves nothing any more, and the session reports why. */
const onGone = () => undefined;

function pick({ fileId, offset, creditEnd }: Extract<FileEngineEvent, { type: "credit" }>) {
  return { fileId, offset, creditEnd };
}
