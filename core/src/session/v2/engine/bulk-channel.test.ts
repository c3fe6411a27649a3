import { expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import type { Bytes } from "../../../brand.ts";
import { BULK } from "../../../crypto/binding.ts";
import { isZero, randomBytes } from "../../../crypto/bytes.ts";
import { RecordSealer } from "../../../crypto/record.ts";
import { SEND_QUEUE_BYTES } from "../../../limits.ts";
import { BufferedChannel } from "../../../peer/buffered-channel.ts";
import { FakeChannel } from "../../../testing/fake-channel.ts";
import { chunk } from "../../../testing/hostile-frames.ts";
import { formatFileFrame } from "../../../wire/file-frames.ts";
import type { BulkFrame } from "../../../wire/frames.ts";
import { BulkChannel, type BulkChannelOptions, WAITING_RECORDS } from "./bulk-channel.ts";

const FIRST = { channel: BULK, epoch: 0, role: 0 } as const;

/** One side's bulk channel, and what the other side would seal with. */
function made(onFrame: BulkChannelOptions["onFrame"] = () => undefined) {
  const channel = new FakeChannel("");
  channel.open();
  const failures: string[] = [];
  const frames: BulkFrame[] = [];
  let closes = 0;
  const bulk = new BulkChannel({
    channel: new BufferedChannel(channel),
    onFrame: (frame) => {
      frames.push(frame);
      return onFrame(frame);
    },
    onCounted: () => undefined,
    onClosed: () => {
      closes += 1;
    },
    onFailed: ({ code }) => void failures.push(code),
  });
  const [own, peer] = [randomBytes(32), randomBytes(32)];
  const theirs = new RecordSealer({ channel: BULK, role: 1, key: peer.slice() });
  const seal = async (frame: BulkFrame): Promise<Bytes> => theirs.seal(formatFileFrame(frame));
  return {
    channel,
    bulk,
    failures,
    frames,
    seal,
    arm: () => bulk.setKeys({ ...FIRST, own, peer }),
    closes: () => closes,
  };
}

test("what comes before the keys waits for them, in order", async () => {
  const { channel, frames, seal, arm, closes } = made();
  for (const offset of [0, 1, 2]) channel.receive(await seal(chunk(1, offset, 1)));
  channel.close();
  arm();
  await until("the end", () => closes() === 1);
  expect(frames).toEqual([0, 1, 2].map((offset) => chunk(1, offset, 1)));
});

test("one at a time: the next is opened when the last has been taken", async () => {
  const waiting: (() => void)[] = [];
  const { channel, frames, seal, arm } = made(() => new Promise((resolve) => waiting.push(resolve)));
  arm();
  for (const offset of [0, 1]) channel.receive(await seal(chunk(1, offset, 1)));
  await until("the first", () => waiting.length === 1);
  expect(frames).toHaveLength(1);
  waiting.shift()?.();
  await until("the second", () => frames.length === 2);
});

test.each([
  ["a text", "hello", "E_CHANNEL"],
  ["a size that is no bucket", new Uint8Array(99), "E_RECORD_PAD"],
  ["bytes of nobody", new Uint8Array(65_536), "E_RECORD_AUTH"],
])("%s ends it, and nothing behind it is heard", async (_, message, code) => {
  const { channel, failures, frames, seal, arm } = made();
  arm();
  channel.receive(message);
  channel.receive(await seal(chunk(1, 0, 1)));
  await until("the failure", () => failures.length > 0);
  expect([failures, frames]).toEqual([[code], []]);
});

test("any flipped bit of a record is refused, and no byte of it is taken", async () => {
  for (let run = 0; run < 40; run++) {
    const { channel, failures, frames, seal, arm } = made();
    arm();
    channel.receive(await seal(chunk(1, 0, 1)));
    const record = await seal(chunk(1, 1, 65_280));
    const at = Math.floor(Math.random() * record.length);
    record[at] = (record[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
    channel.receive(record);
    await until("the failure", () => failures.length > 0);
    expect(frames).toHaveLength(1);
    expect(["E_RECORD_AUTH", "E_RECORD_EPOCH", "E_RECORD_SEQ"]).toContain(failures[0]);
  }
});

test.each(["after the keys", "before them"])(
  "more than anybody within their credit sends, %s",
  async (when) => {
    const { channel, failures, arm } = made(() => new Promise(() => undefined));
    if (when === "after the keys") arm();
    for (let count = 0; count <= WAITING_RECORDS; count++) channel.receive(new Uint8Array(1));
    if (when === "before them") arm();
    expect(failures).toEqual(["E_FILE_CREDIT"]);
    for (let count = 0; count < WAITING_RECORDS; count++) channel.receive(new Uint8Array(1));
    expect(failures).toHaveLength(1);
  },
);

test("what waits to be sent fails with the channel, and a chain that no marker has begun is wiped", async () => {
  const { channel, bulk, arm } = made();
  arm();
  channel.bufferedAmount = SEND_QUEUE_BYTES + 1;
  const sent = bulk.send(chunk(1, 0, 1)).catch((thrown) => thrown.code);
  const following = randomBytes(32);
  const begun = bulk.beginEpoch(following).catch((thrown) => thrown.code);
  bulk.close();
  expect(await Promise.all([sent, begun])).toEqual(["E_CHANNEL", "E_CHANNEL"]);
  expect(isZero(following)).toBe(true);
});

test("a channel that never opened carries nothing", async () => {
  const channel = new FakeChannel("");
  const nothing = () => undefined;
  const listeners = { onFrame: nothing, onCounted: nothing, onClosed: nothing, onFailed: nothing };
  const bulk = new BulkChannel({ channel: new BufferedChannel(channel), ...listeners });
  bulk.setKeys({ ...FIRST, own: randomBytes(32), peer: randomBytes(32) });
  const sent = bulk.send(chunk(1, 0, 1));
  channel.close();
  await expect(sent).rejects.toMatchObject({ code: "E_CHANNEL" });
});
