import type { Bytes } from "../../../brand.ts";
import type { ChannelKeys } from "../records/record-channel.ts";
import type { RemoteChannel } from "../records/remote-channel.ts";
import type { BulkId, CallName, EngineCalls } from "./messages.ts";

type Ask = <Name extends CallName>(
  name: Name,
  argument: EngineCalls[Name]["argument"],
  transfer?: Transferable[],
) => Promise<EngineCalls[Name]["answer"]>;

/** The session's handle of one bulk channel, which lives where files are moved. */
export class BulkChannelHandle implements RemoteChannel {
  readonly id: BulkId;
  readonly #engine: { ask: Ask };
  readonly #onClosed: () => void;

  constructor(id: BulkId, engine: { ask: Ask }, onClosed: () => void) {
    this.id = id;
    this.#engine = engine;
    this.#onClosed = onClosed;
  }

  setKeys(keys: ChannelKeys): void {
    const { own, peer } = keys;
    // because a channel that can take no keys has ended, and reports that itself
    this.#engine
      .ask("setKeys", { bulkId: this.id, ...keys }, [own.buffer, peer.buffer])
      .catch(() => undefined);
  }

  expectEpoch(peer: Bytes): Promise<void> {
    return this.#engine.ask("expectEpoch", { bulkId: this.id, peer }, [peer.buffer]);
  }

  beginEpoch(own: Bytes): Promise<void> {
    return this.#engine.ask("beginEpoch", { bulkId: this.id, own }, [own.buffer]);
  }

  close(): void {
    this.#onClosed();
    // because an engine that is gone has no channels left to close
    this.#engine.ask("closeChannel", { bulkId: this.id }).catch(() => undefined);
  }
}
