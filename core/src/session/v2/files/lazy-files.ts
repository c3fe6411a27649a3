import { asRefusal, NullroomError } from "../../../errors.ts";
import type { Offering } from "../../../files/offering.ts";
import type { ChosenDestination } from "../../../files/sink.ts";
import { ByteReader, concat, u8, u32 } from "../../../wire/binary.ts";
import { CODES, type FrameBytes } from "../../../wire/frames.ts";
import { FileRefusal } from "../../../wire/reasons.ts";
import type { SessionFiles, TransferId } from "../../session.ts";
import type { FileLimits } from "./file-limits.ts";
import type { FilesContext } from "./file-options.ts";
import type { Files } from "./files.ts";

/**
 * The files of a conversation, loaded with the first of them: most conversations have none. Where the code cannot be
 * loaded, because the server is not there any more, the file fails and the conversation goes on.
 */
export class LazyFiles implements SessionFiles {
  readonly #options: FilesContext;
  readonly #limits: FileLimits;
  #loading: Promise<Files> | undefined;
  #files: Files | undefined;
  #offered = 0;
  /** How many offers of the other side were refused because the code could not be loaded: their ids are used up. */
  #missed = 0;
  #isReconnected = false;

  constructor(options: FilesContext, limits: FileLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  offer(offering: Offering): readonly TransferId[] {
    const files = this.#limits.takesSets ? undefined : offering.set?.entries;
    const sizes = files?.map(({ size }) => size) ?? [offering.size];
    const isTooLarge = sizes.some((size) => size > this.#limits.theirs);
    if (isTooLarge) throw new NullroomError("E_FILE_LIMIT", "above the limit");
    const ids = sizes.map((): TransferId => `out-${++this.#offered}`);
    if (this.#files) this.#files.offer(offering, ids);
    else this.#offerFirst(offering, ids);
    return ids;
  }

  accept(id: TransferId, destination: ChosenDestination): void {
    this.#with((files) => files.accept(id, destination));
  }

  decline(id: TransferId): void {
    this.#with((files) => files.decline(id));
  }

  cancel(id: TransferId): void {
    this.#with((files) => files.cancel(id));
  }

  pause(id: TransferId): void {
    this.#with((files) => files.pause(id, true));
  }

  resume(id: TransferId): void {
    this.#with((files) => files.pause(id, false));
  }

  /** The connection is interrupted, or back. */
  set isConnected(isConnected: boolean) {
    this.#files?.interrupt(isConnected);
  }

  /** Over a new connection, once the other side has caught up, say what it may have missed. spec/3-session.md §8. */
  sayAgain(): void {
    this.#isReconnected = true;
    this.#files?.sayAgain();
  }

  /** To be waited for, so that frames keep their order. @throws whatever ends the session */
  async hearFrame(record: FrameBytes): Promise<void> {
    const { type } = record;
    // The set was refused when it was announced.
    if (type === CODES.file_set_part && this.#missed > 0 && fileIdOf(record) <= this.#missed) return;
    const files = await this.#load().catch(unlessUnavailable);
    const isOffer = type === CODES.file_offer || type === CODES.file_set;
    if (files) files.hearFrame(record);
    else if (isOffer && this.#mayCome(fileIdOf(record))) this.#miss(fileIdOf(record));
    else throw new NullroomError("E_RECORD_TYPE", "no such file");
  }

  /** At once where the code is there. Before the first file there is none that could be meant. */
  #with(task: (files: Files) => void): void {
    if (this.#files) task(this.#files);
    else this.#loading?.then(task, () => undefined); // because what was offered meanwhile has failed and is reported
  }

  #load(): Promise<Files> {
    this.#loading ??= this.#open();
    this.#loading.catch(() => {
      this.#loading = undefined; // because the server may be back when it is asked for again
    });
    return this.#loading;
  }

  async #open(): Promise<Files> {
    const { Files } = await import("./files.ts").catch((thrown) => {
      throw asRefusal(thrown, "E_SERVER", "the code for files cannot be loaded");
    });
    const before = { count: this.#missed, mayHaveMissed: this.#isReconnected };
    this.#files = new Files(this.#options, this.#limits, before);
    return this.#files;
  }

  #offerFirst(offering: Offering, ids: readonly TransferId[]): void {
    this.#load()
      .catch(unlessUnavailable)
      .then((files) => (files ? files.offer(offering, ids) : this.#failed(offering, ids)))
      .catch(this.#options.onFailure);
  }

  #mayCome(fileId: number): boolean {
    return this.#isReconnected ? fileId > this.#missed : fileId === this.#missed + 1;
  }

  #miss(fileId: number): void {
    this.#missed = fileId;
    this.#options.send({ type: CODES.reject, body: concat(u32(fileId), u8(FileRefusal.cannotReadOrWrite)) });
  }

  #failed({ blobs: _, set: __, ...file }: Offering, ids: readonly TransferId[]): void {
    for (const id of ids) {
      this.#options.report({ ...file, id, direction: "out", moved: 0, status: "failed", code: "E_SERVER" });
    }
  }
}

/** Undefined where the server is not there to give the code away: whoever offered the file is told. @throws anything else */
function unlessUnavailable(thrown: unknown): undefined {
  if (!(thrown instanceof NullroomError) || thrown.code !== "E_SERVER") throw thrown;
}

/** As every record about a file begins. @throws "E_RECORD_TYPE" */
function fileIdOf({ body }: FrameBytes): number {
  return new ByteReader(body, "E_RECORD_TYPE").u32();
}
