import type { Bytes } from "../brand.ts";
import { ascii, concat, u8, u32 } from "../wire/binary.ts";
import { wipe } from "./bytes.ts";
import { SUITE } from "./handshake-messages.ts";
import { expand, extract, hash, hmac, type PskKind } from "./keys.ts";

/** The transcript and the key schedule of spec/3-session.md §3, step by step. */

export type CommitInput = { room: Bytes; hsid: Bytes; pkI: Bytes; ekI: Bytes; nI: Bytes };

export function commitment({ room, hsid, pkI, ekI, nI }: CommitInput): Promise<Bytes> {
  return hash(ascii("nr2 commit"), room, hsid, pkI, ekI, nI);
}

/** th0. */
export function startTranscript(kind: PskKind, room: Bytes): Promise<Bytes> {
  return hash(ascii("nr2 transcript"), u8(SUITE), u8(kind), room);
}

/** th(n+1) from th(n) and what was said. */
export function stepTranscript(th: Bytes, said: Bytes): Promise<Bytes> {
  return hash(th, u32(said.length), said);
}

export type MasterInput = { th0: Bytes; th4: Bytes; psk: Bytes; dh: Bytes; ss: Bytes };

/** The three keys above every session key. The caller wipes them, `k0` and `k1` at once. */
export async function deriveMaster(input: MasterInput): Promise<{ k0: Bytes; k1: Bytes; master: Bytes }> {
  const k0 = await extract(input.th0, input.psk);
  const shared = concat(input.dh, input.ss);
  const k1 = await extract(k0, shared);
  wipe(shared);
  return { k0, k1, master: await expand(k1, "nr2 master", input.th4) };
}

/** tagR over th4, or tagI over th5. */
export async function confirmationTag(master: Bytes, role: "I" | "R", th: Bytes): Promise<Bytes> {
  const key = await expand(master, `nr2 confirm ${role}`);
  const tag = await hmac(key, th);
  wipe(key);
  return tag;
}

/** The secrets that come from `master`. None of them is an ancestor of another. */
export type SessionSecrets = { rec: Bytes; rk: Bytes; resume: Bytes; sealI: Bytes; sealR: Bytes };

export async function deriveSession(master: Bytes, th6: Bytes): Promise<SessionSecrets> {
  return {
    rec: await expand(master, "nr2 record", th6),
    rk: await expand(master, "nr2 rekey key", th6),
    resume: await expand(master, "nr2 resume", th6),
    sealI: await expand(master, "nr2 seal sig I", th6),
    sealR: await expand(master, "nr2 seal sig R", th6),
  };
}

export function wipeSession(secrets: SessionSecrets): void {
  wipe(secrets.rec, secrets.rk, secrets.resume, secrets.sealI, secrets.sealR);
}

/** Everything that both sides know once `ct` is sent: tags, and the session that valid tags open. */
export type Conclusion = { tagR: Bytes; tagI: Bytes; secrets: SessionSecrets };

/**
 * Run the key schedule from `dh` and `ss` to its end. No ancestor is left: k0, k1, master, `dh` and `ss` are zero when
 * this returns.
 * @param hs4Untagged - HS4 without its tag: `04 ‖ hsid ‖ ct`
 */
export async function conclude(
  input: Omit<MasterInput, "th4"> & { th3: Bytes; hs4Untagged: Bytes },
): Promise<Conclusion> {
  const th4 = await stepTranscript(input.th3, input.hs4Untagged);
  const { k0, k1, master } = await deriveMaster({ ...input, th4 });
  wipe(k0, k1, input.dh, input.ss);
  const tagR = await confirmationTag(master, "R", th4);
  const th5 = await stepTranscript(th4, tagR);
  const tagI = await confirmationTag(master, "I", th5);
  const secrets = await deriveSession(master, await stepTranscript(th5, tagI));
  wipe(master);
  return { tagR, tagI, secrets };
}
