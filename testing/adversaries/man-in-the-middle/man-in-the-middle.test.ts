import { describe, expect, test } from "vitest";
import { randomBytes } from "../../../core/src/crypto/bytes.ts";
import { initiate, respond } from "../../../core/src/crypto/handshake.ts";
import { loadPortableKem } from "../../../core/src/crypto/kem-load.ts";
import { concat } from "../../../core/src/wire/binary.ts";
import { scaled } from "../../scale.ts";
import { Attacker, firstBits, type Order, type Shown, shakeHands } from "./attacker.ts";
import { expectedCount } from "./binomial.ts";
import { DrawnSecrets } from "./drawn-secrets.ts";
import { grind, hs3For, predict, SAS_BITS, shareIn } from "./prediction.ts";
import { startOver } from "./starting-over.ts";

/** Somebody who has the link and is the relay can be both people's other side, but cannot make the words equal. */

const BITS = 8;
const CHANCE = 2 ** -BITS;
/** Each run is two whole handshakes and some hundred guesses: 50 ms where others work too. */
const PATIENCE_MS = scaled(1_800_000, 60_000);
const ORDERS: readonly Order[] = ["I first", "R first"];

const kem = await loadPortableKem();
const setup = { psk: randomBytes(32), kind: 0, room: randomBytes(16) } as const;

describe.each(ORDERS)("in the middle, %s", { timeout: PATIENCE_MS }, (order) => {
  test("the first eight bits are equal as often as by chance, all thirty never", async () => {
    const shown = await attack(order, scaled(20_000, 300) / 2, false);
    const { least, most } = expectedCount(shown.length, CHANCE);
    expect(equal(shown, BITS)).toBeGreaterThanOrEqual(least);
    expect(equal(shown, BITS)).toBeLessThanOrEqual(most);
    expect(equal(shown, SAS_BITS)).toBe(0);
  });

  test("one that is told the other's share before it commits to its own makes them equal every time", async () => {
    const shown = await attack(order, scaled(200, 10), true);
    expect(equal(shown, BITS)).toBe(shown.length);
  });
});

test("a share chosen after R's is not what HS1 committed to, and is refused", async () => {
  const mine = await DrawnSecrets.ofI(kem);
  const { hs1 } = await initiate(setup, mine.source);
  const responder = respond(setup, (await DrawnSecrets.ofR(kem)).source);
  const answer = await responder.receive(hs1);
  if (answer.type !== "reply") throw new Error("no HS2");
  const hs2 = answer.message;
  const hs3With = (nonce: Uint8Array) => hs3For(mine.hsid, concat(mine.keys, nonce));
  const target = 123;
  const nonce = grind(
    BITS,
    (tried) => predict(setup.room, { hs1, hs2, hs3: hs3With(tried) }, BITS) === target,
  );
  expect(predict(setup.room, { hs1, hs2, hs3: hs3With(nonce) }, BITS)).toBe(target);
  await expect(responder.receive(hs3With(nonce))).rejects.toMatchObject({ code: "E_HS_COMMIT" });
});

test("what is predicted is what people are shown", async () => {
  const [i, r] = [await DrawnSecrets.ofI(kem), await DrawnSecrets.ofR(kem)];
  let hs1 = new Uint8Array();
  const { words, hs2, hs3 } = await shakeHands(setup, { i, r }, (heard) => {
    hs1 = heard;
  });
  expect(shareIn(hs2)).toEqual(r.share);
  expect(shareIn(hs3)).toEqual(i.share);
  expect(predict(setup.room, { hs1, hs2, hs3 }, SAS_BITS)).toBe(words);
  expect(predict(setup.room, { hs1, hs2, hs3 }, BITS)).toBe(firstBits(words, BITS));
});

describe("starting over until the words fit", { timeout: PATIENCE_MS }, () => {
  test("is five looks, since three attempts at each side count", async () => {
    const runs = scaled(5_000, 150);
    let equals = 0;
    for (let run = 0; run < runs; run++) {
      const { equal, compared } = await startOver({ setup, kem, bits: BITS });
      if (equal) equals += 1;
      else expect(compared).toBe(5);
    }
    const { least, most } = expectedCount(runs, 1 - (1 - CHANCE) ** 5);
    expect(equals).toBeGreaterThanOrEqual(least);
    expect(equals).toBeLessThanOrEqual(most);
  });

  test("always succeeds against a page that does not count", async () => {
    const outcomes = [];
    for (let run = 0; run < 3; run++) {
      outcomes.push(await startOver({ setup, kem, bits: BITS }, { forgetful: true }));
    }
    expect(outcomes.map(({ equal }) => equal)).toEqual([true, true, true]);
  });
});

test("the bounds of a count are those of the binomial distribution", () => {
  expect(expectedCount(10, 0.5, 0.005)).toEqual({ least: 1, most: 9 }); // 1 of 1,024 is 0, 11 are 0 or 1.
  expect(expectedCount(10, 0.5, 0.0005)).toEqual({ least: 0, most: 10 });
  expect(expectedCount(300, CHANCE).least).toBe(0);
  expect(expectedCount(20_000, CHANCE).least).toBeGreaterThan(20);
});

/** The same attacker in a room of its own, again and again: it may learn from one run for the next. */
async function attack(order: Order, runs: number, foresees: boolean): Promise<Shown[]> {
  const attacker = new Attacker({ setup, kem, bits: BITS, foresees });
  const shown: Shown[] = [];
  for (let run = 0; run < runs; run++) {
    shown.push(
      await attacker.attack(order, { i: await DrawnSecrets.ofI(kem), r: await DrawnSecrets.ofR(kem) }),
    );
  }
  return shown;
}

function equal(shown: readonly Shown[], bits: number): number {
  return shown.filter(({ ofI, ofR }) => firstBits(ofI, bits) === firstBits(ofR, bits)).length;
}
