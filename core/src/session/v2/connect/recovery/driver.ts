import { after, at } from "../../../../lifetime.ts";
import { dueAt, type Recovery, type RecoveryCommand, type RecoveryEvent } from "./state.ts";
import { advance } from "./table.ts";

export type RecoveryDriverOptions = {
  now: () => number;
  signal: AbortSignal;
  first: Recovery;
  onCommand: (command: RecoveryCommand) => void;
};

/** How often the clock is looked at, and the gap in it that means that timers stood still. */
const LOOK_MS = 1_000;
const JUMP_MS = 5_000;

/** Keeps the state of `table.ts`, tells it the time, and notices when timers have stood still. */
export class RecoveryDriver {
  readonly #options: RecoveryDriverOptions;
  #recovery: Recovery;
  #cancelTick: () => void = () => undefined;

  constructor(options: RecoveryDriverOptions) {
    this.#options = options;
    this.#recovery = options.first;
    this.#arm();
    this.#watch(options.now());
  }

  /** When the connection is given up, while something is wrong with it. */
  get giveUpAt(): number | undefined {
    const { state } = this.#recovery;
    return "giveUpAt" in state ? state.giveUpAt : undefined;
  }

  handle(event: RecoveryEvent): void {
    const { signal, now, onCommand } = this.#options;
    if (signal.aborted) return;
    const [recovery, commands] = advance(this.#recovery, event, now());
    this.#recovery = recovery;
    this.#arm();
    for (const command of commands) onCommand(command);
  }

  /** Whether an ICE restart is possible: both sides have said so, and later lanes may forbid it. */
  setCanRestart(canRestart: boolean): void {
    this.#recovery = { ...this.#recovery, canRestart };
  }

  #arm(): void {
    const { signal, now } = this.#options;
    this.#cancelTick();
    const due = dueAt(this.#recovery);
    if (due === Number.POSITIVE_INFINITY) return;
    this.#cancelTick = at(due, now, signal, () => this.handle({ type: "tick" }));
  }

  /** Timers that stood still are the only sign of a page that was frozen, or a machine that slept. */
  #watch(last: number): void {
    const { signal, now } = this.#options;
    after(LOOK_MS, signal, () => {
      const sleptMs = now() - last - LOOK_MS;
      if (sleptMs > JUMP_MS) this.handle({ type: "woke", sleptMs });
      this.#watch(now());
    });
  }
}
