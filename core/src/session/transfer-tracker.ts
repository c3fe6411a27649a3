import { ProgressMeter } from "../files/progress.ts";
import type { Transfer } from "./session.ts";

export type TrackerOptions = {
  /** Monotonic milliseconds, as `Platform.now`. */
  now: () => number;
  report: (transfer: Transfer) => void;
};

/** A transfer tracker holds one transfer and reports each change of it, with its speed. */
export class TransferTracker {
  #transfer: Transfer;
  readonly #meter: ProgressMeter;
  readonly #report: (transfer: Transfer) => void;

  constructor(first: Transfer, { now, report }: TrackerOptions) {
    this.#transfer = first;
    this.#meter = new ProgressMeter(first.size, now, first.moved);
    this.#report = report;
  }

  get transfer(): Transfer {
    return this.#transfer;
  }

  update(change: Partial<Transfer>): void {
    const { speed: _, leftMs: __, pausedBy, ...before } = this.#transfer;
    const next: Transfer = { ...before, ...change };
    if (next.status === "moving") this.#transfer = { ...next, ...this.#speed(next.moved) };
    else if (next.status === "paused" && pausedBy) this.#transfer = { pausedBy, ...next };
    else this.#transfer = next;
    this.#report(this.#transfer);
  }

  /** The connection is interrupted, or back. A file that a person paused stays paused. */
  interrupt(isConnected: boolean): void {
    const { status, pausedBy } = this.#transfer;
    if (!isConnected && status === "moving") this.update({ status: "paused", pausedBy: "connection" });
    if (isConnected && status === "paused" && pausedBy === "connection") this.update({ status: "moving" });
  }

  /** The speed counts only bytes since the file last began to move. */
  #speed(moved: number): Pick<Transfer, "speed" | "leftMs"> {
    if (this.#transfer.status === "moving") this.#meter.note(moved);
    else this.#meter.restart(moved);
    const { speed, leftMs } = this.#meter.read();
    return leftMs === undefined ? { speed } : { speed, leftMs };
  }
}
