import { NullroomError } from "../../errors.ts";
import type { Offering } from "../../files/offering.ts";
import type { TakenPlace } from "../../files/sink.ts";
import { parseFileFrame } from "../../wire/file-frame-readers.ts";
import { formatFileFrame } from "../../wire/file-frames.ts";
import type { FileFrame, FrameBytes } from "../../wire/frames.ts";
import type { Transfer, TransferId } from "../session.ts";
import type { FileNews } from "./desk/desk.ts";
import type { FileLimits } from "./file-limits.ts";
import type { FilesWay } from "./file-options.ts";
import { type Before, IncomingFiles } from "./incoming-files.ts";
import { LaneKeeper } from "./lanes/lane-keeper.ts";
import { type OfferFrame, Offers } from "./offers.ts";
import { OutgoingFiles } from "./outgoing-files.ts";

/** Files both ways. spec/5-files.md. */
export class Files {
  #offers = new Offers();
  readonly #outgoing: OutgoingFiles;
  readonly #incoming: IncomingFiles;
  readonly #lanes: LaneKeeper;

  constructor(way: FilesWay, limits: FileLimits, before: Before) {
    const send = (frame: FileFrame) => way.send(formatFileFrame(frame));
    const report = (transfer: Transfer) => {
      this.#lanes.saw(transfer);
      way.report(transfer);
    };
    const { hashing } = limits;
    const options = { ...way, send, report, hashing };
    this.#outgoing = new OutgoingFiles(options, limits.takesSets);
    const sendOfTheirs = (frame: FileFrame) => send(this.#unambiguous(frame));
    this.#incoming = new IncomingFiles({ ...options, send: sendOfTheirs, limit: limits.ours }, before);
    this.#lanes = new LaneKeeper(options);
    options.desk.watchFiles((news) => this.#hearDesk(news));
  }

  offer(offering: Offering, ids: readonly TransferId[]): void {
    this.#outgoing.offer(offering, ids);
  }

  accept(id: TransferId, place: TakenPlace): void {
    this.#incoming.accept(id, place);
  }

  decline(id: TransferId): void {
    this.#incoming.cancel(id);
  }

  cancel(id: TransferId): void {
    this.#outgoing.cancel(id);
    this.#incoming.cancel(id);
  }

  rest(id: TransferId, isResting: boolean): void {
    this.#outgoing.rest(id, isResting);
    this.#incoming.rest(id, isResting);
  }

  interrupt(isConnected: boolean): void {
    this.#outgoing.interrupt(isConnected);
    this.#incoming.interrupt(isConnected);
  }

  sayAgain(): void {
    this.#offers = new Offers(); // Half a set was lost with the old line.
    const incoming = this.#incoming;
    this.#outgoing.sayAgain((fileId) => incoming.hasBeen(fileId) && !incoming.isUnderWay(fileId));
    this.#incoming.sayAgain();
    this.#lanes.look();
  }

  ctl(record: FrameBytes): void {
    const frame = parseFileFrame(record);
    switch (frame.type) {
      case "lane_offer":
      case "lane_answer":
      case "lanes":
        this.#lanes.hear(frame);
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
        this.#outgoing.hear(frame);
    }
  }

  #offered(frame: OfferFrame): void {
    const offer = this.#offers.hear(frame);
    if (offer) this.#incoming.offered(offer);
  }

  #hearDesk(news: FileNews): void {
    if (news.news === "credit" || news.news === "whole") this.#incoming.hearDesk(news);
    else if (news.news === "sent") this.#outgoing.hearDesk(news);
    else if (news.way === "in") this.#incoming.hearDesk(news);
    else this.#outgoing.hearDesk(news);
  }

  /** Both directions count from 1: a CANCEL means its sender's own file, unless that one is not under way. */
  #cancelledByPeer({ fileId, reason }: Extract<FileFrame, { type: "cancel" }>): void {
    if (this.#incoming.cancelledByPeer(fileId, reason)) return;
    if (this.#outgoing.cancelledByPeer(fileId, reason)) return;
    const known = this.#incoming.hasBeen(fileId) || this.#outgoing.hasBeen(fileId);
    if (!known) throw new NullroomError("E_RECORD_TYPE", "no such file");
  }

  /** A CANCEL for a file of theirs would be read as one for ours of the same number: then REJECT says it. */
  #unambiguous(frame: FileFrame): FileFrame {
    const isClash = frame.type === "cancel" && this.#outgoing.isUnderWay(frame.fileId);
    return isClash ? { ...frame, type: "reject" } : frame;
  }
}
