import { NullroomError } from "../../../errors.ts";
import type { Offering } from "../../../files/offering.ts";
import type { ChosenDestination } from "../../../files/sink.ts";
import { parseFileFrame } from "../../../wire/file-frame-readers.ts";
import { formatFileFrame } from "../../../wire/file-frames.ts";
import type { FileFrame, FrameBytes } from "../../../wire/frames.ts";
import type { Transfer, TransferId } from "../../session.ts";
import type { FileEngineEvent } from "../engine/messages.ts";
import type { FileLimits } from "./file-limits.ts";
import type { FilesContext } from "./file-options.ts";
import { type EarlierOffers, IncomingFiles } from "./incoming.ts";
import { LanePolicy } from "./lanes/policy.ts";
import { OfferAssembly, type OfferFrame } from "./offers.ts";
import { OutgoingFiles } from "./outgoing.ts";

/** The files of a conversation, in both directions. spec/5-files.md. */
export class Files {
  #offers = new OfferAssembly();
  readonly #outgoing: OutgoingFiles;
  readonly #incoming: IncomingFiles;
  readonly #lanes: LanePolicy;

  constructor(context: FilesContext, limits: FileLimits, earlier: EarlierOffers) {
    const send = (frame: FileFrame) => context.send(formatFileFrame(frame));
    const report = (transfer: Transfer) => {
      this.#lanes.hearTransfer(transfer);
      context.report(transfer);
    };
    const { hashing } = limits;
    const options = { ...context, send, report, hashing };
    this.#outgoing = new OutgoingFiles(options, limits.takesSets);
    const sendAboutTheirs = (frame: FileFrame) => send(this.#unambiguous(frame));
    this.#incoming = new IncomingFiles({ ...options, send: sendAboutTheirs, limit: limits.ours }, earlier);
    this.#lanes = new LanePolicy(options);
    options.engine.listenToFiles((event) => this.#hearEngine(event));
  }

  offer(offering: Offering, ids: readonly TransferId[]): void {
    this.#outgoing.offer(offering, ids);
  }

  accept(id: TransferId, destination: ChosenDestination): void {
    this.#incoming.accept(id, destination);
  }

  decline(id: TransferId): void {
    this.#incoming.cancel(id);
  }

  cancel(id: TransferId): void {
    this.#outgoing.cancel(id);
    this.#incoming.cancel(id);
  }

  pause(id: TransferId, isPaused: boolean): void {
    this.#outgoing.pause(id, isPaused);
    this.#incoming.pause(id, isPaused);
  }

  interrupt(isConnected: boolean): void {
    this.#outgoing.interrupt(isConnected);
    this.#incoming.interrupt(isConnected);
  }

  /** Over a new connection, say what the other side may have missed. spec/3-session.md §8. */
  sayAgain(): void {
    this.#offers = new OfferAssembly(); // Half a set was lost with the old connection.
    const incoming = this.#incoming;
    this.#outgoing.sayAgain((fileId) => incoming.hasBeen(fileId) && !incoming.isUnderWay(fileId));
    this.#incoming.sayAgain();
    this.#lanes.measure();
  }

  hearFrame(record: FrameBytes): void {
    const frame = parseFileFrame(record);
    switch (frame.type) {
      case "lane_offer":
      case "lane_answer":
      case "lanes":
        this.#lanes.hearFrame(frame);
        break;
      case "file_offer":
      case "file_set":
      case "file_set_part":
        this.#offered(frame);
        break;
      case "cancel":
        this.#cancelledByPeer(frame);
        break;
      default:
        this.#outgoing.hearFrame(frame);
    }
  }

  #offered(frame: OfferFrame): void {
    const offer = this.#offers.hearFrame(frame);
    if (offer) this.#incoming.offered(offer);
  }

  #hearEngine(event: FileEngineEvent): void {
    if (event.type === "credit" || event.type === "whole") this.#incoming.hearEngine(event);
    else if (event.type === "sent") this.#outgoing.hearEngine(event);
    else if (event.direction === "in") this.#incoming.hearEngine(event);
    else this.#outgoing.hearEngine(event);
  }

  /** Both directions count from 1: a CANCEL means its sender's own file, unless that one is not under way. */
  #cancelledByPeer({ fileId, reason }: Extract<FileFrame, { type: "cancel" }>): void {
    if (this.#incoming.cancelledByPeer(fileId, reason)) return;
    if (this.#outgoing.cancelledByPeer(fileId, reason)) return;
    const known = this.#incoming.hasBeen(fileId) || this.#outgoing.hasBeen(fileId);
    if (!known) throw new NullroomError("E_RECORD_TYPE", "no such file");
  }

  /** REJECT where a CANCEL for a file of theirs would be read as one for ours of the same number. */
  #unambiguous(frame: FileFrame): FileFrame {
    const isClash = frame.type === "cancel" && this.#outgoing.isUnderWay(frame.fileId);
    return isClash ? { ...frame, type: "reject" } : frame;
  }
}
