import { NullroomError } from "../../../errors.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import type { BulkChannel } from "./bulk-channel.ts";
import type { BulkId } from "./messages.ts";

/**
 * Bytes that wait on one of several channels: enough to keep it busy until it is looked at again, and no more, since what
 * waits on the slowest of them holds up what the others have brought already.
 */
const QUEUE_BYTES = 192 * 1024;
const QUEUE_LOW_BYTES = 64 * 1024;

/** Keeps every bulk channel and lane that there is, and sends each chunk over the idlest one of the newest connection. */
export class LaneScheduler {
  readonly #channels = new Map<BulkId, BulkChannel>();
  /** The newest connection's bulk channel, then the lanes in use beside it. */
  #used: readonly BulkId[] = [];
  #turn = 0;
  /** For each channel that somebody waits for: resolves when it takes more. */
  readonly #lowering = new Map<BulkChannel, Promise<void>>();

  get(bulkId: BulkId): BulkChannel | undefined {
    return this.#channels.get(bulkId);
  }

  /** Over how many channels the other side may send. */
  get keyed(): number {
    return [...this.#channels.values()].filter(({ hasKeys }) => hasKeys).length;
  }

  add(bulkId: BulkId, channel: BulkChannel): void {
    this.#channels.set(bulkId, channel);
  }

  /** Send over this channel from now on. @param isFirst - it is a new connection's bulk channel, and replaces all others */
  use(bulkId: BulkId, isFirst: boolean): void {
    this.#used = isFirst ? [bulkId] : [...this.#used, bulkId];
  }

  remove(bulkId: BulkId): void {
    this.#channels.get(bulkId)?.close();
    this.#channels.delete(bulkId);
  }

  /** Over one channel in the order of the calls, over several in any. @throws "E_CHANNEL" */
  async send(frame: BulkFrame): Promise<void> {
    const [first, ...lanes] = this.#used.flatMap((bulkId) => this.#channels.get(bulkId) ?? []);
    if (first === undefined) throw new NullroomError("E_CHANNEL", "there is no channel");
    const open = [first, ...lanes.filter(({ isOpen }) => isOpen)];
    if (open.length === 1) return first.send(frame);
    this.#turn += 1;
    if (this.#idlest(open, first).load > QUEUE_BYTES) {
      await Promise.race(open.map((each) => this.#lowered(each)));
    }
    return this.#idlest(open, first).send(frame);
  }

  close(): void {
    for (const bulkId of [...this.#channels.keys()]) this.remove(bulkId);
  }

  /** Of those that are equally idle, another one each time. */
  #idlest(open: readonly BulkChannel[], first: BulkChannel): BulkChannel {
    const from = this.#turn % open.length;
    const inTurn = [...open.slice(from), ...open.slice(0, from)];
    return inTurn.reduce((idlest, each) => (each.load < idlest.load ? each : idlest), inTurn[0] ?? first);
  }

  /** One wait for each channel, however often it is asked for. */
  #lowered(channel: BulkChannel): Promise<void> {
    const known = this.#lowering.get(channel);
    if (known !== undefined) return known;
    const lowered = channel.lowered(QUEUE_LOW_BYTES).finally(() => this.#lowering.delete(channel));
    lowered.catch(() => undefined); // because whoever waits has the failure, and perhaps nobody waits any more
    this.#lowering.set(channel, lowered);
    return lowered;
  }
}
