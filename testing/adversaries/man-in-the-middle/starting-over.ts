import type { Bytes } from "../../../core/src/brand.ts";
import { Attempts } from "../../../core/src/crypto/attempts.ts";
import { randomBytes } from "../../../core/src/crypto/bytes.ts";
import { generateDh } from "../../../core/src/crypto/dh.ts";
import {
  type Handshake,
  type HandshakeSetup,
  initiate,
  respond,
} from "../../../core/src/crypto/handshake.ts";
import { EK_BYTES, type Kem } from "../../../core/src/crypto/kem.ts";
import { freshSource } from "../../../core/src/crypto/source.ts";
import { NullroomError } from "../../../core/src/errors.ts";
import { concat } from "../../../core/src/wire/binary.ts";
import { hs1For, hs2For, hs3For, predict, shareIn } from "./prediction.ts";

/**
 * What the attacker is up against. It sees the words that a handshake would bring about and starts over if they do not
 * fit, for which it needs only the messages that decide the words. Each page counts its attempts as the handshake says.
 */
export type Target = { setup: HandshakeSetup; kem: Kem; bits: number };

/** A victim's page. It throws when it refuses to begin again; a forgetful one lacks that rule. */
class Page {
  readonly #attempts = new Attempts();
  readonly #forgetful: boolean;
  #running: Handshake | undefined;

  constructor({ forgetful }: { forgetful: boolean }) {
    this.#forgetful = forgetful;
  }

  begin(handshake: Handshake): void {
    if (this.#running?.counts && !this.#forgetful) this.#attempts.count();
    this.#attempts.begin();
    this.#running = handshake;
  }
}

/** Start over until the words fit. @returns whether the words came out equal before a page would not go on, and how often they were compared */
export async function startOver(
  target: Target,
  { forgetful = false } = {},
): Promise<{ equal: boolean; compared: number }> {
  const [pageOfI, pageOfR] = [new Page({ forgetful: false }), new Page({ forgetful })];
  const mine = (await generateDh()).publicKey;
  let compared = 0;
  try {
    let ofI = await wordsOfI(target, pageOfI, mine);
    let ofR = -1;
    for (;;) {
      // The responder's page until it refuses, then the initiator's against the last words: five looks in all.
      const again = await wordsOfR(target, pageOfR, mine).catch(unlessExhausted);
      if (again === undefined) ofI = await wordsOfI(target, pageOfI, mine);
      else ofR = again;
      compared += 1;
      if (ofI === ofR) return { equal: true, compared };
    }
  } catch (error) {
    unlessExhausted(error);
    return { equal: false, compared };
  }
}

async function wordsOfI({ setup, kem, bits }: Target, page: Page, pkR: Bytes): Promise<number> {
  const { handshake, hs1 } = await initiate(setup, freshSource(kem));
  page.begin(handshake);
  const hsid = hs1.slice(3, 19);
  const hs2 = hs2For(hsid, concat(pkR, randomBytes(32)));
  const answer = await handshake.receive(hs2);
  if (answer.type !== "reply") throw new Error("no HS3");
  return predict(setup.room, { hs1, hs2, hs3: answer.message }, bits);
}

async function wordsOfR({ setup, kem, bits }: Target, page: Page, pkI: Bytes): Promise<number> {
  const [hsid, share] = [randomBytes(16), concat(pkI, randomBytes(EK_BYTES + 32))];
  const handshake = respond(setup, freshSource(kem));
  page.begin(handshake);
  const hs1 = hs1For(setup.room, hsid, share);
  const answer = await handshake.receive(hs1);
  if (answer.type !== "reply") throw new Error("no HS2");
  const hs2 = hs2For(hsid, shareIn(answer.message));
  return predict(setup.room, { hs1, hs2, hs3: hs3For(hsid, share) }, bits);
}

/** @throws what is not a page's refusal to begin again */
function unlessExhausted(error: unknown): undefined {
  if (error instanceof NullroomError && error.code === "E_HS_TAMPER") return undefined;
  throw error;
}
