import type { Bytes } from "../brand.ts";
import { deriveAdmission } from "../crypto/admission.ts";
import { BULK, bindingOf, bindingRoot, type Channel, CTL, chainKey } from "../crypto/binding.ts";
import { importDhForVectors } from "../crypto/dh.ts";
import { initiate, respond } from "../crypto/handshake.ts";
import { withoutTag } from "../crypto/handshake-messages.ts";
import type { Kem } from "../crypto/kem.ts";
import { loadPortableKem } from "../crypto/kem-load.ts";
import { extractPsk, hash, type Role } from "../crypto/keys.ts";
import { RecordSealer, ratchet } from "../crypto/record.ts";
import { deriveEpoch, rekeyTranscript } from "../crypto/rekey.ts";
import { sasBytes } from "../crypto/sas.ts";
import {
  commitment,
  confirmationTag,
  deriveMaster,
  deriveSession,
  startTranscript,
  stepTranscript,
} from "../crypto/schedule.ts";
import { derivePhase0Key, HandshakeSeal, SignalSeal } from "../crypto/seal.ts";
import { ascii, concat } from "../wire/binary.ts";
import { formatTalk } from "../wire/frames.ts";
import { FIRST_LANE, MAX_LANES } from "../wire/lane-frames.ts";
import { toHex } from "./hex.ts";
import { fixedSource } from "./vector-source.ts";

/** `in.room` and so on, without the prefix. */
export const INPUTS = [
  "room",
  "S",
  "hsid",
  "skI",
  "skR",
  "kemSeed",
  "kemM",
  "nI",
  "nR",
  "fpI",
  "fpR",
  "phase0Nonce",
  "rekeySkI",
  "rekeySkR",
  "rekeyKemSeed",
  "rekeyKemM",
] as const;

export type SessionInputs = Record<(typeof INPUTS)[number], Bytes>;

/** Text of the example signal and chat, unless the file under test brings its own. */
export type SessionExamples = { signal: string; chatBody: Bytes };

export const EXAMPLES: SessionExamples = {
  signal: '{"t":"end"}',
  chatBody: formatTalk({ type: "chat", id: 1, text: "hello" }).body,
};

/** How many steps of each chain a file may ask for. */
const CHAIN_STEPS = 4;
const CHAT = 0x10;

/**
 * Every value of `session.json`, by its name, recomputed with the code that the product runs: both sides of a real
 * handshake with fixed randomness, whose intermediate values are then derived once more, step by step.
 */
export async function computeSession(
  inputs: SessionInputs,
  kem: Kem,
  examples: SessionExamples = EXAMPLES,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  const put = (name: string, bytes: Uint8Array) => values.set(name, toHex(bytes));
  const messages = await runHandshake(inputs, kem, values);
  messages.forEach((message, i) => {
    put(`HS${i + 1}`, message);
  });
  await putInvite(inputs, put);
  const { th6, master, rk } = await putSchedule(inputs, kem, messages, put);
  await putSeals(inputs, examples, { hs1: messages[0], th6, master }, put);
  const root = await bindingRoot((await deriveSession(master, th6)).rec, await bindingOf(inputs));
  put("root", root);
  await putChains(root, put);
  await putRecords(root, examples, put);
  await putRekey(inputs, kem, rk, put);
  return values;
}

type Put = (name: string, bytes: Uint8Array) => void;
type Messages = readonly [Bytes, Bytes, Bytes, Bytes, Bytes];

async function runHandshake(inputs: SessionInputs, kem: Kem, values: Map<string, string>): Promise<Messages> {
  const { room, S, hsid, skI, skR, kemSeed, kemM, nI, nR } = inputs;
  const setup = { psk: S, kind: 0, room } as const;
  const start = await initiate(setup, await fixedSource(kem, { sk: skI, nonce: nI, hsid, kemSeed }));
  const responder = respond(setup, await fixedSource(kem, { sk: skR, nonce: nR, kemM }));
  const hs2 = await replyOf(responder.receive(start.hs1));
  const hs3 = await replyOf(start.handshake.receive(hs2));
  const hs4 = await replyOf(responder.receive(hs3));
  const ofI = await start.handshake.receive(hs4);
  if (ofI.type !== "authenticated" || ofI.message === undefined) throw new Error("I is not authenticated");
  const ofR = await responder.receive(ofI.message);
  if (ofR.type !== "authenticated") throw new Error("R is not authenticated");
  for (const name of ["rec", "rk", "resume"] as const) {
    const [mine, theirs] = [toHex(ofI.agreed.secrets[name]), toHex(ofR.agreed.secrets[name])];
    if (mine !== theirs) throw new Error(`the two sides differ in ${name}`);
    values.set(name, mine);
  }
  values.set("sI", toHex(ofI.agreed.secrets.sealI));
  values.set("sR", toHex(ofR.agreed.secrets.sealR));
  values.set("sas", ofI.agreed.words.join(","));
  return [start.hs1, hs2, hs3, hs4, ofI.message];
}

async function replyOf(outcome: Promise<{ type: string; message?: Bytes }>): Promise<Bytes> {
  const { type, message } = await outcome;
  if (type !== "reply" || message === undefined) throw new Error("no reply");
  return message;
}

async function putInvite({ S, room }: SessionInputs, put: Put): Promise<void> {
  const p0 = await extractPsk(S);
  put("P0", p0);
  const { admit, admitHash } = await deriveAdmission(S);
  put("admit", admit);
  put("admitHash", admitHash);
  put("kI0", await derivePhase0Key(p0, "nr2 seal hs I", { psk: S, kind: 0, room, role: 0 }));
  put("kR0", await derivePhase0Key(p0, "nr2 seal hs R", { psk: S, kind: 0, room, role: 1 }));
}

async function putSchedule(inputs: SessionInputs, kem: Kem, messages: Messages, put: Put) {
  const { room, S, hsid, nI, skI, skR, kemSeed, kemM } = inputs;
  const [dhI, dhR] = [await importDhForVectors(skI), await importDhForVectors(skR)];
  const { ek, ct, ss } = await runKem(kem, kemSeed, kemM);
  const dh = await dhI.derive(dhR.publicKey);
  put("pkI", dhI.publicKey);
  put("pkR", dhR.publicKey);
  put("H(ekI)", await hash(ek));
  put("H(ct)", await hash(ct));
  put("dh", dh);
  put("ss", ss);
  put("commit", await commitment({ room, hsid, pkI: dhI.publicKey, ekI: ek, nI }));

  const [hs1, hs2, hs3, hs4] = messages;
  const th0 = await startTranscript(0, room);
  const th1 = await stepTranscript(th0, hs1);
  const th2 = await stepTranscript(th1, hs2);
  const th3 = await stepTranscript(th2, hs3);
  const th4 = await stepTranscript(th3, withoutTag(hs4));
  const { k0, k1, master } = await deriveMaster({ th0, th4, psk: S, dh, ss });
  const tagR = await confirmationTag(master, "R", th4);
  const th5 = await stepTranscript(th4, tagR);
  const tagI = await confirmationTag(master, "I", th5);
  const th6 = await stepTranscript(th5, tagI);
  const named = { th0, th1, th2, th3, th4, th5, th6, k0, k1, master, tagR, tagI };
  for (const [name, bytes] of Object.entries(named)) put(name, bytes);
  put("sasBytes", await sasBytes(th3));
  return { th6, master, rk: (await deriveSession(master, th6)).rk };
}

async function runKem(kem: Kem, seed: Bytes, m: Bytes): Promise<{ ek: Bytes; ct: Bytes; ss: Bytes }> {
  const pair = await kem.generate(seed);
  const encapsulator = kem.kind === "portable" ? kem : await loadPortableKem();
  const { ct } = await encapsulator.encapsulate(pair.ek, m);
  return { ek: pair.ek, ct, ss: await pair.decapsulate(ct) };
}

async function putSeals(
  { S, room, phase0Nonce }: SessionInputs,
  { signal }: SessionExamples,
  { hs1, th6, master }: { hs1: Bytes; th6: Bytes; master: Bytes },
  put: Put,
): Promise<void> {
  const phase0 = await HandshakeSeal.create({ psk: S, kind: 0, room, role: 0 });
  const sealed = await phase0.seal(hs1, phase0Nonce);
  put("sealedHS1", sealed);
  put("H(sealed HS1)", await hash(sealed));
  const { sealI, sealR } = await deriveSession(master, th6);
  put("sealedSignal0", await (await SignalSeal.create({ sealI, sealR, room, role: 0 })).seal(signal));
}

async function putChains(root: Bytes, put: Put): Promise<void> {
  for (const role of [0, 1] as const) {
    for (const channel of [CTL, BULK] as const) {
      let key = await chainKey(root, role, channel);
      for (let step = 0; step < CHAIN_STEPS; step++) {
        const { messageKey, following } = await ratchet(key);
        for (const name of [`role${role}.chan${channel}`]) {
          put(`ck.${name}[${step}]`, key);
          put(`mk.${name}[${step}]`, messageKey);
        }
        const spoken = `(${role === 0 ? "I" : "R"},${channel === CTL ? "ctl" : "bulk"})[${step}]`;
        put(`ck${spoken}`, key);
        put(`mk${spoken}`, messageKey);
        key = following;
      }
    }
  }
}

async function putRecords(root: Bytes, { chatBody }: SessionExamples, put: Put): Promise<void> {
  const sealFirst = async (body: Bytes) => {
    const sealer = new RecordSealer({ channel: CTL, role: 0, key: await chainKey(root, 0, CTL) });
    return sealer.seal({ type: CHAT, body });
  };
  put("rec0", await sealFirst(ascii("hello")));
  put("chatRecord", await sealFirst(chatBody));
}

async function putRekey(inputs: SessionInputs, kem: Kem, rk: Bytes, put: Put): Promise<void> {
  const dhI = await importDhForVectors(inputs.rekeySkI);
  const dhR = await importDhForVectors(inputs.rekeySkR);
  const { ek, ct, ss } = await runKem(kem, inputs.rekeyKemSeed, inputs.rekeyKemM);
  const bodies = { body1: concat(dhI.publicKey, ek), body2: concat(dhR.publicKey, ct) };
  put("rekey.1.body1", bodies.body1);
  put("rekey.1.body2", bodies.body2);
  put("rekey.1.thk", await rekeyTranscript({ epoch: 1, ...bodies }));
  const secrets = await deriveEpoch({ rk, dh: await dhI.derive(dhR.publicKey), ss, epoch: 1, ...bodies });
  for (const name of ["rec", "rk", "resume"] as const) put(`rekey.1.${name}`, secrets[name]);
  const root = await bindingRoot(secrets.rec, await bindingOf(inputs));
  put("rekey.1.root", root);
  const sides: readonly [Role, Channel][] = [
    [0, CTL],
    [0, BULK],
    [1, CTL],
    [1, BULK],
    [0, FIRST_LANE],
    [1, FIRST_LANE + MAX_LANES - 1],
  ];
  for (const [role, channel] of sides) {
    put(`rekey.1.ck.role${role}.chan${channel}`, await chainKey(root, role, channel));
  }
}
