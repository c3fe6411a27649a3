import { NullroomError } from "../../../errors.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import type { BulkChannel } from "./bulk-channel.ts";
import type { BulkId } from "./messages.ts";

/**
 * Bytes that wait on one of several lanes: enough to keep it busy until it is looked at again, and no more, since what
 * waits on the slowest of them holds up what the others have brought already.
 */
const LANE_QUEUE_BYTES = 192 * 1024;
const LANE_QUEUE_LOW_BYTES = 64 * 1024;

/** Every lane that there is; files go out over those of the newest connection, each chunk over the idlest. */
export class LaneScheduler {
  readonly #lanes = new Map<BulkId, BulkChannel>();
  /** A connection's first lane, then those that have joined it. */
  #open: readonly BulkId[] = [];
  #turn = 0;
  /** Each lane's way back to where it takes more, while somebody waits for it. */
  readonly #lowering = new Map<BulkChannel, Promise<void>>();

  get(number: BulkId): BulkChannel | undefined {
    return this.#lanes.get(number);
  }

  /** Over how many lanes the other side may send. */
  get armed(): number {
    return [...this.#lanes.values()].filter(({ isArmed }) => isArmed).length;
  }

  add(number: BulkId, lane: BulkChannel): void {
    this.#lanes.set(number, lane);
  }

  /** A connection begins anew with its first lane. */
  use(number: BulkId, isFirst: boolean): void {
    this.#open = isFirst ? [number] : [...this.#open, number];
  }

  remove(number: BulkId): void {
    this.#lanes.get(number)?.close();
    this.#lanes.delete(number);
  }

  /** Over one lane in the order of the calls, over several in any. @throws "E_CHANNEL" */
  async send(frame: BulkFrame): Promise<void> {
    const [first, ...others] = this.#open.flatMap((number) => this.#lanes.get(number) ?? []);
    if (first === undefined) throw new NullroomError("E_CHANNEL", "there is no lane");
    const lanes = [first, ...others.filter(({ isOpen }) => isOpen)];
    if (lanes.length === 1) return first.send(frame);
    this.#turn += 1;
    if (this.#idlest(lanes, first).load > LANE_QUEUE_BYTES) {
      await Promise.race(lanes.map((each) => this.#lowered(each)));
    }
    return this.#idlest(lanes, first).send(frame);
  }

  /** Of those that are equally idle, another each time. */
  #idlest(lanes: readonly BulkChannel[], first: BulkChannel): BulkChannel {
    const from = this.#turn % lanes.length;
    const inTurn = [...lanes.slice(from), ...lanes.slice(0, from)];
    return inTurn.reduce((idle, lane) => (lane.load < idle.load ? lane : idle), inTurn[0] ?? first);
  }

  close(): void {
    for (const number of [...this.#lanes.keys()]) this.remove(number);
  }

  /** One wait for each lane, however often it is asked for. */
  #lowered(lane: BulkChannel): Promise<void> {
    const known = this.#lowering.get(lane);
    if (known !== undefined) return known;
    const lowered = lane.lowered(LANE_QUEUE_LOW_BYTES).finally(() => this.#lowering.delete(lane));
    lowered.catch(() => undefined); // because who waits hears of it, and perhaps nobody does any more
    this.#lowering.set(lane, lowered);
    return lowered;
  }
}
