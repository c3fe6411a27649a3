import { asNullroomError, NullroomError } from "@nullroom/core/errors";
import type { Answer, Call, Calls } from "./calls.ts";
import { LentBlob } from "./lent-blob.ts";
import type { SealedFile } from "./sealed-file.ts";
import type { Opened, SharedVault } from "./shared-vault.ts";

/** Serves one file to the page that holds the other end of `port`. */
export class Desk {
  readonly #port: MessagePort;
  readonly #vault: SharedVault;
  readonly #lifetime = new AbortController();
  #opened: Opened | undefined;
  #failure: NullroomError | undefined;
  readonly #lent = new LentBlob();
  #tail: Promise<void> = Promise.resolve();

  constructor(port: MessagePort, vault: SharedVault) {
    this.#port = port;
    this.#vault = vault;
    port.onmessage = ({ data }: MessageEvent<Call>) => this.#take(data);
  }

  #take(call: Call): void {
    if (call.name === "discard")
      this.#lifetime.abort(new NullroomError("E_FILE_CANCELLED", "the file was given up"));
    this.#tail = this.#tail.then(async () => this.#port.postMessage(await this.#answer(call)));
  }

  async #answer(call: Call): Promise<Answer> {
    try {
      if (this.#failure && call.name !== "discard") throw this.#failure;
      return { type: "done", answer: await this.#serve(call) };
    } catch (thrown) {
      const { code, message } = asNullroomError(thrown, "E_FILE_READ", "the private file system failed");
      this.#failure ??= new NullroomError(code, message);
      return { type: "failed", code, detail: message };
    }
  }

  async #serve(call: Call): Promise<Calls[keyof Calls]["answer"]> {
    switch (call.name) {
      case "open":
        this.#opened = await this.#vault.open(call.argument);
        return undefined;
      case "write":
        this.#lifetime.signal.throwIfAborted();
        await this.#file.append(call.argument);
        return undefined;
      case "close":
        await this.#file.end();
        return undefined;
      case "blob":
        return this.#blob(call.argument);
      case "discard":
        await this.#discard();
        return undefined;
      default:
        return call satisfies never;
    }
  }

  get #file(): SealedFile {
    if (!this.#opened) throw new NullroomError("E_FILE_READ", "there is no file");
    return this.#opened.file;
  }

  /** The browser takes a stream's bytes as they come and keeps them where it keeps large blobs. */
  async #blob(type: string): Promise<Blob> {
    const stream = this.#file.stream(this.#lifetime.signal);
    return this.#lent.lend(await new Response(stream, { headers: { "content-type": type } }).blob());
  }

  async #discard(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#lent.takeBack();
    if (opened) await this.#vault.close(opened);
  }
}
