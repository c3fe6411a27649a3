import { until } from "../../../testing/until.ts";
import type { ErrorCode } from "../errors.ts";
import type {
  MessageId,
  Session,
  SessionEvent,
  SessionState,
  Transfer,
  TransferId,
  TransferStatus,
} from "../session/session.ts";

type About = {
  /** How much this one's clock has gained on the test's. */
  clock?: { aheadMs: number } | undefined;
  /** Its page shows each text as soon as it comes, so that the other side hears of the delivery. */
  showsTexts?: boolean | undefined;
  /** How long this one is waited for, where not as long as `until` waits. */
  patienceMs?: number | undefined;
};

/** One of two people: a session, what it has reported since it began, and how a test waits for what is still to come. */
export class Person implements Disposable {
  readonly session: Session;
  readonly clock: { aheadMs: number };
  /** Everything that the session has reported, in order. */
  readonly events: SessionEvent[] = [];
  /** The newest snapshot of each file. */
  readonly transfers = new Map<TransferId, Transfer>();
  /** How many snapshots there were of all files, those that were forgotten included. */
  transferReports = 0;
  readonly #patienceMs: number | undefined;
  readonly #lifetime = new AbortController();

  constructor(session: Session, { clock = { aheadMs: 0 }, showsTexts = false, patienceMs }: About = {}) {
    this.session = session;
    this.clock = clock;
    this.#patienceMs = patienceMs;
    session.subscribe((event) => {
      this.#keep(event);
      if (showsTexts && event.type === "message" && event.from === "peer") session.shown(event.id);
    }, this.#lifetime.signal);
  }

  get state(): SessionState {
    return this.session.state;
  }

  /** The safety words and who has marked them, while there are any. */
  get words() {
    return "words" in this.state ? this.state.words : undefined;
  }

  /** Why the last attempt to connect, or the session, has failed. Undefined where neither has. */
  get failure(): ErrorCode | undefined {
    const { state } = this;
    if (state.phase === "connecting") return state.failed?.code;
    return state.phase === "ended" && state.reason.type === "failed" ? state.reason.code : undefined;
  }

  /** What the other side has written. */
  get texts(): string[] {
    return this.events.flatMap((event) =>
      event.type === "message" && event.from === "peer" ? [event.text] : [],
    );
  }

  /** The phase of every state that was reported. */
  get phases(): SessionState["phase"][] {
    return this.events.flatMap((event) => (event.type === "state" ? [event.state.phase] : []));
  }

  /** Every snapshot of every file that is still kept, in order. */
  get snapshots(): Transfer[] {
    return this.events.flatMap((event) => (event.type === "transfer" ? [event.transfer] : []));
  }

  /** Every status that a file has had, in order. */
  statuses(id: TransferId): TransferStatus[] {
    const all = this.snapshots.filter((each) => each.id === id).map(({ status }) => status);
    return all.filter((status, at) => status !== all[at - 1]);
  }

  reaches(phase: SessionState["phase"]): Promise<unknown> {
    return this.until(phase, () => this.state.phase === phase);
  }

  /** Resolves when the session has ended, with how it has failed, if it has. */
  async fails(): Promise<ErrorCode | undefined> {
    await this.reaches("ended");
    return this.failure;
  }

  /** That file is now in that status. */
  becomes(id: TransferId, status: TransferStatus): Promise<Transfer> {
    return this.until(`${id} to be ${status}`, () => {
      const transfer = this.transfers.get(id);
      return transfer?.status === status && transfer;
    });
  }

  /** The first snapshot of any file in that status, now or later. */
  reports(status: TransferStatus): Promise<Transfer> {
    return this.until(status, () => this.snapshots.find((transfer) => transfer.status === status));
  }

  hasDelivered(id: MessageId): boolean {
    return this.events.some(
      (event) => event.type === "delivery" && event.id === id && event.status === "delivered",
    );
  }

  /** The other side has shown that text. */
  delivers(id: MessageId): Promise<unknown> {
    return this.until(`delivery of ${id}`, () => this.hasDelivered(id));
  }

  /** Keep nothing of what was reported so far, as a test that measures memory must not. */
  forget(): void {
    this.events.length = 0;
    this.transfers.clear();
  }

  /** Ask again and again, for as long as this one is waited for. @throws naming `what` */
  until<T>(what: string, ask: () => T | undefined | false): Promise<T> {
    return until(what, ask, this.#patienceMs);
  }

  [Symbol.dispose](): void {
    this.session.wipe({ type: "page-gone" });
    this.#lifetime.abort();
  }

  #keep(event: SessionEvent): void {
    this.events.push(event);
    if (event.type !== "transfer") return;
    this.transferReports += 1;
    this.transfers.set(event.transfer.id, event.transfer);
  }
}
