import fc from "fast-check";
import { expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import type { Bytes } from "../brand.ts";
import { randomBytes } from "./bytes.ts";
import { HandshakeSeal, PHASE0_BLOB_BYTES, SignalSeal } from "./seal.ts";

const room = randomBytes(16);
const psk = randomBytes(32);

async function phase0() {
  const context = { psk, kind: 0, room } as const;
  return [
    await HandshakeSeal.create({ ...context, role: 0 }),
    await HandshakeSeal.create({ ...context, role: 1 }),
  ] as const;
}

async function phase1() {
  const [sealI, sealR] = [randomBytes(32), randomBytes(32)];
  const keys = () => ({ sealI: sealI.slice(), sealR: sealR.slice(), room });
  return [
    await SignalSeal.create({ ...keys(), role: 0 }),
    await SignalSeal.create({ ...keys(), role: 1 }),
  ] as const;
}

function flip(bytes: Bytes, bit: number): Bytes {
  const copy = bytes.slice();
  const at = bit % (bytes.length * 8);
  copy[at >> 3] = (copy[at >> 3] ?? 0) ^ (1 << (at & 7));
  return copy;
}

test("phase 0: open undoes seal, all blobs are of one size, any flipped bit is refused", async () => {
  const [ofI, ofR] = await phase0();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 1532 }), fc.nat(), async (bytes, bit) => {
      const message = Uint8Array.from(bytes);
      const blob = await ofI.seal(message);
      expect(blob).toHaveLength(PHASE0_BLOB_BYTES);
      expect(await ofR.open(blob)).toEqual(message);
      await expect(ofR.open(flip(blob, bit))).rejects.toMatchObject({ code: "E_SEAL" });
      await expect(ofI.open(blob)).rejects.toMatchObject({ code: "E_SEAL" });
    }),
    { numRuns: scaled(20_000, 200) },
  );
});

test("phase 1: open undoes seal in order, any flipped bit is refused and costs no number", async () => {
  const [ofI, ofR] = await phase1();
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 4000, unit: "binary" }), fc.nat(), async (json, bit) => {
      const blob = await ofI.seal(json);
      await expect(ofR.open(flip(blob, bit), "strict")).rejects.toMatchObject({ code: "E_SEAL" });
      expect(await ofR.open(blob, "strict")).toBe(json);
      await expect(ofR.open(blob, "strict")).rejects.toMatchObject({ code: "E_SIGNAL_SEQ" });
      await expect(ofI.open(blob, "strict")).rejects.toMatchObject({ code: "E_SEAL" });
    }),
    { numRuns: scaled(20_000, 200) },
  );
});

test("signals sealed at once come out in the order of the calls, large or small", async () => {
  const [ofI, ofR] = await phase1();
  for (let run = 0; run < scaled(1_000, 20); run++) {
    const bodies = ["x".repeat(16_000), "a", "y".repeat(4_000), "b"];
    const out: Bytes[] = [];
    await Promise.all(bodies.map(async (body) => out.push(await ofI.seal(body))));
    for (const [i, blob] of out.entries()) expect(await ofR.open(blob, "strict")).toBe(bodies[i]);
  }
});

test("a body that no blob holds is refused before anything is sent", async () => {
  const [ofI] = await phase1();
  await expect(ofI.seal("x".repeat(16_381))).rejects.toMatchObject({ code: "E_SEAL" });
});

test("the keys that phase 1 is given are zero afterwards", async () => {
  const keys = { sealI: randomBytes(32), sealR: randomBytes(32) };
  await SignalSeal.create({ ...keys, room, role: 0 });
  expect(keys).toEqual({ sealI: new Uint8Array(32), sealR: new Uint8Array(32) });
});
