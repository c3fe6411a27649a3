import type { Bytes } from "../brand.ts";
import { asNullroomError, NullroomError } from "../errors.ts";
import type { FileSink, FileWriter, Received } from "./sink.ts";

/**
 * A guarded sink keeps the promises of `FileSink` for every kind of writer: order, exact size, and that the first
 * failure removes everything.
 */
export class GuardedSink implements FileSink {
  readonly #writer: FileWriter;
  readonly #size: number;
  readonly #signal: AbortSignal;
  #received = 0;
  #finished = false;
  #ended: NullroomError | undefined;
  #dropping: Promise<void> | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(writer: FileWriter, size: number, signal: AbortSignal) {
    this.#writer = writer;
    this.#size = size;
    this.#signal = signal;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  get received(): number {
    return this.#received;
  }

  write(chunk: Bytes): Promise<void> {
    return this.#inTurn(async () => {
      const { byteLength } = chunk; // The writer may take the memory away.
      if (this.#received + byteLength > this.#size)
        throw new NullroomError("E_FILE_SIZE", "more than announced");
      await this.#writer.write(chunk);
      this.#received += byteLength;
    });
  }

  finish(): Promise<Received> {
    return this.#inTurn(async () => {
      if (this.#received !== this.#size) throw new NullroomError("E_FILE_SIZE", "less than announced");
      const received = await this.#writer.close();
      this.#finished = true;
      return received;
    });
  }

  abort(): Promise<void> {
    return this.#end(new NullroomError("E_FILE_CANCELLED", "the file was given up"));
  }

  /** Nobody waits for a signal's listeners. What cannot be removed now is removed at the next start. */
  readonly #onAbort = () => void this.abort().catch(() => undefined);

  /** Calls run one after another, whether or not the caller waits. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(() => this.#attempt(task));
    // The caller has the failure; the next call finds it in #ended.
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #attempt<T>(task: () => Promise<T>): Promise<T> {
    if (this.#ended) throw this.#ended;
    if (this.#finished) throw new NullroomError("E_FILE_SIZE", "the file is finished");
    try {
      const result = await task();
      if (this.#ended) throw this.#ended; // The file was given up while this was under way.
      return result;
    } catch (thrown) {
      const error = this.#ended ?? asNullroomError(thrown, "E_FILE_READ", "the file cannot be written");
      // The first failure is reported; that the removal failed as well adds nothing.
      await this.#end(error).catch(() => undefined);
      throw error;
    }
  }

  #end(error: NullroomError): Promise<void> {
    this.#ended ??= error;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#dropping ??= this.#writer.drop();
    return this.#dropping;
  }
}
