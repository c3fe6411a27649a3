import type { Bytes } from "../../../../brand.ts";
import type { Channel } from "../../../../crypto/binding.ts";
import { wipe } from "../../../../crypto/bytes.ts";
import type { Role } from "../../../../crypto/keys.ts";
import { laneChains } from "../../../../crypto/lane-chains.ts";
import { NullroomError } from "../../../../errors.ts";
import type { BulkChannelEvent, BulkChannelHandle } from "../../engine/bulk-channel-handle.ts";
import type { FileEngineClient } from "../../engine/client.ts";
import type { Lanes } from "../../records/secure-channels-options.ts";
import type { LaneConnection } from "./connection.ts";

export type LaneSetOptions = {
  engine: Pick<FileEngineClient, "attach" | "ask">;
  role: Role;
  epoch: number;
  onCounted: () => void;
  /** The other side's EPOCH on one of them. */
  onMarker: (channel: Channel) => void;
  onLost: (channel: Channel) => void;
  /** Not to be mended. */
  onFailure: (error: NullroomError) => void;
};

/** What there has to be below a lane. */
type Below = Pick<LaneConnection, "channel" | "close">;

type OpenLane<Link extends Below> = {
  readonly link: Link;
  readonly end: BulkChannelHandle;
  counts: { sent: number; received: number };
  /** Of an epoch that this side has not begun yet. */
  following: Bytes | undefined;
};

/** The lanes of one line from their making on: their keys, epoch after epoch, and what they have carried. */
export class LaneSet<Link extends Below = Below> implements Lanes {
  readonly #options: LaneSetOptions;
  readonly #lanes = new Map<Channel, OpenLane<Link>>();
  #isOver = false;

  constructor(options: LaneSetOptions) {
    this.#options = options;
  }

  get channels(): readonly Channel[] {
    return [...this.#lanes.keys()];
  }

  get counts(): { sent: number; received: number } {
    const all = [...this.#lanes.values()].map(({ counts }) => counts);
    const sum = (name: "sent" | "received") => all.reduce((whole, counts) => whole + counts[name], 0);
    return { sent: sum("sent"), received: sum("received") };
  }

  connectionOf(channel: Channel): Link | undefined {
    return this.#lanes.get(channel)?.link;
  }

  /** Within the task in which the link was made. */
  add(channel: Channel, link: Link): void {
    const end = this.#options.engine.attach(link.channel, { hear: (event) => this.#hear(channel, event) });
    this.#lanes.set(channel, { link, end, counts: { sent: 0, received: 0 }, following: undefined });
  }

  /** From what all of their first chains are made of. Takes it over. */
  async arm(seed: Bytes): Promise<void> {
    const { role, epoch } = this.#options;
    const { channels } = this;
    for (const [at, chains] of (await laneChains(seed, channels, role)).entries()) {
      const channel = channels[at] ?? Number.NaN;
      const lane = this.#lanes.get(channel);
      if (lane) lane.end.arm({ channel, epoch, role, ...chains });
      else wipe(chains.own, chains.peer); // It has ended while they were made.
    }
  }

  /** Over these files go from now on; the others are closed. */
  keep(channels: readonly Channel[]): void {
    for (const [channel, { end, link }] of this.#lanes) {
      if (channels.includes(channel)) this.#join(end);
      else this.#drop(channel, end, link);
    }
  }

  async expectEpoch(own: readonly Bytes[], peer: readonly Bytes[]): Promise<void> {
    const lanes = [...this.#lanes.values()];
    if (lanes.length < own.length) wipe(...own, ...peer); // Forgotten while they were made.
    await Promise.all(
      lanes.map(async (lane, at) => {
        lane.following = own[at];
        const chain = peer[at];
        if (chain) await lane.end.expectEpoch(chain);
      }),
    );
  }

  async beginEpoch(): Promise<void> {
    await Promise.all(
      [...this.#lanes.values()].map(async (lane) => {
        const own = lane.following;
        lane.following = undefined;
        if (own === undefined) throw new NullroomError("E_CHANNEL", "the lane is closed");
        await lane.end.beginEpoch(own);
      }),
    );
  }

  forget(): void {
    this.#isOver = true;
    for (const [channel, { end, link, following }] of this.#lanes) {
      wipe(following);
      this.#drop(channel, end, link);
    }
  }

  #join({ number }: BulkChannelHandle): void {
    this.#options.engine.ask("join", { bulkId: number }).catch(() => undefined); // because a engine that is gone has no files
  }

  #drop(channel: Channel, end: BulkChannelHandle, link: Link): void {
    this.#lanes.delete(channel);
    end.detach();
    link.close();
  }

  #hear(channel: Channel, event: BulkChannelEvent): void {
    const lane = this.#lanes.get(channel);
    if (this.#isOver || lane === undefined) return;
    switch (event.type) {
      case "counts":
        lane.counts = event;
        this.#options.onCounted();
        break;
      case "marker":
        this.#options.onMarker(channel);
        break;
      case "closed":
        this.#options.onLost(channel);
        break;
      case "failed":
        this.#options.onFailure(new NullroomError(event.code, event.detail));
        break;
      default:
        event satisfies never;
    }
  }
}
