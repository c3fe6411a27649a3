import { NullroomError } from "../../../../errors.ts";
import type { LaneFrame } from "../../../../wire/frames.ts";
import type { Transfer } from "../../../session.ts";
import type { FilesContext, LiveConnection } from "../file-options.ts";
import { type LaneContext, LaneNegotiation } from "./negotiation.ts";

type PolicyOptions = LaneContext & Pick<FilesContext, "connection">;

/** A smaller file is there before lanes are. */
const WORTHWHILE_BYTES = 8 * 1024 * 1024;
/** On a shorter link one association carries what a browser can send. */
const LONG_MS = 30;
/** So often in one session: lanes that end again and again are worse than none. */
const MAX_NEGOTIATIONS = 3;

/** The states of a file that is not over. */
const ALIVE: ReadonlySet<Transfer["status"]> = new Set(["offered", "queued", "moving", "paused"]);

/** Decides whether a file deserves lanes, and has them made for whatever connection there is. spec/5-files.md §8. */
export class LanePolicy {
  readonly #options: PolicyOptions;
  #connection: LiveConnection | undefined;
  #negotiation: LaneNegotiation | undefined;
  #negotiations = 0;
  /** The shortest that was measured: what is measured while a link is busy is its queue. */
  #roundTripMs = Number.POSITIVE_INFINITY;
  #isWanted = false;

  constructor(options: PolicyOptions) {
    this.#options = options;
    this.measure();
  }

  /** Before anything moves over a connection. Only the initiator opens lanes, whoever sends. */
  measure(): void {
    const connection = this.#current();
    if (!connection.secured.canHaveLanes || connection.secured.role === 1) return;
    const measured = (ms = Number.POSITIVE_INFINITY) => {
      if (this.#connection !== connection) return;
      this.#roundTripMs = Math.min(ms, this.#roundTripMs);
      this.#negotiateIfWorthwhile(connection);
    };
    // because a closed transport has no round trip
    connection.secured.transport.roundTripMs().then(measured, () => undefined);
  }

  /** How far a file is. Lanes are opened as soon as it is offered, so that they are there when it is accepted. */
  hearTransfer({ status, moved, size }: Transfer): void {
    this.#isWanted = ALIVE.has(status) && size - moved >= WORTHWHILE_BYTES;
    if (this.#isWanted) this.#negotiateIfWorthwhile(this.#current());
  }

  /** @throws whatever ends the session */
  hearFrame(frame: LaneFrame): void {
    const connection = this.#current();
    const isFirst = this.#negotiation === undefined;
    if (!connection.secured.canHaveLanes || (isFirst && frame.type !== "lane_offer")) throw outOfPlace();
    (this.#negotiation ?? this.#begin(connection)).hearFrame(frame);
  }

  #negotiateIfWorthwhile(connection: LiveConnection): void {
    const isLong = this.#roundTripMs >= LONG_MS && this.#roundTripMs < Number.POSITIVE_INFINITY;
    const isBegun = this.#negotiation !== undefined;
    if (!isLong || !this.#isWanted || isBegun || this.#negotiations >= MAX_NEGOTIATIONS) return;
    if (this.#begin(connection).offer()) this.#negotiations += 1;
    else this.#negotiation = undefined; // A re-key is under way: try again when the file has moved on.
  }

  /** What belonged to another connection ended with that. */
  #current(): LiveConnection {
    const connection = this.#options.connection();
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#negotiation = undefined;
      this.#roundTripMs = Number.POSITIVE_INFINITY;
    }
    return connection;
  }

  #begin(connection: LiveConnection): LaneNegotiation {
    this.#negotiation = new LaneNegotiation({ ...this.#options, ...connection });
    return this.#negotiation;
  }
}

function outOfPlace(): NullroomError {
  return new NullroomError("E_RECORD_TYPE", "lanes out of place");
}
