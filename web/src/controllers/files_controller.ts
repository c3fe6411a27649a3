import type { TransferId } from "@nullroom/core/session";
import type { ChosenContent } from "../files/select/chosen-content.ts";
import type { TransferList } from "../files/show/transfer-list.ts";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { errors } from "../say/errors.ts";
import type { FileAction } from "../views/file.ts";

type Choice = { params: { id: TransferId; choice: FileAction } };
type Task = (list: TransferList) => unknown;

/** The code for files is loaded this long after two have met, even without a file: then it needs no server later. */
const PRELOAD_MS = 2_000;

/** The files of the conversation. Their code is not sent to people who only look at a room, or wait in one. */
export default class FilesController extends RoomPart {
  #lifetime = new AbortController();
  #list: Promise<TransferList> | undefined;
  #preload: ReturnType<typeof setTimeout> | undefined;
  /** Tasks that came before the list was loaded, in their order. */
  #pending: Task[] = [];

  // Lifecycle

  override connect() {
    this.#lifetime = new AbortController();
  }

  override disconnect() {
    clearTimeout(this.#preload);
    this.#preload = undefined;
    this.#lifetime.abort();
    this.#list = undefined;
    this.#pending = [];
  }

  // Actions

  state({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase === "waiting") this.#startOver();
    if (state.phase === "secure") this.#preload ??= setTimeout(() => void this.#runPending(), PRELOAD_MS);
  }

  transfer({ detail: { transfer } }: SessionEventOf<"transfer">) {
    this.#withList((list) => list.show(transfer));
  }

  offer({ detail }: CustomEvent<ChosenContent>) {
    this.#withList((list) => list.offer(detail));
  }

  act({ params: { id, choice } }: Choice) {
    this.#withList((list) => list.act(choice, id));
  }

  // Private

  /** A room that waits again keeps nothing of the conversation that is over. */
  #startOver() {
    this.disconnect();
    this.connect();
  }

  #withList(task: Task) {
    this.#pending.push(task);
    void this.#runPending();
  }

  async #runPending() {
    this.#list ??= this.#load();
    const list = await this.#list.catch(() => undefined);
    if (list) for (const task of this.#pending.splice(0)) task(list);
    else this.#loadFailed();
  }

  /** A load that failed is tried again with the next task. Until then the page says what is wrong. */
  #loadFailed() {
    this.#list = undefined;
    if (this.#pending.length > 0) this.#report(`${errors.E_SERVER.title}. ${errors.E_SERVER.text}`);
  }

  async #load(): Promise<TransferList> {
    const { signal } = this.#lifetime;
    const { TransferList } = await import("../files/show/transfer-list.ts");
    const { session, platform } = this.room;
    signal.throwIfAborted();
    if (!session) throw new DOMException("the room is over", "AbortError");
    const onProblem = (problem: string) => this.#report(problem);
    return new TransferList({ session, log: this.element, now: platform.now, signal, onProblem });
  }

  #report(detail: string) {
    if (!this.#lifetime.signal.aborted) this.dispatch("problem", { prefix: "page", target: window, detail });
  }
}
