import { wipe } from "../../../crypto/bytes.ts";
import type { DeskCall, DeskNews, LaneNumber } from "./calls.ts";
import { type Engine, type HeldCall, holding } from "./held-call.ts";

export type GateOptions = {
  load: () => Promise<Engine>;
  post: (news: DeskNews) => void;
  onFailure: (thrown: unknown) => void;
};

/**
 * Stands in for the engine until it is there: its code is fetched once two have met, while the server that has it is
 * surely there, so that a later file or change of keys needs no server any more. Where it cannot be had then, nobody is
 * told before it is needed. That a channel has closed is known here.
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
    const held = holding(call, (lane, heard) => {
      if (heard === "closed") this.#options.post({ news: "closed", lane });
      else this.#need();
    });
    if (this.#engine) this.#engine(held);
    else this.#hold(held);
  }

  #hold(held: HeldCall): void {
    const { name, id } = held;
    if (name === "close" || name === "detach") {
      this.#forget(held.argument?.lane);
      this.#options.post({ news: "answer", id, answer: undefined });
    } else {
      this.#held.push(held);
      if (name === "arm") void this.#load();
      else if (name !== "attach") this.#need();
    }
  }

  /** Channels and keys that the engine has not seen and does not need to: of one lane, or of all. */
  #forget(lane?: LaneNumber): void {
    this.#held = this.#held.filter(({ name, argument }) => {
      const isOver = lane === undefined || (argument && "lane" in argument && argument.lane === lane);
      if (!isOver) return true;
      if (name === "attach" && "release" in argument.channel) argument.channel.release();
      if (name === "arm" || name === "beginEpoch") wipe(argument.own);
      if (name === "arm" || name === "expectEpoch") wipe(argument.peer);
      return false;
    });
  }

  #need(): void {
    this.#load().catch(this.#options.onFailure);
  }

  #load(): Promise<void> {
    this.#loading ??= this.#options.load().then((engine) => {
      this.#engine = engine;
      for (const call of this.#held.splice(0)) engine(call);
    });
    this.#loading.catch(() => undefined); // because whoever needs it is told, then
    return this.#loading;
  }
}
