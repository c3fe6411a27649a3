import type { Bytes } from "../../../brand.ts";
import type { BulkId, BulkKeys, CallName, EngineCalls, EngineEvent } from "./messages.ts";

export type BulkChannelEvent = Extract<EngineEvent, { bulkId: BulkId }>;

/** Who hears what happens on a lane. */
export type BulkChannelListener = { hear: (event: BulkChannelEvent) => void };

type Ask = <Name extends CallName>(
  name: Name,
  argument: EngineCalls[Name]["argument"],
  transfer?: Transferable[],
) => Promise<EngineCalls[Name]["answer"]>;

/** The session's end of one bulk channel. Keys given to it are gone from this side. */
export class BulkChannelHandle {
  readonly number: BulkId;
  readonly #engine: { ask: Ask };
  readonly #onDetached: () => void;

  constructor(number: BulkId, engine: { ask: Ask }, onDetached: () => void) {
    this.number = number;
    this.#engine = engine;
    this.#onDetached = onDetached;
  }

  arm(arms: BulkKeys): void {
    const { own, peer } = arms;
    // because a lane that cannot be armed has ended, and says so itself
    this.#engine
      .ask("arm", { bulkId: this.number, ...arms }, [own.buffer, peer.buffer])
      .catch(() => undefined);
  }

  /** Resolves when the other side's marker may come. @throws "E_CHANNEL" */
  expectEpoch(peer: Bytes): Promise<void> {
    return this.#engine.ask("expectEpoch", { bulkId: this.number, peer }, [peer.buffer]);
  }

  /** Resolves when this side's marker has been handed over. @throws "E_CHANNEL" */
  beginEpoch(own: Bytes): Promise<void> {
    return this.#engine.ask("beginEpoch", { bulkId: this.number, own }, [own.buffer]);
  }

  detach(): void {
    this.#onDetached();
    this.#engine.ask("detach", { bulkId: this.number }).catch(() => undefined); // because a engine that is gone has no lanes
  }
}
