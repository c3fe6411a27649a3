import type { Bytes } from "@nullroom/core/brand";
import { NullroomError } from "@nullroom/core/errors";
import type { FileDescription, FileWriter, KeptFile, Received, SinkPlace } from "@nullroom/core/files/sink";
import { placeOf } from "../place-of.ts";
import { workerUrl } from "../worker-urls.ts";
import type { Answer, Call, Calls } from "./calls.ts";

/** Bytes on their way to the worker: keeps it busy while the page does something else, and is all that is held. */
const WINDOW_BYTES = 1024 * 1024;

/** The worker behind all sealed files of a page: there while one of them is. Ending it ends every key. */
export class SealedWorker {
  #worker: Worker | undefined;
  readonly #files = new Set<SealedCalls>();

  place(capacity: number): SinkPlace {
    const open = async (file: FileDescription) => {
      const calls = this.#connect();
      try {
        await calls.ask("open", file.size);
      } catch (thrown) {
        this.#left(calls);
        throw thrown;
      }
      return new SealedWriter(file, calls, () => this.#left(calls));
    };
    return placeOf("sealed", capacity, open, () => ({ kind: "sealed", capacity }));
  }

  #connect(): SealedCalls {
    this.#worker ??= this.#start();
    const { port1, port2 } = new MessageChannel();
    this.#worker.postMessage(null, [port2]);
    const calls = new SealedCalls(port1);
    this.#files.add(calls);
    return calls;
  }

  #start(): Worker {
    const worker = new Worker(workerUrl("sealed"), { type: "module", name: "files" });
    worker.addEventListener("error", () => {
      for (const calls of this.#files) calls.fail();
    });
    return worker;
  }

  #left(calls: SealedCalls): void {
    calls.close();
    this.#files.delete(calls);
    if (this.#files.size > 0) return;
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

type Waiting = {
  resolve: (answer: Calls[keyof Calls]["answer"]) => void;
  reject: (error: NullroomError) => void;
};

/** Questions to the worker about one file, answered in their order. */
class SealedCalls {
  readonly #port: MessagePort;
  readonly #waiting: Waiting[] = [];
  #dead = false;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.shift();
      if (data.type === "done") waiting?.resolve(data.answer);
      else waiting?.reject(new NullroomError(data.code, data.detail));
    };
  }

  ask<Name extends keyof Calls>(
    name: Name,
    argument: Calls[Name]["argument"],
    transfer: Transferable[] = [],
  ): Promise<Calls[Name]["answer"]> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return reject(workerGone());
      this.#waiting.push({ resolve, reject });
      this.#port.postMessage({ name, argument } as Call, transfer);
    });
  }

  /** The worker could not be loaded or has died: nobody will answer. */
  fail(): void {
    this.#dead = true;
    for (const { reject } of this.#waiting.splice(0)) reject(workerGone());
  }

  close(): void {
    this.fail();
    this.#port.close();
  }
}

function workerGone(): NullroomError {
  return new NullroomError("E_FILE_READ", "the worker that holds the file is gone");
}

class SealedWriter implements FileWriter {
  readonly #file: FileDescription;
  readonly #calls: SealedCalls;
  readonly #left: () => void;
  /** Writes that the worker has not confirmed, oldest first. */
  readonly #flying: Promise<void>[] = [];
  #flyingBytes = 0;
  #size = 0;
  #failure: unknown;
  #dropped: Promise<void> | undefined;

  constructor(file: FileDescription, calls: SealedCalls, left: () => void) {
    this.#file = file;
    this.#calls = calls;
    this.#left = left;
  }

  async write(chunk: Bytes): Promise<void> {
    const own = ownMemory(chunk);
    const { length } = own;
    this.#size += length;
    this.#flyingBytes += length;
    this.#flying.push(this.#send(own, length));
    while (this.#flyingBytes > WINDOW_BYTES) await this.#flying[0];
    if (this.#failure) throw this.#failure;
  }

  async close(): Promise<Received> {
    await this.#calls.ask("close", undefined);
    return { type: "kept", file: this.#kept() };
  }

  drop(): Promise<void> {
    this.#dropped ??= this.#calls.ask("discard", undefined).finally(this.#left);
    return this.#dropped;
  }

  #kept(): KeptFile {
    const { name, type } = this.#file;
    return {
      name,
      type,
      size: this.#size,
      blob: () => this.#calls.ask("blob", type),
      discard: () => this.drop(),
    };
  }

  /** Never rejects: a failed write is told by the next one, and by whatever is asked of the worker after it. */
  async #send(chunk: Bytes, length: number): Promise<void> {
    try {
      await this.#calls.ask("write", chunk, [chunk.buffer]);
    } catch (thrown) {
      this.#failure ??= thrown;
    }
    this.#flyingBytes -= length;
    this.#flying.shift();
  }
}

/** Only a whole buffer can be given away. */
function ownMemory(chunk: Bytes): Bytes {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk : chunk.slice();
}
