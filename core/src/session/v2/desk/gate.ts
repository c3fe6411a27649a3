import { wipe } from "../../../crypto/bytes.ts";
import type { DeskCall, DeskNews } from "./calls.ts";
import { type Engine, type HeldCall, holding } from "./held-call.ts";

export type GateOptions = {
  load: () => Promise<Engine>;
  post: (news: DeskNews) => void;
  onFailure: (thrown: unknown) => void;
};

/**
 * Stands in for the engine until somebody needs it: most conversations have no file, and its code is then never
 * loaded. What comes on a channel before anything was asked for can only be a mistake or an attack, and to find that
 * out the engine is needed too; so nobody fills the memory while nobody looks.
 */
export class Gate {
  readonly #options: GateOptions;
  #held: HeldCall[] = [];
  #engine: Engine | undefined;
  #loading: Promise<void> | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  hear(call: DeskCall): void {
    const held = holding(call, () => this.#open());
    if (this.#engine) this.#engine(held);
    else this.#hold(held);
  }

  #hold(held: HeldCall): void {
    const { name } = held;
    if (name === "close" || name === "detach") this.#forget(held);
    if (name === "close" && !this.#loading)
      this.#options.post({ news: "answer", id: held.id, answer: undefined });
    else this.#held.push(held);
    if (!WAITING.has(name)) this.#open();
  }

  /** Channels and keys that the engine has not seen and does not need to: of one lane, or of all. */
  #forget(ending: HeldCall): void {
    const isOver = ({ argument }: HeldCall) =>
      ending.name !== "detach" ||
      (argument !== null && "lane" in argument && argument.lane === ending.argument.lane);
    for (const held of this.#held.filter(isOver)) {
      if (held.name === "attach") held.argument.channel.release();
      if (held.name === "arm") wipe(held.argument.own, held.argument.peer);
    }
    this.#held = this.#held.filter((held) => !isOver(held));
  }

  #open(): void {
    this.#loading ??= this.#options.load().then((engine) => {
      this.#engine = engine;
      for (const call of this.#held.splice(0)) engine(call);
    }, this.#options.onFailure);
  }
}

/** Calls that move nothing. */
const WAITING: ReadonlySet<DeskCall["name"]> = new Set(["attach", "arm", "detach", "close"]);
