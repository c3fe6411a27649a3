import { after } from "../../../lifetime.ts";

/** A time is counted in so many steps: what passes while a machine sleeps costs one of them at most. */
const STEPS = 120;

/** A deadline in connected time: it stands still while the transport is interrupted. */
export class ConnectedTime {
  readonly #signal: AbortSignal;
  #isConnected = true;
  #stepsLeft = 0;
  #stop: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  set isConnected(isConnected: boolean) {
    this.#isConnected = isConnected;
  }

  /** Run `task` after `ms` of it, unless stopped. Does nothing while it runs already. */
  start(ms: number, task: () => void): void {
    if (this.#stop !== undefined) return;
    this.#stepsLeft = STEPS;
    this.#step(ms / STEPS, task);
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #step(ms: number, task: () => void): void {
    this.#stop = after(ms, this.#signal, () => {
      if (this.#isConnected) this.#stepsLeft -= 1;
      if (this.#stepsLeft > 0) return this.#step(ms, task);
      this.#stop = undefined;
      task();
    });
  }
}
