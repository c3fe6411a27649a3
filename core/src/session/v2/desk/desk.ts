import { NullroomError } from "../../../errors.ts";
import { portOf } from "../../../peer/channel-port.ts";
import type { FileWorker, Platform } from "../../../platform.ts";
import type { CallName, DeskCalls, DeskNews, LaneNumber } from "./calls.ts";
import { LaneEnd, type LaneEvents } from "./lane-end.ts";

type Waiting = {
  resolve: (answer: DeskCalls[CallName]["answer"]) => void;
  reject: (error: NullroomError) => void;
};

/** News about files; those about lanes are the lanes'. */
export type FileNews = Exclude<DeskNews, { lane: LaneNumber } | { id: number } | { news: "gone" }>;

/** The session's end of the desk where its files are moved: one for all connections of a session. */
export class Desk {
  readonly #platform: Pick<Platform, "startFileWorker">;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lanes = new Map<LaneNumber, LaneEvents>();
  #onFileNews: (news: FileNews) => void = () => undefined;
  #worker: FileWorker | undefined;
  #calls = 0;
  #attached = 0;
  #isOver = false;

  constructor(platform: Pick<Platform, "startFileWorker">) {
    this.#platform = platform;
  }

  /** One listener, which replaces the one before. */
  watchFiles(onFileNews: (news: FileNews) => void): void {
    this.#onFileNews = onFileNews;
  }

  /** Take a bulk channel over, within the task in which it was made. */
  attach(channel: RTCDataChannel, events: LaneEvents): LaneEnd {
    this.#attached += 1;
    const lane = this.#attached;
    const end = new LaneEnd(lane, this, () => this.#lanes.delete(lane));
    if (this.#isOver) return end; // A connection that was being made when the session ended.
    this.#lanes.set(lane, events);
    try {
      this.#ask("attach", { lane, channel }, [channel as unknown as Transferable]).catch(unheard);
    } catch {
      // because a browser that gives no channels away says so by throwing, before anything was posted
      const port = portOf(channel);
      this.#ask("attach", { lane, channel: port }, [port]).catch(unheard);
    }
    return end;
  }

  /** @throws "E_CHANNEL" when the desk is gone; otherwise the call's own errors */
  ask<Name extends CallName>(
    name: Name,
    argument: DeskCalls[Name]["argument"],
    transfer: Transferable[] = [],
  ): Promise<DeskCalls[Name]["answer"]> {
    if (this.#isOver || !this.#worker) return Promise.reject(isGone());
    return this.#ask(name, argument, transfer);
  }

  /** Everything that was not saved is removed, then the worker ends; nobody waits for it. The next channel begins anew. */
  startOver(): void {
    const [worker, id] = [this.#worker, ++this.#calls];
    worker?.addEventListener("message", ({ data }) => {
      if (data.id === id) worker.terminate();
    });
    worker?.postMessage({ id, name: "close", argument: null });
    for (const { reject } of this.#waiting.values()) reject(isGone());
    this.#waiting.clear();
    this.#lanes.clear();
    this.#worker = undefined;
    this.#attached = 0;
    this.#onFileNews = () => undefined;
  }

  /** `startOver`, for the last time. Idempotent. */
  close(): void {
    this.startOver();
    this.#isOver = true;
  }

  #ask<Name extends CallName>(
    name: Name,
    argument: DeskCalls[Name]["argument"],
    transfer: Transferable[] = [],
  ): Promise<DeskCalls[Name]["answer"]> {
    this.#worker ??= this.#start();
    this.#calls += 1;
    const id = this.#calls;
    this.#worker.postMessage({ id, name, argument }, transfer);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** News of one that was closed is nobody's. */
  #start(): FileWorker {
    const worker = this.#platform.startFileWorker();
    worker.addEventListener("message", ({ data }) => worker === this.#worker && this.#hear(data));
    worker.addEventListener("error", () => worker === this.#worker && this.#lost());
    return worker;
  }

  #hear(news: DeskNews): void {
    if (news.news === "gone") this.#lost();
    else if ("id" in news) this.#answer(news);
    else if ("lane" in news) this.#lanes.get(news.lane)?.hear(news);
    else this.#onFileNews(news);
  }

  #answer(news: Extract<DeskNews, { id: number }>): void {
    const waiting = this.#waiting.get(news.id);
    this.#waiting.delete(news.id);
    if (news.news === "answer") waiting?.resolve(news.answer);
    else waiting?.reject(new NullroomError(news.code, news.detail));
  }

  /** Its code could not be loaded, or has died: what it held is lost. */
  #lost(): void {
    const error = isGone();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    for (const [lane, events] of [...this.#lanes]) {
      events.hear({ news: "failed", lane, code: error.code, detail: error.message });
    }
  }
}

function isGone(): NullroomError {
  return new NullroomError("E_CHANNEL", "the desk is gone");
}

/** Because a desk that is lost says so to each of its lanes, and attaching has no answer of its own. */
const unheard = () => undefined;
