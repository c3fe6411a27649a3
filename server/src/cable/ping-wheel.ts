import { CABLE_PING_INTERVAL_MS } from "@nullroom/core/limits";
import { formatPing } from "@nullroom/core/wire/cable";
import { frameWriter } from "./frame-writer.ts";

/**
 * Parts of a round that are visited one after another: ten thousand pings at once would delay every signal behind them.
 */
const SLICES = 60;

export interface PingTarget {
  /** @param ping - the frame of this second's ping, the same bytes for all targets. */
  visit(ping: Uint8Array): void;
}

/** Visits each of its targets once a round, one slice of them at a time. */
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

  /** Visit `target` once a round from now on. Returns the slice by which `remove` finds it. */
  add(target: PingTarget): number {
    const slice = this.#next++ % SLICES;
    this.#slices[slice]?.add(target);
    this.#start();
    return slice;
  }

  remove(target: PingTarget, slice: number): void {
    this.#slices[slice]?.delete(target);
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

  /** A timer may run late under load: every slice that is due gets its visit, and none gets two. */
  #tick(): void {
    const due = Math.floor(this.#now() / this.#sliceMs);
    const from = Math.max(this.#visitedUntil + 1, due - SLICES + 1);
    const ping = this.#pingNow();
    for (let slice = from; slice <= due; slice++) {
      for (const target of this.#slices[slice % SLICES] ?? []) target.visit(ping);
    }
    this.#visitedUntil = due;
    if (this.#slices.every((slice) => slice.size === 0)) this.stop();
  }

  #pingNow(): Uint8Array {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#ping.second)
      this.#ping = { second, frame: frameWriter.textFrame(formatPing(second)) };
    return this.#ping.frame;
  }
}
