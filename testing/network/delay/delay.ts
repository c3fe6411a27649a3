import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const forwarder = fileURLToPath(new URL("./forwarder.mjs", import.meta.url));

/** A queue for 300 Mbit/s with a delay of 100 ms each way and more. What exceeds it is dropped, as by a real router. */
const QUEUE_BYTES = 16 * 1024 * 1024;

export type DelayCounts = {
  readonly forwarded: number;
  /** Datagrams that the full queue refused, or that came while the line was cut. */
  readonly dropped: number;
  readonly queuedBytes: number;
  /** Datagrams of which one bit was changed. */
  readonly flipped: number;
};

/** What is wrong with the line: it carries nothing, or flips a bit in this share of all datagrams. */
export type Trouble = { readonly isCut?: boolean; readonly flipShare?: number };

export type DelayedUdp = AsyncDisposable & {
  readonly port: number;
  counts(): Promise<DelayCounts>;
  /** Set what is wrong with the line from now on; without an argument nothing is. */
  setTrouble(trouble?: Trouble): void;
};

export type DelayOptions = {
  target: { address?: string; port: number };
  /** The delay of one passage; see `passageMs`. */
  delayMs: number;
  listenAddress?: string;
  queueBytes?: number;
};

/**
 * The delay of one passage that makes a round trip of `roundTripMs` between two ends that both reach their relay
 * through this forwarder: each datagram passes once on its way to the relay and once from it, and so does its answer.
 */
export function passageMs(roundTripMs: number): number {
  return roundTripMs / 4;
}

/** Open a UDP port that leads to another one with a delay. In front of a relay it makes a loopback a long link. */
export async function startDelay({
  target,
  delayMs,
  listenAddress = "127.0.0.1",
  queueBytes = QUEUE_BYTES,
}: DelayOptions): Promise<DelayedUdp> {
  const args = [listenAddress, target.address ?? "127.0.0.1", target.port, delayMs, queueBytes].map(String);
  const child = fork(forwarder, args, { execArgv: [] });
  const ended = once(child, "exit");
  const [{ port }] = (await Promise.race([once(child, "message"), ended.then(failed)])) as [{ port: number }];
  return {
    port,
    counts: async () => {
      const answered = once(child, "message");
      child.send("counts");
      const [{ counts }] = (await answered) as [{ counts: DelayCounts }];
      return counts;
    },
    setTrouble: ({ isCut = false, flipShare = 0 } = {}) => void child.send({ isCut, flipShare }),
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await ended;
    },
  };
}

function failed([code]: unknown[]): never {
  throw new Error(`the forwarder ended at once with ${code}`);
}
