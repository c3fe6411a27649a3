import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scaled } from "../../../testing/scale.ts";
import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { Attempts } from "./attempts.ts";
import { randomBytes } from "./bytes.ts";
import { generateDh } from "./dh.ts";
import { type Handshake, type HandshakeOutcome, initiate, respond } from "./handshake.ts";
import { parseHandshake } from "./handshake-messages.ts";
import { loadPortableKem } from "./kem-load.ts";
import { freshSource } from "./source.ts";

const room = randomBytes(16);
const source = freshSource(await loadPortableKem());

async function reply(outcome: Promise<HandshakeOutcome>): Promise<Bytes> {
  const result = await outcome;
  if (result.type === "discarded" || result.message === undefined) throw new Error("no message");
  return result.message;
}

async function run(psk: Bytes, kind: 0 | 1 = 0) {
  const { handshake: initiator, hs1 } = await initiate({ psk, kind, room }, source);
  const responder = respond({ psk, kind, room }, source);
  const hs2 = await reply(responder.receive(hs1));
  const hs3 = await reply(initiator.receive(hs2));
  const hs4 = await reply(responder.receive(hs3));
  const ofI = await initiator.receive(hs4);
  if (ofI.type !== "authenticated" || ofI.message === undefined) throw new Error("I is not authenticated");
  const ofR = await responder.receive(ofI.message);
  if (ofR.type !== "authenticated") throw new Error("R is not authenticated");
  return { ofI: ofI.agreed, ofR: ofR.agreed, messages: [hs1, hs2, hs3, hs4, ofI.message] };
}

test.each([0, 1] as const)("both sides agree on everything, kind %i", async (kind) => {
  const { ofI, ofR, messages } = await run(randomBytes(32), kind);
  expect(ofI).toEqual(ofR);
  expect(messages.map(({ length }) => length)).toEqual([51, 81, 1265, 1137, 49]);
});

test("two runs under the same link share nothing", async () => {
  const psk = randomBytes(32);
  const [first, second] = [await run(psk), await run(psk)];
  for (const name of ["rec", "rk", "resume", "sealI", "sealR"] as const) {
    expect(first.ofI.secrets[name]).not.toEqual(second.ofI.secrets[name]);
  }
});

test("somebody with the link in the middle gets through, and the words show it", async () => {
  // Compared on all 30 bits: two honest handshakes have the same words once in 10⁹ runs.
  const psk = randomBytes(32);
  for (let i = 0; i < scaled(200, 3); i++) {
    const [towardsI, towardsR] = [await run(psk), await run(psk)];
    expect(towardsI.ofI.words).not.toEqual(towardsR.ofR.words);
  }
});

describe("what is left behind", () => {
  test("a failed attempt holds nothing and takes nothing more", async () => {
    const psk = randomBytes(32);
    const { handshake: initiator, hs1 } = await initiate({ psk, kind: 0, room }, source);
    const responder = respond({ psk, kind: 0, room }, source);
    const hs2 = await reply(responder.receive(hs1));
    const hs4 = await reply(responder.receive(await reply(initiator.receive(hs2))));
    hs4[hs4.length - 1] = (hs4.at(-1) ?? 0) ^ 1;
    await expect(initiator.receive(hs4)).rejects.toMatchObject({ code: "E_HS_CONFIRM" });
    await expect(initiator.receive(hs4)).rejects.toMatchObject({ code: "E_SIGNAL_SEQ" });
    expect(psk).not.toEqual(new Uint8Array(32)); // The link's secret is the session's to wipe.
  });

  test("a step that was under way when the attempt was wiped leaves nothing to go on from", async () => {
    const psk = randomBytes(32);
    const { handshake: initiator, hs1 } = await initiate({ psk, kind: 0, room }, source);
    const responder = respond({ psk, kind: 0, room }, source);
    const hs3 = await reply(initiator.receive(await reply(responder.receive(hs1))));
    const underWay = responder.receive(hs3);
    responder.wipe();
    const ofI = await initiator.receive(await reply(underWay));
    if (ofI.type !== "authenticated" || ofI.message === undefined) throw new Error("I is not authenticated");
    await expect(responder.receive(ofI.message)).rejects.toMatchObject({ code: "E_SIGNAL_SEQ" });
  });

  test("the ephemeral private key cannot leave the engine", async () => {
    expect(Object.keys(await generateDh())).toEqual(["publicKey", "derive"]);
  });
});

describe("which attempts count", () => {
  test("for I once it has sent HS3, for R once it has sent HS2", async () => {
    const psk = randomBytes(32);
    const { handshake: initiator, hs1 } = await initiate({ psk, kind: 0, room }, source);
    const responder = respond({ psk, kind: 0, room }, source);
    expect([initiator.counts, responder.counts]).toEqual([false, false]);
    const hs2 = await reply(responder.receive(hs1));
    expect([initiator.counts, responder.counts]).toEqual([false, true]);
    await initiator.receive(hs2);
    expect([initiator.counts, responder.counts]).toEqual([true, true]);
  });

  test("a key that cannot be used costs I no attempt", async () => {
    const { handshake, hs1 } = await initiate({ psk: randomBytes(32), kind: 0, room }, source);
    const hsid = parseHandshake(hs1).hsid;
    const hs2 = Uint8Array.of(2, ...hsid, ...new Uint8Array(64));
    await expect(handshake.receive(hs2)).rejects.toMatchObject({ code: "E_HS_DH" });
    expect(handshake.counts).toBe(false);
  });

  test("after three, none begins", () => {
    const attempts = new Attempts();
    for (let i = 1; i <= 3; i++) {
      attempts.begin();
      attempts.count();
      expect(attempts.number).toBe(i);
    }
    expect(attempts.exhausted).toBe(true);
    expect(() => attempts.begin()).toThrow(expect.objectContaining({ code: "E_HS_TAMPER" }));
  });
});

test("any flipped bit of any message is refused by whoever gets it or shows in a tag", async () => {
  const psk = randomBytes(32);
  const place = fc.record({ message: fc.nat(4), bit: fc.nat(1265 * 8) });
  await fc.assert(
    fc.asyncProperty(place, async ({ message, bit }) => {
      expect(await runFlipped(psk, message, bit)).toBe(false);
    }),
    { numRuns: scaled(5_000, 60) },
  );
});

/** Whether both sides came out authenticated although one bit of one message was flipped on its way. */
async function runFlipped(psk: Bytes, which: number, bit: number): Promise<boolean> {
  const { handshake: initiator, hs1 } = await initiate({ psk, kind: 0, room }, source);
  const responder = respond({ psk, kind: 0, room }, source);
  let message = hs1;
  const receivers: Handshake[] = [responder, initiator, responder, initiator, responder];
  for (const [i, receiver] of receivers.entries()) {
    if (i === which) {
      const at = bit % (message.length * 8);
      message = message.slice();
      message[at >> 3] = (message[at >> 3] ?? 0) ^ (1 << (at & 7));
    }
    try {
      const outcome = await receiver.receive(message);
      if (outcome.type === "discarded") return false;
      if (outcome.type === "authenticated" && outcome.message === undefined) return true;
      message = outcome.message ?? new Uint8Array();
    } catch (error) {
      expect(error).toBeInstanceOf(NullroomError);
      return false;
    }
  }
  return true;
}

test("whatever bytes arrive as a message, nothing but our error comes out", async () => {
  const runs = scaled(1_000_000, 5_000);
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 1300 }),
    fc
      .constantFrom(51, 81, 1265, 1137, 49)
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
  );
  const tag = fc.constantFrom(1, 2, 3, 4, 5);
  await fc.assert(
    fc.asyncProperty(tag, bytes, fc.boolean(), async (type, body, shaped) => {
      const message = Uint8Array.from(body);
      if (shaped && message.length > 0) message[0] = type;
      try {
        const parsed = parseHandshake(message);
        expect(parsed.hsid).toHaveLength(16);
      } catch (error) {
        expect(error).toBeInstanceOf(NullroomError);
      }
    }),
    { numRuns: runs },
  );
}, 600_000);

test("nor in whatever state it arrives", async () => {
  const psk = randomBytes(32);
  const step = fc.record({
    state: fc.nat(3),
    type: fc.constantFrom(1, 2, 3, 4, 5),
    seed: fc.nat(),
    own: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(step, async ({ state, type, seed, own }) => {
      const { initiator, responder, hs1 } = await runUpTo(psk, state);
      const noise = randomBytes([51, 81, 1265, 1137, 49][type - 1] ?? 0);
      noise[0] = type;
      if (type === 1) noise.set([1, 0], 1);
      if (own) noise.set(parseHandshake(hs1).hsid, type === 1 ? 3 : 1);
      const receiver = seed % 2 === 0 ? initiator : responder;
      try {
        expect((await receiver.receive(noise)).type).not.toBe("authenticated");
      } catch (error) {
        expect(error).toBeInstanceOf(NullroomError);
      }
    }),
    { numRuns: scaled(20_000, 150) },
  );
}, 600_000);

/** Both sides after `state` of the messages between HS1 and HS4 have arrived. */
async function runUpTo(psk: Bytes, state: number) {
  const { handshake: initiator, hs1 } = await initiate({ psk, kind: 0, room }, source);
  const responder = respond({ psk, kind: 0, room }, source);
  if (state === 0) return { initiator, responder, hs1 };
  const hs2 = await reply(responder.receive(hs1));
  if (state === 1) return { initiator, responder, hs1 };
  const hs3 = await reply(initiator.receive(hs2));
  if (state === 3) await responder.receive(hs3);
  return { initiator, responder, hs1 };
}
