import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { ascii, concat, u16 } from "../wire/binary.ts";
import { wipe } from "./bytes.ts";
import type { DhKeyPair } from "./dh.ts";
import type { KemKeyPair } from "./kem.ts";
import { expand, extract, hash } from "./keys.ts";
import type { HandshakeSource } from "./source.ts";

/** The keys of a re-key and what becomes of them, spec/4-frames.md §6. */

/** Epochs are two bytes in a record's header. */
const LAST_EPOCH = 0xffff;

/** What both sides know once REKEY2 is made. */
export type SharedSecrets = { dh: Bytes; ss: Bytes };

/**
 * The responder's half: fresh keys of its own against the initiator's.
 * @throws "E_REKEY" for keys that a handshake would refuse
 */
export async function answerKeys(
  source: HandshakeSource,
  { pk, ek }: { pk: Bytes; ek: Bytes },
): Promise<{ pk: Bytes; ct: Bytes; shared: SharedSecrets }> {
  const own = await source.generateDh();
  return refusing(async () => {
    const { ct, ss } = await source.kem.encapsulate(ek);
    return { pk: own.publicKey, ct, shared: { dh: await deriveBeside(ss, own, pk), ss } };
  });
}

/** The initiator's half. Its own keys are always gone afterwards. @throws "E_REKEY" */
export async function concludeKeys(
  own: { dh: DhKeyPair; kem: KemKeyPair },
  { pk, ct }: { pk: Bytes; ct: Bytes },
): Promise<SharedSecrets> {
  try {
    return await refusing(async () => {
      const ss = await own.kem.decapsulate(ct);
      return { dh: await deriveBeside(ss, own.dh, pk), ss };
    });
  } finally {
    own.kem.wipe();
  }
}

/** Derive beside `ss`, which is of no use without the derived secret and so is wiped with a failure. */
async function deriveBeside(ss: Bytes, own: DhKeyPair, pk: Bytes): Promise<Bytes> {
  try {
    return await own.derive(pk);
  } catch (thrown) {
    wipe(ss);
    throw thrown;
  }
}

async function refusing<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    throw new NullroomError("E_REKEY", "keys that do not fit", { cause });
  }
}

/** The input of the key schedule. */
export type RekeyInput = SharedSecrets & {
  /** rk of the epoch that ends; zero when this returns. */
  rk: Bytes;
  /** The epoch that begins. */
  epoch: number;
  /** The bodies of REKEY1 and REKEY2, as they travelled. */
  body1: Bytes;
  body2: Bytes;
};

export type EpochSecrets = { rec: Bytes; rk: Bytes; resume: Bytes };

export async function rekeyTranscript({
  epoch,
  body1,
  body2,
}: Pick<RekeyInput, "epoch" | "body1" | "body2">): Promise<Bytes> {
  return hash(ascii("nr2 rekey"), u16(epoch), await hash(body1), await hash(body2));
}

/** Wipes `rk`, `dh` and `ss`, so that no ancestor of the result is left. @throws "E_REKEY" beyond the last epoch */
export async function deriveEpoch(input: RekeyInput): Promise<EpochSecrets> {
  if (input.epoch > LAST_EPOCH) {
    wipe(input.rk, input.dh, input.ss);
    throw new NullroomError("E_REKEY", "no epoch is left");
  }
  const shared = concat(input.dh, input.ss);
  const mix = await extract(input.rk, shared);
  wipe(shared, input.rk, input.dh, input.ss);
  const thk = await rekeyTranscript(input);
  const secrets = {
    rec: await expand(mix, "nr2 record", thk),
    rk: await expand(mix, "nr2 rekey key", thk),
    resume: await expand(mix, "nr2 resume", thk),
  };
  wipe(mix);
  return secrets;
}
