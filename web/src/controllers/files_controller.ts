import type { TransferId } from "@nullroom/core/session";
import type { ChosenContent } from "../files/select/chosen-content.ts";
import type { TransferList } from "../files/show/transfer-list.ts";
import { RoomPart, type SessionEventOf } from "../room-context.ts";
import { errors } from "../say/errors.ts";
import type { FileAction } from "../views/file.ts";

type Choice = { params: { id: TransferId; choice: FileAction } };

/** Once two people have met, what files need comes by itself: from then on they can do without the server. */
const AHEAD_MS = 2_000;

/** Files in the conversation. Whoever only looks at a room, or waits in one, is not sent the code for them. */
export default class FilesController extends RoomPart {
  #lifetime = new AbortController();
  #board: Promise<TransferList> | undefined;
  #ahead: ReturnType<typeof setTimeout> | undefined;
  /** What was said and done before the board was there. */
  #early: ((board: TransferList) => unknown)[] = [];

  override connect() {
    this.#lifetime = new AbortController();
  }

  override disconnect() {
    clearTimeout(this.#ahead);
    this.#ahead = undefined;
    this.#lifetime.abort();
    this.#board = undefined;
    this.#early = [];
  }

  state({ detail: { state } }: SessionEventOf<"state">) {
    if (state.phase === "waiting") this.#startOver();
    if (state.phase === "secure") this.#ahead ??= setTimeout(() => void this.#catchUp(), AHEAD_MS);
  }

  transfer({ detail: { transfer } }: SessionEventOf<"transfer">) {
    this.#with((board) => board.show(transfer));
  }

  handed({ detail }: CustomEvent<ChosenContent>) {
    this.#with((board) => board.offer(detail));
  }

  act({ params: { id, choice } }: Choice) {
    this.#with((board) => board.act(choice, id));
  }

  /** The room waits again: of the conversation that is over nothing stays. */
  #startOver() {
    this.disconnect();
    this.connect();
  }

  #with(task: (board: TransferList) => unknown) {
    this.#early.push(task);
    void this.#catchUp();
  }

  async #catchUp() {
    this.#board ??= this.#load();
    const board = await this.#board.catch(() => undefined);
    if (board) for (const task of this.#early.splice(0)) task(board);
    else this.#failed();
  }

  /** The next thing that happens with a file tries again; until then the page says so. */
  #failed() {
    this.#board = undefined;
    if (this.#early.length > 0) this.#say(`${errors.E_SERVER.title}. ${errors.E_SERVER.text}`);
  }

  async #load(): Promise<TransferList> {
    const { signal } = this.#lifetime;
    const { TransferList } = await import("../files/show/transfer-list.ts");
    const { session, platform } = this.room;
    signal.throwIfAborted();
    if (!session) throw new DOMException("the room is over", "AbortError");
    const onProblem = (problem: string) => this.#say(problem);
    return new TransferList({ session, log: this.element, now: platform.now, signal, onProblem });
  }

  #say(detail: string) {
    if (!this.#lifetime.signal.aborted) this.dispatch("problem", { prefix: "page", target: window, detail });
  }
}
