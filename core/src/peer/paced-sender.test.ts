import { describe, expect, test } from "vitest";
import { SEND_QUEUE_BYTES, SEND_QUEUE_LOW_BYTES } from "../limits.ts";
import { FakeChannel } from "../testing/fake-channel.ts";
import { PacedSender } from "./paced-sender.ts";

const frame = new Uint8Array(64 * 1024);

function open(): FakeChannel {
  const channel = new FakeChannel("x");
  channel.open();
  channel.slow = true;
  return channel;
}

/** Send for ever, as fast as the sender lets us. */
async function flood(channel: FakeChannel, signal: AbortSignal): Promise<void> {
  const sender = new PacedSender(channel);
  for (;;) await sender.send(frame, signal);
}

async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

describe("PacedSender", () => {
  test("never queues more than a frame above the mark, and goes on at the low one", async () => {
    const channel = open();
    const lifetime = new AbortController();
    const flooding = flood(channel, lifetime.signal);
    await settle();
    const queued = channel.bufferedAmount;
    expect(queued).toBeGreaterThan(SEND_QUEUE_BYTES);
    expect(queued).toBeLessThanOrEqual(SEND_QUEUE_BYTES + frame.length);
    channel.drainTo(SEND_QUEUE_LOW_BYTES + 1);
    await settle();
    expect(channel.bufferedAmount).toBe(SEND_QUEUE_LOW_BYTES + 1);
    channel.drainTo(SEND_QUEUE_LOW_BYTES);
    await settle();
    expect(channel.bufferedAmount).toBeGreaterThan(SEND_QUEUE_BYTES);
    lifetime.abort();
    await expect(flooding).rejects.toMatchObject({ name: "AbortError" });
    expect(channel.listenerCount).toBe(0);
  });

  test("a channel that closes under a waiting sender ends the wait", async () => {
    const channel = open();
    const flooding = flood(channel, new AbortController().signal);
    await settle();
    channel.close();
    await expect(flooding).rejects.toMatchObject({ code: "E_CHANNEL" });
    expect(channel.listenerCount).toBe(0);
  });

  test("nothing is sent on a channel that is not open, or after an abort", async () => {
    const channel = new FakeChannel("x");
    const sender = new PacedSender(channel);
    await expect(sender.send("x", new AbortController().signal)).rejects.toMatchObject({ code: "E_CHANNEL" });
    channel.open();
    await expect(sender.send("x", AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
    expect(channel.sent).toEqual([]);
  });

  test("drained means that the last byte has left", async () => {
    const channel = open();
    const sender = new PacedSender(channel);
    const { signal } = new AbortController();
    await sender.send(frame, signal);
    let drained = false;
    const waiting = sender.lowered(0, signal).then(() => {
      drained = true;
    });
    channel.drainTo(1);
    await settle();
    expect(drained).toBe(false);
    channel.drainTo(0);
    await waiting;
    expect(channel.listenerCount).toBe(0);
  });
});
