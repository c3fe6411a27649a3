import { expect, test } from "vitest";
import type { Bytes } from "../../../brand.ts";
import { BULK } from "../../../crypto/binding.ts";
import { isZero, randomBytes } from "../../../crypto/bytes.ts";
import { FakeChannel } from "../../../testing/fake-channel.ts";
import type { BufferedCall, PerformCall } from "./buffered-call.ts";
import { LazyEngine } from "./lazy.ts";
import type { EngineCall, EngineCalls, EngineEvent } from "./messages.ts";

const BULK_ID = 1;

/** A lazy engine whose code comes, or does not, when the test says so. */
function made() {
  let resolve: (engine: PerformCall) => void = () => undefined;
  let reject: (thrown: unknown) => void = () => undefined;
  const loading = new Promise<PerformCall>((...ways) => {
    [resolve, reject] = ways;
  });
  const event: EngineEvent[] = [];
  const obeyed: BufferedCall["name"][] = [];
  const failures: unknown[] = [];
  let loads = 0;
  let calls = 0;
  const lazy = new LazyEngine({
    load: () => {
      loads += 1;
      return loading;
    },
    post: (said) => void event.push(said),
    onFailure: (thrown) => void failures.push(thrown),
  });
  const ask = <Name extends EngineCall["name"]>(name: Name, argument: EngineCalls[Name]["argument"]) => {
    calls += 1;
    lazy.perform({ id: calls, name, argument } as EngineCall);
    return calls;
  };
  const attach = (bulkId = BULK_ID) => {
    const channel = new FakeChannel("");
    channel.open();
    ask("attach", { bulkId, channel });
    return channel;
  };
  const arm = (bulkId = BULK_ID) => {
    const keys = { own: randomBytes(32), peer: randomBytes(32) };
    ask("setKeys", { bulkId, channel: BULK, epoch: 0, role: 0, ...keys });
    return keys;
  };
  const settled = () => new Promise((done) => setTimeout(done));
  const come = async () => {
    resolve(({ name }) => void obeyed.push(name));
    await settled();
  };
  const stayAway = async () => {
    reject(new TypeError("no such script"));
    await settled();
  };
  return { ask, attach, arm, come, stayAway, settled, event, obeyed, failures, loads: () => loads };
}

test("the engine is fetched once, when the first channel has keys, and obeys what was asked before, in order", async () => {
  const { ask, attach, arm, come, obeyed, loads } = made();
  attach();
  expect(loads()).toBe(0);
  arm();
  expect(loads()).toBe(1);
  ask("useLane", { bulkId: BULK_ID });
  await come();
  ask("closeChannel", { bulkId: BULK_ID });
  expect(obeyed).toEqual(["attach", "setKeys", "useLane", "closeChannel"]);
  expect(loads()).toBe(1);
});

test("an engine that does not come fails nobody who needs none", async () => {
  const { ask, attach, arm, stayAway, settled, event, failures } = made();
  const channel = attach();
  arm();
  await stayAway();
  channel.close();
  const id = ask("closeChannel", { bulkId: BULK_ID });
  await settled();
  expect(failures).toEqual([]);
  expect(event).toEqual([
    { type: "closed", bulkId: BULK_ID },
    { type: "answer", id, answer: undefined },
  ]);
});

test.each<[string, (parts: ReturnType<typeof made>, channel: FakeChannel) => void]>([
  ["a file", ({ ask }) => ask("credit", { fileId: 1, creditEnd: 1 })],
  ["a change of keys", ({ ask }) => ask("expectEpoch", { bulkId: BULK_ID, peer: randomBytes(32) })],
  ["a record that nobody asked for", (_, channel) => channel.receive(randomBytes(40))],
])("an engine that does not come fails %s, before and after that is known", async (_, need) => {
  const early = made();
  const channel = early.attach();
  early.arm();
  need(early, channel);
  await early.stayAway();
  expect(early.failures).toEqual([new TypeError("no such script")]);

  const late = made();
  const later = late.attach();
  late.arm();
  await late.stayAway();
  need(late, later);
  await late.settled();
  expect(late.failures).toEqual([new TypeError("no such script")]);
});

test("a channel that closes is known to have, without the engine", () => {
  const { attach, event, loads } = made();
  attach().close();
  expect(event).toEqual([{ type: "closed", bulkId: BULK_ID }]);
  expect(loads()).toBe(0);
});

test("keys and channels of a channel that ends before the engine comes are wiped; another channel's stay", async () => {
  const { ask, attach, arm, come, obeyed } = made();
  const kept: Bytes[] = [];
  const gone: Bytes[] = [];
  attach(1);
  attach(2);
  const [first, second] = [arm(1), arm(2)];
  gone.push(first.own, first.peer);
  kept.push(second.own, second.peer);
  for (const [bulkId, keys] of [
    [1, gone],
    [2, kept],
  ] as const) {
    const [own, peer] = [randomBytes(32), randomBytes(32)];
    ask("expectEpoch", { bulkId, peer });
    ask("beginEpoch", { bulkId, own });
    keys.push(own, peer);
  }
  ask("credit", { fileId: 1, creditEnd: 1 });
  ask("closeChannel", { bulkId: 1 });
  expect(gone.map(isZero)).toEqual([true, true, true, true]);
  expect(kept.map(isZero)).toEqual([false, false, false, false]);
  await come();
  expect(obeyed).toEqual(["attach", "setKeys", "expectEpoch", "beginEpoch", "credit"]);
});

test("closing wipes everything, and is answered without the engine", async () => {
  const { ask, attach, arm, stayAway, event, obeyed } = made();
  const channel = attach();
  const { own, peer } = arm();
  const id = ask("close", null);
  expect([own, peer].map(isZero)).toEqual([true, true]);
  expect(event).toEqual([{ type: "answer", id, answer: undefined }]);
  channel.close();
  await stayAway();
  expect(event).toHaveLength(1);
  expect(obeyed).toEqual([]);
});
