/** What the rule that a lifetime is an `AbortSignal` needs: timers, children and tasks that end with a signal. */

/** Run `task` once after `ms` unless `signal` aborts first. Returns a function that cancels it. */
export function after(ms: number, signal: AbortSignal, task: () => void): () => void {
  if (signal.aborted) return () => undefined;
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", cancel);
    task();
  }, ms);
  const cancel = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
  };
  signal.addEventListener("abort", cancel, { once: true });
  return cancel;
}

/** Resolves after `ms`, rejects with the signal's reason if that comes first. Leaves no timer behind. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    after(ms, signal, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Timers stand still while a machine sleeps, and clocks do not. The clock is asked again at least this often. */
const LOOK_AGAIN_MS = 5_000;

/**
 * Run `task` once `now()` has reached `deadline`. Timers are late in background tabs, early by rounding, and stand
 * still in a sleep; this one asks the clock before it believes them. Returns a function that cancels it.
 */
export function at(deadline: number, now: () => number, signal: AbortSignal, task: () => void): () => void {
  // The task never runs within the call, not even when it is due: a caller must hold the cancel function first.
  const arm = () => after(Math.min(Math.max(0, Math.ceil(deadline - now())), LOOK_AGAIN_MS), signal, check);
  const check = () => {
    if (deadline - now() <= 0) task();
    else cancel = arm();
  };
  let cancel = arm();
  return () => cancel();
}

/** A controller that aborts when `parent` does, without leaving a listener on `parent` once it is aborted itself. */
export function childOf(parent: AbortSignal): AbortController {
  const child = new AbortController();
  const follow = () => child.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true, signal: child.signal });
  return child;
}

/**
 * Runs asynchronous tasks one after another, in the order in which they were given; none starts after `signal`
 * aborts. The first that throws goes to `onFailure`, and nothing runs behind it.
 */
export class Serial {
  readonly #signal: AbortSignal;
  readonly #onFailure: (thrown: unknown) => void;
  #failed = false;
  #tail: Promise<void> = Promise.resolve();

  constructor(signal: AbortSignal, onFailure: (thrown: unknown) => void) {
    this.#signal = signal;
    this.#onFailure = onFailure;
  }

  run(task: () => void | Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#failed || this.#signal.aborted) return;
      try {
        await task();
      } catch (thrown) {
        this.#failed = true;
        // A task that fails because its signal has aborted has not failed: its owner has just closed what it needs.
        if (!this.#signal.aborted) this.#onFailure(thrown);
      }
    });
  }
}

/** Run `task` when `signal` aborts, or now if it already has; never after `until` has aborted. */
export function onAbort(signal: AbortSignal | undefined, until: AbortSignal, task: () => void): void {
  if (signal?.aborted) task();
  else signal?.addEventListener("abort", task, { once: true, signal: until });
}
