import type { Bytes } from "../../../core/src/brand.ts";
import { randomBytes } from "../../../core/src/crypto/bytes.ts";
import {
  type HandshakeOutcome,
  type HandshakeSetup,
  initiate,
  respond,
} from "../../../core/src/crypto/handshake.ts";
import { EK_BYTES, type Kem } from "../../../core/src/crypto/kem.ts";
import { concat } from "../../../core/src/wire/binary.ts";
import { DrawnSecrets } from "./drawn-secrets.ts";
import { grind, hs1For, hs2For, hs3For, type Messages, predict, SAS_BITS, shareIn } from "./prediction.ts";

/** The side with which the attacker has its first handshake. It knows the words of that side during the second. */
export type Order = "I first" | "R first";

/** The 30 bits of the words that each side is shown. */
export type Shown = { ofI: number; ofR: number };

type People = { i: DrawnSecrets; r: DrawnSecrets };

export type AttackerOptions = {
  setup: HandshakeSetup;
  kem: Kem;
  /** How many bits of the words it tries to make equal. */
  bits: number;
  /** Plants a protocol without commitment: the attacker learns the other's share before it must fix its own. */
  foresees: boolean;
};

/**
 * Somebody who has the link and is the relay. It opens and seals everything, and is the responder to the initiator and
 * the initiator to the responder. In the second of its two handshakes its own share is the last thing that it can choose,
 * so it tries nonces until the words would come out equal. For that it needs the other's share, which comes only after
 * its own is fixed, so it guesses that it is the same as the last time. All else in both handshakes is as it should be.
 */
export class Attacker {
  readonly #options: AttackerOptions;
  #lastOfI: Bytes = randomBytes(32 + EK_BYTES + 32);
  #lastOfR: Bytes = randomBytes(64);

  constructor(options: AttackerOptions) {
    this.#options = options;
  }

  async attack(order: Order, people: People): Promise<Shown> {
    if (order === "R first") {
      const ofR = await this.#shakeHandsWithR(people.r);
      return { ofI: await this.#shakeHandsWithI(people.i, ofR), ofR };
    }
    const ofI = await this.#shakeHandsWithI(people.i);
    return { ofI, ofR: await this.#shakeHandsWithR(people.r, ofI) };
  }

  /** A handshake with the initiator, as the responder. The attacker's share is due after HS1 and before HS3. */
  async #shakeHandsWithI(i: DrawnSecrets, wanted?: number): Promise<number> {
    const { setup, kem } = this.#options;
    const mine = await DrawnSecrets.ofR(kem);
    const { words, hs3 } = await shakeHands(setup, { i, r: mine }, (hs1) => {
      const guess = this.#options.foresees ? i.share : this.#lastOfI;
      const nonceIn = (nonce: Bytes) => {
        const hs2 = hs2For(i.hsid, concat(mine.keys, nonce));
        return { hs1, hs2, hs3: hs3For(i.hsid, guess) };
      };
      mine.nonce = this.#choose(wanted, nonceIn);
    });
    this.#lastOfI = shareIn(hs3);
    return words;
  }

  /** A handshake with the responder, as the initiator. HS1 commits to the attacker's share before anything has come. */
  async #shakeHandsWithR(r: DrawnSecrets, wanted?: number): Promise<number> {
    const { setup, kem } = this.#options;
    const mine = await DrawnSecrets.ofI(kem);
    const hs2 = hs2For(mine.hsid, this.#options.foresees ? r.share : this.#lastOfR);
    mine.nonce = this.#choose(wanted, (nonce) => {
      const share = concat(mine.keys, nonce);
      return { hs1: hs1For(setup.room, mine.hsid, share), hs2, hs3: hs3For(mine.hsid, share) };
    });
    const { words, hs2: heard } = await shakeHands(setup, { i: mine, r });
    this.#lastOfR = shareIn(heard);
    return words;
  }

  #choose(wanted: number | undefined, messages: (nonce: Bytes) => Messages): Bytes {
    const { setup, bits } = this.#options;
    if (wanted === undefined) return randomBytes(32);
    const target = firstBits(wanted, bits);
    return grind(bits, (nonce) => predict(setup.room, messages(nonce), bits) === target);
  }
}

/** The first `bits` of the 30. */
export function firstBits(words: number, bits: number): number {
  return words >>> (SAS_BITS - bits);
}

/** Run a whole handshake. @throws unless its two sides show the same words */
export async function shakeHands(
  setup: HandshakeSetup,
  { i, r }: People,
  heardHs1: (hs1: Bytes) => void = () => undefined,
): Promise<{ words: number; hs2: Bytes; hs3: Bytes }> {
  const { handshake, hs1 } = await initiate(setup, i.source);
  heardHs1(hs1);
  const responder = respond(setup, r.source);
  const hs2 = messageOf(await responder.receive(hs1));
  const hs3 = messageOf(await handshake.receive(hs2));
  const ofI = await handshake.receive(messageOf(await responder.receive(hs3)));
  const ofR = await responder.receive(messageOf(ofI));
  const words = wordsOf(ofI);
  if (words !== wordsOf(ofR)) throw new Error("the two ends of one handshake show different words");
  return { words, hs2, hs3 };
}

function messageOf(outcome: HandshakeOutcome): Bytes {
  if (outcome.type === "discarded" || outcome.message === undefined) throw new Error("no reply");
  return outcome.message;
}

function wordsOf(outcome: HandshakeOutcome): number {
  if (outcome.type !== "authenticated") throw new Error("not authenticated");
  return outcome.agreed.words.reduce<number>((bits, index) => bits * 64 + index, 0);
}
