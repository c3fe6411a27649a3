import type { Bytes } from "../../../../brand.ts";
import { type Channel, laneChains } from "../../../../crypto/binding.ts";
import type { Role } from "../../../../crypto/keys.ts";
import type { NullroomError } from "../../../../errors.ts";
import type { FileEngineClient } from "../../engine/client.ts";
import type { BulkId } from "../../engine/messages.ts";
import type { SecureChannels } from "../../records/secure-channels.ts";
import type { LaneConnection } from "./connection.ts";

export type LaneSetOptions = {
  engine: Pick<FileEngineClient, "attach" | "ask">;
  /** The channels beside which the lanes are. */
  channels: Pick<SecureChannels, "addLane" | "removeLane" | "setKeys">;
  role: Role;
  /** In which the lanes are opened. */
  epoch: number;
  onLost: (channel: Channel) => void;
  /** What cannot be mended. */
  onFailure: (error: NullroomError) => void;
};

/** What a lane needs of its connection. */
type Carrier = Pick<LaneConnection, "channel" | "close">;

type Lane<Connection extends Carrier> = { readonly connection: Connection; readonly bulkId: BulkId };

/** The lanes beside one transport's channels, from their making on. */
export class LaneSet<Connection extends Carrier = Carrier> {
  readonly #options: LaneSetOptions;
  readonly #lanes = new Map<Channel, Lane<Connection>>();

  constructor(options: LaneSetOptions) {
    this.#options = options;
  }

  get numbers(): readonly Channel[] {
    return [...this.#lanes.keys()];
  }

  connectionOf(channel: Channel): Connection | undefined {
    return this.#lanes.get(channel)?.connection;
  }

  /** Within the task in which the connection was made: its channel goes to the file engine. */
  add(channel: Channel, connection: Connection): void {
    const { engine, channels, onLost, onFailure } = this.#options;
    const ifThere = (task: () => void) => {
      if (this.#lanes.has(channel)) task();
    };
    channels.addLane(
      channel,
      (onEvent) => {
        const handle = engine.attach(connection.channel, onEvent);
        this.#lanes.set(channel, { connection, bulkId: handle.id });
        return handle;
      },
      {
        onClosed: () => ifThere(() => onLost(channel)),
        onFailed: (error) => ifThere(() => onFailure(error)),
      },
    );
  }

  /** Derive the first chains of all lanes. Takes the seed over. */
  async setKeys(seed: Bytes): Promise<void> {
    const { channels, role, epoch } = this.#options;
    channels.setKeys(await laneChains(seed, role, this.numbers), epoch);
  }

  /** Send files over these lanes from now on; the others are closed. */
  use(numbers: readonly Channel[]): void {
    const { engine } = this.#options;
    for (const [channel, { bulkId }] of this.#lanes) {
      // because an engine that is gone has no files to send
      if (numbers.includes(channel)) engine.ask("useLane", { bulkId }).catch(() => undefined);
      else this.#remove(channel);
    }
  }

  /** Idempotent. */
  close(): void {
    for (const channel of this.numbers) this.#remove(channel);
  }

  #remove(channel: Channel): void {
    const lane = this.#lanes.get(channel);
    this.#lanes.delete(channel);
    this.#options.channels.removeLane(channel);
    lane?.connection.close();
  }
}
