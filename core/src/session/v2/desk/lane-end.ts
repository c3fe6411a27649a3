import type { Bytes } from "../../../brand.ts";
import type { CallName, DeskCalls, DeskNews, LaneArms, LaneNumber } from "./calls.ts";

export type LaneNews = Extract<DeskNews, { lane: LaneNumber }>;

/** Who hears what happens on a lane. */
export type LaneEvents = { hear: (news: LaneNews) => void };

type Ask = <Name extends CallName>(
  name: Name,
  argument: DeskCalls[Name]["argument"],
  transfer?: Transferable[],
) => Promise<DeskCalls[Name]["answer"]>;

/** The session's end of one bulk channel. Keys given to it are gone from this side. */
export class LaneEnd {
  readonly number: LaneNumber;
  readonly #desk: { ask: Ask };
  readonly #onDetached: () => void;

  constructor(number: LaneNumber, desk: { ask: Ask }, onDetached: () => void) {
    this.number = number;
    this.#desk = desk;
    this.#onDetached = onDetached;
  }

  arm(arms: LaneArms): void {
    const { own, peer } = arms;
    // because a lane that cannot be armed has ended, and says so itself
    this.#desk.ask("arm", { lane: this.number, ...arms }, [own.buffer, peer.buffer]).catch(() => undefined);
  }

  /** Resolves when the other side's marker may come. @throws "E_CHANNEL" */
  expectEpoch(peer: Bytes): Promise<void> {
    return this.#desk.ask("expectEpoch", { lane: this.number, peer }, [peer.buffer]);
  }

  /** Resolves when this side's marker has been handed over. @throws "E_CHANNEL" */
  beginEpoch(own: Bytes): Promise<void> {
    return this.#desk.ask("beginEpoch", { lane: this.number, own }, [own.buffer]);
  }

  detach(): void {
    this.#onDetached();
    this.#desk.ask("detach", { lane: this.number }).catch(() => undefined); // because a desk that is gone has no lanes
  }
}
