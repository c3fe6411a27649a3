import { NullroomError } from "../../../errors.ts";
import { portOf } from "../../../peer/channel-port.ts";
import type { DataChannel, FileWorker, Platform } from "../../../platform.ts";
import type { RemoteChannelEvent } from "../records/remote-channel.ts";
import { BulkChannelHandle } from "./bulk-channel-handle.ts";
import type { BulkId, CallName, EngineCalls, EngineEvent, FileEngineEvent } from "./messages.ts";

type Waiting = {
  resolve: (answer: EngineCalls[CallName]["answer"]) => void;
  reject: (error: NullroomError) => void;
};

/** The session's client of the engine that moves its files: one for all connections of a session. */
export class FileEngineClient {
  readonly #platform: Pick<Platform, "startFileWorker">;
  readonly #waiting = new Map<number, Waiting>();
  readonly #channels = new Map<BulkId, (event: RemoteChannelEvent) => void>();
  #onFileEvent: (event: FileEngineEvent) => void = () => undefined;
  #worker: FileWorker | undefined;
  #calls = 0;
  #attached = 0;
  #isClosed = false;

  constructor(platform: Pick<Platform, "startFileWorker">) {
    this.#platform = platform;
  }

  /** One listener, which replaces the one before. */
  listenToFiles(onFileEvent: (event: FileEngineEvent) => void): void {
    this.#onFileEvent = onFileEvent;
  }

  /** Take a bulk channel over, within the task in which it was made. */
  attach(channel: DataChannel, onEvent: (event: RemoteChannelEvent) => void): BulkChannelHandle {
    this.#attached += 1;
    const bulkId = this.#attached;
    const handle = new BulkChannelHandle(bulkId, this, () => this.#channels.delete(bulkId));
    if (this.#isClosed) return handle; // The session ended while this connection was being made.
    this.#channels.set(bulkId, onEvent);
    try {
      this.#post("attach", { bulkId, channel }, [channel as unknown as Transferable]).catch(
        reportedByChannel,
      );
    } catch {
      // because a browser that gives no channels to workers says so by throwing, before anything was posted
      const port = portOf(channel);
      this.#post("attach", { bulkId, channel: port }, [port]).catch(reportedByChannel);
    }
    return handle;
  }

  /** @throws "E_CHANNEL" when the engine is gone; otherwise the call's own errors */
  ask<Name extends CallName>(
    name: Name,
    argument: EngineCalls[Name]["argument"],
    transfer: Transferable[] = [],
  ): Promise<EngineCalls[Name]["answer"]> {
    if (this.#isClosed || !this.#worker) return Promise.reject(isGone());
    return this.#post(name, argument, transfer);
  }

  /**
   * Remove everything that was not saved, then end the worker, which nobody waits for. The next channel that is attached
   * begins with a new one.
   */
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

  /** Start over for the last time. Idempotent. */
  close(): void {
    this.startOver();
    this.#isClosed = true;
  }

  #post<Name extends CallName>(
    name: Name,
    argument: EngineCalls[Name]["argument"],
    transfer: Transferable[],
  ): Promise<EngineCalls[Name]["answer"]> {
    this.#worker ??= this.#start();
    this.#calls += 1;
    const id = this.#calls;
    this.#worker.postMessage({ id, name, argument }, transfer);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** What a worker reports after it was replaced is dropped. */
  #start(): FileWorker {
    const worker = this.#platform.startFileWorker();
    worker.addEventListener("message", ({ data }) => worker === this.#worker && this.#hearEngine(data));
    worker.addEventListener("error", () => worker === this.#worker && this.#lost());
    return worker;
  }

  #hearEngine(event: EngineEvent): void {
    if (event.type === "gone") this.#lost();
    else if ("id" in event) this.#answered(event);
    else if ("bulkId" in event) this.#channels.get(event.bulkId)?.(event);
    else this.#onFileEvent(event);
  }

  #answered(event: Extract<EngineEvent, { id: number }>): void {
    const waiting = this.#waiting.get(event.id);
    this.#waiting.delete(event.id);
    if (event.type === "answer") waiting?.resolve(event.answer);
    else waiting?.reject(new NullroomError(event.code, event.detail));
  }

  /** The engine's code could not be loaded, or has died: what it held is lost. */
  #lost(): void {
    const { code, message } = isGone();
    for (const { reject } of this.#waiting.values()) reject(isGone());
    this.#waiting.clear();
    for (const onEvent of [...this.#channels.values()]) onEvent({ type: "failed", code, detail: message });
  }
}

function isGone(): NullroomError {
  return new NullroomError("E_CHANNEL", "the file engine is gone");
}

/** Because an engine that is lost reports that for each of its channels, and attaching has no answer of its own. */
const reportedByChannel = () => undefined;
