import { NullroomError } from "../../../errors.ts";
import { portOf } from "../../../peer/channel-port.ts";
import type { FileWorker, Platform } from "../../../platform.ts";
import { BulkChannelHandle, type BulkChannelListener } from "./bulk-channel-handle.ts";
import type { BulkId, CallName, EngineCalls, EngineEvent } from "./messages.ts";

type Waiting = {
  resolve: (answer: EngineCalls[CallName]["answer"]) => void;
  reject: (error: NullroomError) => void;
};

/** News about files; those about lanes are the lanes'. */
export type FileEngineEvent = Exclude<EngineEvent, { bulkId: BulkId } | { id: number } | { type: "gone" }>;

/** The session's end of the engine where its files are moved: one for all connections of a session. */
export class FileEngineClient {
  readonly #platform: Pick<Platform, "startFileWorker">;
  readonly #waiting = new Map<number, Waiting>();
  readonly #channels = new Map<BulkId, BulkChannelListener>();
  #onFileEvent: (event: FileEngineEvent) => void = () => undefined;
  #worker: FileWorker | undefined;
  #calls = 0;
  #attached = 0;
  #isOver = false;

  constructor(platform: Pick<Platform, "startFileWorker">) {
    this.#platform = platform;
  }

  /** One listener, which replaces the one before. */
  onFileEvent(onFileNews: (event: FileEngineEvent) => void): void {
    this.#onFileEvent = onFileNews;
  }

  /** Take a bulk channel over, within the task in which it was made. */
  attach(channel: RTCDataChannel, events: BulkChannelListener): BulkChannelHandle {
    this.#attached += 1;
    const lane = this.#attached;
    const end = new BulkChannelHandle(lane, this, () => this.#channels.delete(lane));
    if (this.#isOver) return end; // A connection that was being made when the session ended.
    this.#channels.set(lane, events);
    try {
      this.#ask("attach", { bulkId: lane, channel }, [channel as unknown as Transferable]).catch(unheard);
    } catch {
      // because a browser that gives no channels away says so by throwing, before anything was posted
      const port = portOf(channel);
      this.#ask("attach", { bulkId: lane, channel: port }, [port]).catch(unheard);
    }
    return end;
  }

  /** @throws "E_CHANNEL" when the engine is gone; otherwise the call's own errors */
  ask<Name extends CallName>(
    name: Name,
    argument: EngineCalls[Name]["argument"],
    transfer: Transferable[] = [],
  ): Promise<EngineCalls[Name]["answer"]> {
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
    this.#channels.clear();
    this.#worker = undefined;
    this.#attached = 0;
    this.#onFileEvent = () => undefined;
  }

  /** `startOver`, for the last time. Idempotent. */
  close(): void {
    this.startOver();
    this.#isOver = true;
  }

  #ask<Name extends CallName>(
    name: Name,
    argument: EngineCalls[Name]["argument"],
    transfer: Transferable[] = [],
  ): Promise<EngineCalls[Name]["answer"]> {
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

  #hear(event: EngineEvent): void {
    if (event.type === "gone") this.#lost();
    else if ("id" in event) this.#answer(event);
    else if ("bulkId" in event) this.#channels.get(event.bulkId)?.hear(event);
    else this.#onFileEvent(event);
  }

  #answer(event: Extract<EngineEvent, { id: number }>): void {
    const waiting = this.#waiting.get(event.id);
    this.#waiting.delete(event.id);
    if (event.type === "answer") waiting?.resolve(event.answer);
    else waiting?.reject(new NullroomError(event.code, event.detail));
  }

  /** Its code could not be loaded, or has died: what it held is lost. */
  #lost(): void {
    const error = isGone();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    for (const [lane, events] of [...this.#channels]) {
      events.hear({ type: "failed", bulkId: lane, code: error.code, detail: error.message });
    }
  }
}

function isGone(): NullroomError {
  return new NullroomError("E_CHANNEL", "the engine is gone");
}

/** Because a engine that is lost says so to each of its lanes, and attaching has no answer of its own. */
const unheard = () => undefined;
