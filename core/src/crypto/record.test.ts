import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { parseBulk, parseFileFrame } from "../wire/file-frame-readers.ts";
import { formatFileFrame } from "../wire/file-frames.ts";
import { parseCtl } from "../wire/frame-readers.ts";
import { formatTalk } from "../wire/frames.ts";
import { BULK, bindChains, bindingOf, CTL } from "./binding.ts";
import { equalBytes, randomBytes } from "./bytes.ts";
import { MAX_RECORD_BYTES, RecordOpener, RecordSealer, type SealedRecord } from "./record.ts";

const CHAT = 0x10;

function pair(channel: typeof CTL | typeof BULK = CTL, role: 0 | 1 = 0) {
  const key = randomBytes(32);
  return {
    sealer: new RecordSealer({ channel, role, key: key.slice() }),
    opener: new RecordOpener({ channel, role, key }),
  };
}

test("open undoes seal, record after record, and sizes are buckets", async () => {
  const { sealer, opener } = pair();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0x80, max: 0xff }),
      fc.uint8Array({ maxLength: 5000 }),
      async (type, bytes) => {
        const body = Uint8Array.from(bytes);
        const record = await sealer.seal({ type, body });
        expect([64, 256, 1024, 4096, 16384].map((size) => size + 28)).toContain(record.length);
        const opened = await opener.open(record);
        expect(opened.type === type && equalBytes(opened.body, body)).toBe(true); // toEqual takes its time over bytes.
      },
    ),
    { numRuns: scaled(1_000_000, 5_000) },
  );
}, 3_600_000);

test("any flipped bit is refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(92 * 8 - 1), async (bit) => {
      const { sealer, opener } = pair();
      const record = await sealer.seal({ type: CHAT, body: Uint8Array.of(0, 0, 0, 1, 65) });
      record[bit >> 3] = (record[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(opener.open(record)).rejects.toBeInstanceOf(NullroomError);
    }),
    { numRuns: scaled(20_000, 300) },
  );
});

test("bulk records are all of the one largest size", async () => {
  const { sealer, opener } = pair(BULK);
  const chunk = formatFileFrame({
    type: "chunk",
    fileId: 1,
    offset: 0,
    data: new Uint8Array(65_280).fill(7),
  });
  const record = await sealer.seal(chunk);
  expect(record).toHaveLength(MAX_RECORD_BYTES);
  expect(MAX_RECORD_BYTES).toBe(65_536);
  expect(await opener.open(record)).toEqual(chunk);
  expect(await sealer.seal({ type: 0x90, body: new Uint8Array() })).toHaveLength(MAX_RECORD_BYTES);
});

test("records sealed at once come out in the order of the calls", async () => {
  const { sealer, opener } = pair();
  const records = await Promise.all(
    [0, 1, 2, 3].map((i) => sealer.seal({ type: 0x80, body: Uint8Array.of(i) })),
  );
  for (const [i, record] of records.entries())
    expect((await opener.open(record)).body).toEqual(Uint8Array.of(i));
  expect([sealer.sent, opener.received]).toEqual([4, 4]);
});

describe("epochs", () => {
  const marker = formatTalk({ type: "rekey3" });
  const chat = { type: 0x80, body: new Uint8Array() };

  test("the first record of an epoch is the marker and nothing else is", async () => {
    const { sealer, opener } = pair();
    const next = randomBytes(32);
    await opener.open(await sealer.seal(chat));
    await expect(sealer.seal(marker)).rejects.toMatchObject({ code: "E_RECORD_EPOCH" });
    opener.expectEpoch(next.slice());
    await opener.open(await sealer.seal(chat));
    sealer.beginEpoch(next.slice());
    await expect(sealer.seal(chat)).rejects.toMatchObject({ code: "E_RECORD_EPOCH" });
    expect(await opener.open(await sealer.seal(marker))).toEqual(marker);
    expect(await opener.open(await sealer.seal(chat))).toEqual(chat);
    expect([sealer.sent, opener.received]).toEqual([4, 4]);
  });

  test("the chain of the old epoch is zero once its marker is there", async () => {
    const [key, next] = [randomBytes(32), randomBytes(32)];
    const sealer = new RecordSealer({ channel: CTL, role: 0, key });
    sealer.beginEpoch(next);
    expect(key).toEqual(new Uint8Array(32));
    await sealer.seal(marker);
    expect(next).toEqual(new Uint8Array(32)); // Ratcheted away by its first use.
  });
});

describe("what is left behind", () => {
  test("a used chain key is zero, and a wiped chain seals and opens nothing", async () => {
    const key = randomBytes(32);
    const sealer = new RecordSealer({ channel: CTL, role: 0, key });
    await sealer.seal({ type: 0x80, body: new Uint8Array() });
    expect(key).toEqual(new Uint8Array(32));
    sealer.wipe();
    await expect(sealer.seal({ type: 0x80, body: new Uint8Array() })).rejects.toMatchObject({
      code: "E_RECORD_AUTH",
    });
  });

  test("binding leaves no rec, and both sides get the same chains", async () => {
    const rec = randomBytes(32);
    const binding = await bindingOf({ fpI: randomBytes(32), fpR: randomBytes(32) });
    const copy = rec.slice();
    const ofI = await bindChains(rec, binding, 0);
    expect(rec).toEqual(new Uint8Array(32));
    const ofR = await bindChains(copy, binding, 1);
    expect([...ofR]).toEqual([...ofI].map(([channel, { own, peer }]) => [channel, { own: peer, peer: own }]));
    expect(new Set([...ofI.values()].flatMap(({ own, peer }) => [String(own), String(peer)])).size).toBe(4);
  });
});

test("whatever bytes arrive as a record or as a frame, nothing but our error comes out", async () => {
  const sizes = fc.constantFrom(0, 12, 28, 92, 284, 1052, 91, 93);
  const bytes = sizes.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
  await fc.assert(
    fc.asyncProperty(bytes, fc.nat(255), fc.boolean(), async (noise, type, shaped) => {
      const record = Uint8Array.from(noise);
      if (shaped) record.set([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].slice(0, record.length));
      await refusesCleanly(() => pair().opener.open(record));
      await refusesCleanly(async () => parseCtl({ type, body: record }));
      await refusesCleanly(async () => parseFileFrame({ type, body: record }));
      await refusesCleanly(async () => parseBulk({ type, body: record }));
    }),
    { numRuns: scaled(1_000_000, 5_000) },
  );
}, 3_600_000);

async function refusesCleanly(task: () => Promise<unknown>): Promise<void> {
  try {
    await task();
  } catch (error) {
    expect(error).toBeInstanceOf(NullroomError);
  }
}

test("only sealed records are sent: the type says so", async () => {
  const sealed: SealedRecord = await pair().sealer.seal({ type: 0x80, body: new Uint8Array() });
  // @ts-expect-error Plain bytes are no record.
  const plain: SealedRecord = new Uint8Array() as Bytes;
  expect(plain).not.toEqual(sealed);
});
