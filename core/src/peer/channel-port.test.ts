import fc from "fast-check";
import { expect, test } from "vitest";
import { until } from "../../../testing/until.ts";
import { SEND_QUEUE_BYTES } from "../limits.ts";
import { FakeChannel } from "../testing/fake-channel.ts";
import { BufferedChannel, type ChannelInput } from "./buffered-channel.ts";
import { PortChannel, portOf } from "./channel-port.ts";
import { PacedSender } from "./paced-sender.ts";

/** A channel of the page, the worker's end of it, and what the worker hears. */
async function made({ isOpen = true } = {}) {
  const [channel, other] = FakeChannel.pair("bulk");
  if (isOpen) for (const end of [channel, other]) end.open();
  const port = new PortChannel(portOf(channel));
  const heard: ChannelInput[] = [];
  new BufferedChannel(port).take((one) => void heard.push(one));
  return { channel, other, port, heard };
}

const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

test("bytes pass both ways, whole and in order", async () => {
  const some = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(some, some, async (out, back) => {
      const { other, port, heard } = await made();
      await until("an open channel", () => port.readyState === "open");
      for (const one of out) port.send(new Uint8Array(one));
      for (const one of back) other.send(new Uint8Array(one));
      const received: ChannelInput[] = [];
      new BufferedChannel(other).take((one) => void received.push(one));
      await until("both", () => heard.length === back.length && received.length === out.length);
      expect(heard).toEqual(back.map((one) => new Uint8Array(one)));
      expect(received).toEqual(out.map((one) => new Uint8Array(one)));
    }),
    { numRuns: 20 },
  );
});

test("what came before anybody listened is not lost", async () => {
  const [channel, other] = FakeChannel.pair("bulk");
  const lent = portOf(channel);
  for (const end of [channel, other]) end.open();
  other.send(bytes(3));
  await new Promise((resolve) => setTimeout(resolve, 5));
  const heard: ChannelInput[] = [];
  new BufferedChannel(new PortChannel(lent)).take((one) => void heard.push(one));
  await until("it", () => heard.length > 0);
  expect(heard).toEqual([bytes(3)]);
});

test("it opens and closes with its channel, and then refuses what is sent", async () => {
  const { channel, port, heard } = await made({ isOpen: false });
  const events: string[] = [];
  port.addEventListener("open", () => void events.push("open"));
  expect(() => port.send(bytes(1))).toThrow("not open");
  channel.open();
  await until("open", () => events.length > 0);
  port.send(bytes(1));
  await until("it", () => channel.sent.length > 0);
  channel.close();
  port.send(bytes(1)); // The worker does not know yet: lost, as what a closing channel still had.
  await until("closed", () => heard.includes("closed"));
  expect(events).toEqual(["open"]);
  expect(() => port.send(bytes(1))).toThrow("not open");
  expect(channel.sent).toHaveLength(1);
});

test("text is no bytes, for either side", async () => {
  const { other, port, heard } = await made();
  other.send("hello");
  await until("it", () => heard.length > 0);
  expect(heard).toEqual(["text"]);
  await until("an open channel", () => port.readyState === "open");
  expect(() => port.send("hello")).toThrow("bytes only");
});

test("a slow channel holds the worker up: no more than the queue and one record wait anywhere", async () => {
  const { channel, port } = await made();
  channel.slow = true;
  await until("an open channel", () => port.readyState === "open");
  const sender = new PacedSender(port);
  const record = 65_536;
  const { signal } = new AbortController();
  let sent = 0;
  const sending = (async () => {
    for (let at = 0; at < 64; at++) {
      await sender.send(bytes(record, at), signal);
      sent += 1;
      expect(port.bufferedAmount).toBeLessThanOrEqual(SEND_QUEUE_BYTES + record);
    }
  })();
  await until("a full queue", () => channel.bufferedAmount > SEND_QUEUE_BYTES);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(sent).toBe(SEND_QUEUE_BYTES / record + 1);
  const draining = setInterval(() => channel.drainTo(0), 1);
  await sending;
  clearInterval(draining);
  await until("the last", () => channel.sent.length === 64);
  expect(channel.sent.map((one) => one[0])).toEqual(Array.from({ length: 64 }, (_, at) => at));
});
