import { setTimeout as wait } from "node:timers/promises";
import { until } from "../../testing/until.ts";
import type { BareLink } from "../link-lab/bare-link.ts";
import type { Pair } from "./pairings.ts";

/** How bare channels move bytes: over one peer connection or over several. */
export type BareSetup = { url: string; configuration?: RTCConfiguration; connections?: number };

const PATIENCE_MS = 120_000;

/** Move so many bytes over bare channels. @returns MiB per second, from the first byte sent to the last one received */
export async function bareThroughput(pair: Pair, bytes: number, setup: BareSetup): Promise<number> {
  await connect(pair, setup);
  const [sender, receiver] = pair;
  const from = await sender.evaluate((count) => window.link.send(count), bytes);
  const to = await until(
    "the last byte",
    async () => {
      const { bytes: arrived, at } = await receiver.evaluate(received, undefined);
      return arrived >= bytes && at;
    },
    PATIENCE_MS,
  );
  return mibPerSecond(bytes, to - from);
}

/** Move bytes over bare channels for a while. @returns MiB per second that arrive in the window, after the channels have settled */
export async function bareRate(
  pair: Pair,
  { settleMs, windowMs }: MeasuredWindow,
  setup: BareSetup,
): Promise<number> {
  await connect(pair, setup);
  const [sender, receiver] = pair;
  const sending = sender.evaluate(() => window.link.send(Number.MAX_SAFE_INTEGER), undefined);
  await wait(settleMs);
  const first = await receiver.evaluate(received, undefined);
  await wait(windowMs);
  const last = await receiver.evaluate(received, undefined);
  await sender.evaluate(() => window.link.close(), undefined);
  await sending;
  return mibPerSecond(last.bytes - first.bytes, last.at - first.at);
}

/** Run a task while bytes move over bare channels as fast as they can. */
export async function whileBareMoves<T>(pair: Pair, setup: BareSetup, task: () => Promise<T>): Promise<T> {
  await connect(pair, setup);
  const [sender] = pair;
  const sending = sender.evaluate(() => window.link.send(Number.MAX_SAFE_INTEGER), undefined);
  const done = await task();
  await sender.evaluate(() => window.link.close(), undefined);
  await sending;
  return done;
}

/** How long a transfer may settle, and how long it is measured after that. */
export type MeasuredWindow = { settleMs: number; windowMs: number };

async function connect(
  [sender, receiver]: Pair,
  { url, configuration = {}, connections = 1 }: BareSetup,
): Promise<void> {
  for (const tab of [sender, receiver]) {
    await tab.goto(url);
    await until("the lab", () => tab.evaluate(() => "link" in window, undefined));
  }
  const offers = await sender.evaluate(([rtc, count]) => window.link.offer(rtc, count), [
    configuration,
    connections,
  ] as const);
  const answers = await receiver.evaluate(([rtc, given]) => window.link.answer(rtc, given), [
    configuration,
    offers,
  ] as const);
  await sender.evaluate((given) => window.link.accept(given), answers);
}

function received(): ReturnType<BareLink["received"]> {
  return window.link.received();
}

export function mibPerSecond(bytes: number, ms: number): number {
  return bytes / 1024 / 1024 / (ms / 1000);
}
