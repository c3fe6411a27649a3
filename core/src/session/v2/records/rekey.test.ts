import { setMaxListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { scaled } from "../../../../../testing/scale.ts";
import type { Bytes } from "../../../brand.ts";
import { equalBytes, isZero, randomBytes } from "../../../crypto/bytes.ts";
import { EK_BYTES } from "../../../crypto/kem.ts";
import { loadKem } from "../../../crypto/kem-load.ts";
import { KEY_BYTES, type Role } from "../../../crypto/keys.ts";
import { deriveEpoch } from "../../../crypto/rekey.ts";
import { freshSource } from "../../../crypto/source.ts";
import { cheapSource } from "../../../testing/cheap-source.ts";
import { type On, RekeyPair, type RekeySide } from "../../../testing/rekey-pair.ts";
import { isWornOut, REKEY_LIMITS, type RekeyLimits } from "./rekey-limits.ts";

setMaxListeners(0); // All that is on its way listens to one signal, and ends with it.

/** Every key that was ever derived or agreed on, by reference: what is not zero is still in memory. */
const keys: Bytes[] = [];

function kept(key: Bytes): Bytes {
  keys.push(key);
  return key;
}

const open = async (ofI: RekeyLimits, ofR: RekeyLimits, hasLane = false) => {
  const pair = await RekeyPair.open([ofI, ofR], cheapSource(kept), kept);
  if (hasLane) await pair.openLane(kept);
  return pair;
};

/** The keyring holds a view of its own on the same bytes. */
const isKept = (key: Bytes, kept: ReadonlySet<Bytes>) =>
  [...kept].some(({ buffer }) => buffer === key.buffer);

const alive = () => keys.filter((key) => !isZero(key)).length;

/** Called between two schedules: a mock keeps what it was called with, and fifty thousand schedules would fill the memory. */
function forget(): void {
  keys.splice(0);
  vi.clearAllMocks();
}

beforeEach(() => {
  const { sign } = crypto.subtle;
  vi.spyOn(crypto.subtle, "sign").mockImplementation(async (...args) => {
    const mac = await sign.apply(crypto.subtle, args);
    keys.push(new Uint8Array(mac)); // The same bytes that the caller holds.
    return mac;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  keys.splice(0);
});

async function eventually(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await setImmediate();
  }
}

/** Per side four chains, rk and one resume; with a lane two chains more. */
const KEPT = { without: 12, with: 16 };

const NONE = new Uint8Array();
const CHANNELS: readonly On[] = ["ctl", "bulk", "lane"];

const keptBy = ({ sides: [i] }: RekeyPair) => (i.hasLane ? KEPT.with : KEPT.without);

function isSettled(pair: RekeyPair): boolean {
  const [i, r] = pair.sides;
  const isAllHeard = (from: RekeySide, by: RekeySide) =>
    CHANNELS.every((on) => by.heard[on].length === from.said[on]);
  return (
    isAllHeard(i, r) && isAllHeard(r, i) && equalBytes(i.keyring.rk, r.keyring.rk) && alive() <= keptBy(pair)
  );
}

/** Half of the 10⁵ schedules end by themselves, half are cut. */
const RUNS = scaled(50_000, 300);

type Step =
  | { do: "say" | "deliver"; role: Role; on: On }
  | { do: "clog" | "drain"; role: Role }
  | { do: "wait"; turns: number };

const ROLE = fc.constantFrom(0 as const, 1 as const);
const ON = fc.constantFrom(...CHANNELS);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("say" as const, "deliver" as const), role: ROLE, on: ON }),
  fc.record({ do: fc.constant("deliver" as const), role: ROLE, on: ON }),
  fc.record({ do: fc.constantFrom("clog" as const, "drain" as const), role: ROLE }),
  fc.record({ do: fc.constant("wait" as const), turns: fc.integer({ min: 1, max: 12 }) }),
);
const HAS_LANE = fc.boolean();
const STEPS = fc.array(STEP, { minLength: 20, maxLength: 60 });
const LIMITS = fc
  .constantFrom(2, 3, 4, 6, 1_000)
  .map((records): RekeyLimits => ({ ...REKEY_LIMITS, records }));

async function perform(pair: RekeyPair, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    switch (step.do) {
      case "say":
        pair.sides[step.role].say(step.on);
        break;
      case "deliver":
        pair.deliver(step.role, step.on);
        break;
      case "clog":
        pair.sides[step.role].clog();
        break;
      case "drain":
        pair.sides[step.role].drain();
        break;
      case "wait":
        for (let i = 0; i < step.turns; i++) await setImmediate();
        break;
      default:
        step satisfies never;
    }
  }
}

test("whatever overtakes what, both read everything, and what is left is one epoch's keys", async () => {
  let epochs = 0;
  await fc.assert(
    fc.asyncProperty(STEPS, LIMITS, LIMITS, HAS_LANE, async (steps, ofI, ofR, hasLane) => {
      forget();
      using pair = await open(ofI, ofR, hasLane);
      await perform(pair, steps);
      for (const side of pair.sides) for (const on of CHANNELS) side.say(on);
      for (const side of pair.sides) side.drain();
      await eventually("both to have read everything", () => {
        pair.deliverAll();
        return isSettled(pair) || pair.sides.some(({ failures }) => failures.length > 0);
      });
      const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);
      for (const [role, side] of pair.sides.entries()) {
        const said = pair.sides[role === 0 ? 1 : 0].said;
        expect(side.failures).toEqual([]);
        expect(side.heard).toEqual({ ctl: upTo(said.ctl), bulk: upTo(said.bulk), lane: upTo(said.lane) });
        expect(side.keyring.resumes).toHaveLength(1);
        epochs += side.epoch;
      }
      expect(alive()).toBe(keptBy(pair));
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(epochs).toBeGreaterThan(RUNS / 2); // Or there was little to get wrong.
}, 7_200_000);

test("whenever the connection is cut, nothing is left but what the next handshake needs, and the two agree on that", async () => {
  await fc.assert(
    fc.asyncProperty(STEPS, LIMITS, LIMITS, HAS_LANE, async (steps, ofI, ofR, hasLane) => {
      forget();
      using pair = await open(ofI, ofR, hasLane);
      const [i, r] = pair.sides;
      await perform(pair, steps);
      for (const side of pair.sides) side.cut();
      const kept = new Set([i, r].flatMap(({ keyring }) => [keyring.rk, ...keyring.resumes]));
      await eventually("the rest to be gone", () => keys.every((key) => isZero(key) || isKept(key, kept)));
      expect([i.failures, r.failures]).toEqual([[], []]);
      const [newest = NONE, ...older] = i.keyring.resumes;
      expect(older).toEqual([]);
      expect(r.keyring.resumes.some((resume) => equalBytes(resume, newest))).toBe(true);
      expect(r.keyring.resumes.length).toBeLessThanOrEqual(2);
      for (const side of pair.sides) side.end();
      expect(alive()).toBe(0);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 7_200_000);

describe("what is refused", () => {
  const proposal = async (change: { pk?: Bytes; ek?: Bytes } = {}) => {
    const source = freshSource(await loadKem());
    const [{ publicKey: pk }, { ek }] = [await source.generateDh(), await source.kem.generate()];
    return { type: "rekey1", pk, ek, ...change } as const;
  };
  const openReal = async () => RekeyPair.open([REKEY_LIMITS, REKEY_LIMITS], freshSource(await loadKem()));

  test.each([
    ["a key that no honest library makes", { ek: new Uint8Array(EK_BYTES).fill(0xff) }],
    ["a point of low order", { pk: new Uint8Array(KEY_BYTES) }],
  ])("%s", async (_, change) => {
    using pair = await openReal();
    const [, r] = pair.sides;
    await expect(r.rekey?.hearFrame(await proposal(change))).rejects.toMatchObject({ code: "E_REKEY" });
    expect([r.ctl.sent, r.keyring.resumes.length]).toEqual([[], 1]);
  });

  test("a low-order point as the responder's answer, after which the initiator keeps nothing of its own", async () => {
    const source = freshSource(await loadKem());
    const wiped = vi.fn();
    const generate = async () => {
      const pair = await source.kem.generate();
      const decapsulate = (ct: Bytes) => pair.decapsulate(ct);
      return { ek: pair.ek, decapsulate, wipe: () => wiped(pair.wipe()) };
    };
    using pair = await RekeyPair.open([REKEY_LIMITS, REKEY_LIMITS], {
      ...source,
      kem: { ...source.kem, generate },
    });
    const [i] = pair.sides;
    await i.rekey?.hearFrame({ type: "rekey_req" });
    await eventually("REKEY1", () => i.ctl.sent.length === 1);
    const { ct } = await source.kem.encapsulate((await proposal()).ek);
    const answer = { type: "rekey2", pk: new Uint8Array(KEY_BYTES), ct } as const;
    await expect(i.rekey?.hearFrame(answer)).rejects.toMatchObject({ code: "E_REKEY" });
    expect(wiped).toHaveBeenCalledOnce();
    expect(i.keyring.resumes).toHaveLength(1);
  });

  test("a second REKEY1 before the end of the first", async () => {
    using pair = await openReal();
    const [, r] = pair.sides;
    await r.rekey?.hearFrame(await proposal());
    await expect(r.rekey?.hearFrame(await proposal())).rejects.toMatchObject({ code: "E_REKEY" });
  });

  test("an epoch that two bytes cannot count", async () => {
    const secrets = { rk: randomBytes(32), dh: randomBytes(32), ss: randomBytes(32) };
    const last = deriveEpoch({ ...secrets, epoch: 65_536, body1: NONE, body2: NONE });
    await expect(last).rejects.toMatchObject({ code: "E_REKEY" });
  });
});

describe("time", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("120 s of connected time, during which what is interrupted does not count", async () => {
    using pair = await open(REKEY_LIMITS, REKEY_LIMITS);
    const [i] = pair.sides;
    await vi.advanceTimersByTimeAsync(599_000);
    expect(i.ctl.sent).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1_000);
    await eventually("REKEY1", () => i.ctl.sent.length === 1);
    await vi.advanceTimersByTimeAsync(60_000);
    if (i.rekey) i.rekey.isConnected = false;
    await vi.advanceTimersByTimeAsync(500_000);
    if (i.rekey) i.rekey.isConnected = true;
    await vi.advanceTimersByTimeAsync(58_000);
    expect(i.failures).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(i.failures).toMatchObject([{ code: "E_REKEY" }]);
  });

  test("nothing begins while the transport is interrupted, and all that is due once it is back", async () => {
    using pair = await open(REKEY_LIMITS, REKEY_LIMITS);
    const [i] = pair.sides;
    if (i.rekey) i.rekey.isConnected = false;
    await vi.advanceTimersByTimeAsync(700_000);
    expect(i.ctl.sent).toHaveLength(0);
    if (i.rekey) i.rekey.isConnected = true;
    await eventually("REKEY1", () => i.ctl.sent.length === 1);
  });

  test("the responder asks, and again when nothing comes of it", async () => {
    using pair = await open({ ...REKEY_LIMITS, ms: 10 ** 9 }, REKEY_LIMITS);
    const [, r] = pair.sides;
    await vi.advanceTimersByTimeAsync(609_000);
    await eventually("REKEY_REQ", () => r.ctl.sent.length === 1);
    await vi.advanceTimersByTimeAsync(1_000);
    await eventually("another", () => r.ctl.sent.length === 2);
    expect(r.failures).toEqual([]);
  });
});

test("an epoch is worn out by bytes of both channels together, or by records of one", () => {
  const zero = { ctlSent: 0, bulkSent: 0, ctlReceived: 0, bulkReceived: 0, bytesSent: 0, bytesReceived: 0 };
  const isDue = (now: Partial<typeof zero>) => isWornOut(REKEY_LIMITS, zero, { ...zero, ...now });
  expect([isDue({ bytesReceived: 2 ** 30 }), isDue({ bytesSent: 2 ** 30 - 1 })]).toEqual([true, false]);
  expect([isDue({ ctlReceived: 2 ** 20 }), isDue({ bulkSent: 2 ** 20 - 1 })]).toEqual([true, false]);
});
