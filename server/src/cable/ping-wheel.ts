import { CABLE_PING_INTERVAL_MS } from "@nullroom/core/limits";
import { formatPing } from "@nullroom/core/wire/cable";
import { textFrame } from "./frame.ts";

/** Everybody is visited once a round; a slice at a time, or ten thousand pings would delay every signal behind them. */
const SLICES = 60;

export interface PingTarget {
  /** @param ping - this second's ping, the same bytes for everybody. */
  visit(ping: Uint8Array): void;
}

export class PingWheel {
  readonly #slices: Set<PingTarget>[] = Array.from({ length: SLICES }, () => new Set());
  readonly #sliceMs: number;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #visitedUntil = 0;
  #ping = { second: 0, frame: new Uint8Array() as Uint8Array };

  /** @param now - monotonic milliseconds. */
  constructor(now: () => number, roundMs = CABLE_PING_INTERVAL_MS) {
    this.#now = now;
    this.#sliceMs = roundMs / SLICES;
  }

  /** Visit `visited` once a round from now on. Returns the slice that `remove` finds it in. */
  add(visited: PingTarget): number {
    const slice = this.#next++ % SLICES;
    this.#slices[slice]?.add(visited);
    this.#start();
    return slice;
  }

  remove(visited: PingTarget, slice: number): void {
    this.#slices[slice]?.delete(visited);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.#visitedUntil = Math.floor(this.#now() / this.#sliceMs);
    this.#timer = setInterval(() => this.#tick(), this.#sliceMs);
  }

  /** Timers run late under load: every slice that is due has its turn, and none has two. */
  #tick(): void {
    const due = Math.floor(this.#now() / this.#sliceMs);
    const from = Math.max(this.#visitedUntil + 1, due - SLICES + 1);
    const ping = this.#pingNow();
    for (let slice = from; slice <= due; slice++) {
      for (const visited of this.#slices[slice % SLICES] ?? []) visited.visit(ping);
    }
    this.#visitedUntil = due;
    if (this.#slices.every((slice) => slice.size === 0)) this.stop();
  }

  #pingNow(): Uint8Array {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#ping.second) this.#ping = { second, frame: textFrame(formatPing(second)) };
    return this.#ping.frame;
  }
}
