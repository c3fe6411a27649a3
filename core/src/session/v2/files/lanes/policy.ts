import { NullroomError } from "../../../../errors.ts";
import { roundTripMs } from "../../../../peer/round-trip.ts";
import type { LaneFrame } from "../../../../wire/frames.ts";
import type { Transfer } from "../../../session.ts";
import type { Connection } from "../../connect/secured.ts";
import type { FilesContext } from "../file-options.ts";
import { type LaneContext, LaneNegotiation } from "./negotiation.ts";

type PolicyOptions = LaneContext & Pick<FilesContext, "connection">;

/** Below that a file is there before lanes are. */
const WORTHWHILE_BYTES = 8 * 1024 * 1024;
/** Below that one association carries what a browser can send. */
const LONG_MS = 30;
/** So often in one session: lanes that end again and again are worse than none. */
const MAX_OPENINGS = 3;

/** Those of a file that is not over. */
const ALIVE: ReadonlySet<Transfer["status"]> = new Set(["offered", "queued", "moving", "paused"]);

/** Whether a file deserves lanes, and the lanes of whatever connection there is. spec/5-files.md §8. */
export class LanePolicy {
  readonly #options: PolicyOptions;
  #connection: Connection | undefined;
  #opening: LaneNegotiation | undefined;
  #openings = 0;
  /** The shortest that was measured: what is measured while a link is busy is its queue. */
  #roundTripMs = Number.POSITIVE_INFINITY;
  #isWanted = false;

  constructor(options: PolicyOptions) {
    this.#options = options;
    this.reconsider();
  }

  /** Before anything moves over a connection. Only I opens lanes, whoever sends. */
  reconsider(): void {
    const connection = this.#current();
    if (connection?.secured.lanes === undefined || connection.secured.transport.role === 1) return;
    const measured = (ms = Number.POSITIVE_INFINITY) => {
      if (this.#connection !== connection) return;
      this.#roundTripMs = Math.min(ms, this.#roundTripMs);
      this.#consider(connection);
    };
    // because a closed connection has no round trip
    roundTripMs(connection.secured.transport.pc).then(measured, () => undefined);
  }

  /** How far a file is: lanes are opened as soon as it is offered, so that they are there when it is accepted. */
  hearTransfer({ status, moved, size }: Transfer): void {
    this.#isWanted = ALIVE.has(status) && size - moved >= WORTHWHILE_BYTES;
    const connection = this.#isWanted ? this.#current() : undefined;
    if (connection) this.#consider(connection);
  }

  #consider(connection: Connection): void {
    const isLong = this.#roundTripMs >= LONG_MS && this.#roundTripMs < Number.POSITIVE_INFINITY;
    if (!isLong || !this.#isWanted || this.#opening !== undefined || this.#openings >= MAX_OPENINGS) return;
    if (this.#open(connection).offer()) this.#openings += 1;
    else this.#opening = undefined; // A re-key is under way: again with the next event of the file.
  }

  /** @throws whatever ends the session */
  hearFrame(frame: LaneFrame): void {
    const connection = this.#current();
    const isFirst = this.#opening === undefined;
    if (connection?.secured.lanes === undefined || (isFirst && frame.type !== "lane_offer")) {
      throw outOfPlace();
    }
    (this.#opening ?? this.#open(connection)).hearFrame(frame);
  }

  /** What was of another connection ended with that. */
  #current(): Connection | undefined {
    const connection = this.#options.connection();
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#opening = undefined;
      this.#roundTripMs = Number.POSITIVE_INFINITY;
    }
    return connection;
  }

  #open(connection: Connection): LaneNegotiation {
    this.#opening = new LaneNegotiation({ ...this.#options, ...connection });
    return this.#opening;
  }
}

function outOfPlace(): NullroomError {
  return new NullroomError("E_RECORD_TYPE", "lanes out of place");
}
