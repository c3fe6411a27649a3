import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "../../../../../testing/until.ts";
import type { Bytes } from "../../../brand.ts";
import { equalBytes, randomBytes } from "../../../crypto/bytes.ts";
import type { Role } from "../../../crypto/keys.ts";
import { MAX_RECORD_BYTES } from "../../../crypto/record.ts";
import { PacedSender } from "../../../peer/paced-sender.ts";
import type { DataChannel } from "../../../platform.ts";
import type { OpenTransport, Transport, TransportEvent } from "./transport.ts";

/** One end of a pair, and everything that it has reported and received. */
type End = {
  transport: Transport;
  lifetime: AbortController;
  events: TransportEvent[];
  received: { ctl: Bytes[]; bulk: Bytes[] };
};

const SIZES = [1, 64, 4_096, MAX_RECORD_BYTES];
const CHANNELS = ["ctl", "bulk"] as const;

/**
 * What every transport does, whatever carries it.
 * @param makeOpen - how both ends of one pair are opened; called once a pair
 */
export function transportContract(name: string, makeOpen: () => OpenTransport): void {
  describe(`a transport: ${name}`, () => {
    let ends: [End, End];

    beforeEach(async () => {
      ends = await openPair(makeOpen());
    });

    afterEach(() => {
      for (const { lifetime } of ends) lifetime.abort();
    });

    test("connects both ends, and says once what names them: the same on both, another for another pair", async () => {
      await connected(ends);
      const [[ofI], [ofR]] = [bindingsOf(ends[0]), bindingsOf(ends[1])];
      expect(ends.map((end) => bindingsOf(end).length)).toEqual([1, 1]);
      expect(ofI).toHaveLength(32);
      expect(ofR).toEqual(ofI);
      const others = await openPair(makeOpen());
      await connected(others);
      expect(bindingsOf(others[0])[0]).not.toEqual(ofI);
      for (const { lifetime } of others) lifetime.abort();
    });

    test("reports nothing before whoever opens it has it", async () => {
      const reported: TransportEvent[] = [];
      const lifetime = new AbortController();
      const onEvent = (event: TransportEvent) => void reported.push(event);
      const open = makeOpen();
      await Promise.all(([0, 1] as const).map((role) => open({ role, signal: lifetime.signal, onEvent })));
      expect(reported).toEqual([]);
      lifetime.abort();
    });

    test.each(CHANNELS)("carries whole messages in order on %s, both ways at once", async (channel) => {
      await connected(ends);
      const messages = Array.from({ length: 40 }, (_, at) => randomBytes(SIZES[at % SIZES.length] ?? 1));
      await Promise.all(ends.map((end) => send(end.transport[channel], messages)));
      for (const { received } of ends) {
        await until("all of them", () => received[channel].length === messages.length);
        expect(received[channel].every((bytes, at) => equalBytes(bytes, messages[at] ?? bytes))).toBe(true);
      }
    });

    test("says when a channel takes more, so that a sender can wait for it", async () => {
      await connected(ends);
      const [from, to] = ends;
      const message = randomBytes(MAX_RECORD_BYTES);
      const sender = new PacedSender(from.transport.bulk);
      for (let count = 0; count < 100; count++) await sender.send(message.slice(), from.lifetime.signal);
      await sender.lowered(0, from.lifetime.signal);
      await until("all of them", () => to.received.bulk.length === 100);
    });

    test("has the right peer at its other end", async () => {
      await connected(ends);
      await Promise.all(ends.map(({ transport }) => transport.verifyPeer()));
    });

    test.each([0, 1] as const)("refuses what has no place, at role %i", async (role) => {
      const t = role === 0 ? "offer" : "answer";
      expect(() => ends[role].transport.hearSignal({ t, sdp: "" })).toThrow("E_SEAL");
    });

    test("ends with its signal, is silent from then on, and closes the other end's channels", async () => {
      await connected(ends);
      const [leaves, stays] = ends;
      const before = leaves.events.length;
      leaves.lifetime.abort();
      await until("the close", () => stays.transport.ctl.readyState === "closed");
      await until("the other close", () => stays.transport.bulk.readyState === "closed");
      expect(leaves.events).toHaveLength(before);
      expect(leaves.transport.isConnected).toBe(false);
    });

    test("goes on carrying when it looks for another way", async () => {
      await connected(ends);
      ends[0].transport.restart();
      await Promise.all(ends.map((end) => send(end.transport.ctl, [Uint8Array.of(7)])));
      for (const { received } of ends) await until("the message", () => received.ctl.length === 1);
    });

    test("tells its path and its round trip, as far as it knows them", async () => {
      await connected(ends);
      const watching = new AbortController();
      const paths: string[] = [];
      ends[0].transport.watchPath(watching.signal, ({ kind }) => paths.push(kind));
      await until("a path", () => paths.length > 0);
      watching.abort();
      const ms = await ends[0].transport.roundTripMs();
      expect(ms === undefined || ms >= 0).toBe(true);
    });
  });
}

/** Both ends, each of whose signals reaches the other in order, later, and never sooner than the other end is there. */
async function openPair(open: OpenTransport): Promise<[End, End]> {
  const ready = new Map<Role, (end: End) => void>();
  const coming = ([0, 1] as const).map((role) => new Promise<End>((resolve) => ready.set(role, resolve)));
  const openEnd = async (role: Role): Promise<End> => {
    const lifetime = new AbortController();
    const events: TransportEvent[] = [];
    let tail: Promise<unknown> = Promise.resolve();
    const transport = await open({
      role,
      signal: lifetime.signal,
      onEvent: (event) => {
        events.push(event);
        if (event.type !== "signal") return;
        const { body } = event;
        if (body.t === "end" || body.t === "ask" || body.t === "bye") return;
        tail = tail.then(async () => (await coming[1 - role])?.transport.hearSignal(body));
      },
    });
    const end: End = { transport, lifetime, events, received: { ctl: [], bulk: [] } };
    for (const name of CHANNELS) collect(transport[name], end.received[name]);
    ready.get(role)?.(end);
    return end;
  };
  return Promise.all([openEnd(0), openEnd(1)]);
}

function collect(channel: DataChannel, into: Bytes[]): void {
  channel.binaryType = "arraybuffer";
  channel.addEventListener("message", ({ data }) => into.push(new Uint8Array(data)));
}

async function connected(ends: readonly End[]): Promise<void> {
  await Promise.all(ends.flatMap(({ transport }) => CHANNELS.map((name) => opened(transport[name]))));
  for (const { events } of ends) {
    await until("connected", () =>
      events.some((event) => event.type === "state" && event.state === "connected"),
    );
    await until("what names the ends", () => events.some(({ type }) => type === "bound"));
  }
}

function opened(channel: DataChannel): Promise<void> {
  if (channel.readyState === "open") return Promise.resolve();
  return new Promise((resolve) => channel.addEventListener("open", () => resolve(), { once: true }));
}

async function send(channel: DataChannel, messages: readonly Bytes[]): Promise<void> {
  const sender = new PacedSender(channel);
  for (const message of messages) await sender.send(message.slice(), new AbortController().signal);
}

function bindingsOf({ events }: End): Bytes[] {
  return events.flatMap((event) => (event.type === "bound" ? [event.binding] : []));
}
