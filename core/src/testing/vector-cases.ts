import type { Bytes } from "../brand.ts";
import { CTL, laneChains } from "../crypto/binding.ts";
import { importDhForVectors } from "../crypto/dh.ts";
import { type Handshake, initiate, respond } from "../crypto/handshake.ts";
import type { Kem } from "../crypto/kem.ts";
import { hash } from "../crypto/keys.ts";
import { RecordOpener, RecordSealer } from "../crypto/record.ts";
import { HandshakeSeal, SignalSeal } from "../crypto/seal.ts";
import { NullroomError } from "../errors.ts";
import { hasherOf } from "../files/hasher.ts";
import { descriptionOf, type Offer, OfferAssembly, type OfferFrame } from "../session/v2/files/offers.ts";
import { parseCandidate } from "../wire/candidate.ts";
import { parseBulk, parseFileFrame } from "../wire/file-frame-readers.ts";
import { parseCtl } from "../wire/frame-readers.ts";
import type { FileFrame, FrameBytes } from "../wire/frames.ts";
import { parseFragment2 } from "../wire/invite.ts";
import { parseChannels, parseDescriptions, parseOffer } from "../wire/lane-frames.ts";
import { type JsonObject, readInteger, readObject, readString } from "../wire/read.ts";
import { checkSdp } from "../wire/sdp.ts";
import { parseSignalBody } from "../wire/signal-body.ts";
import { fromHex, toHex } from "./hex.ts";
import { fixedSource } from "./vector-source.ts";

/** One value or case that did not come out. */
export type Difference = { name: string; detail: string };

/** Each kind of case, spec/README.md "Vectors": returns how it ended well, or throws the product's own error. */
type Run = (fields: JsonObject, kem: Kem) => Promise<"ok" | "discarded"> | "ok" | "discarded";

const KINDS: Readonly<Record<string, Run>> = {
  fragment: (fields) => {
    const secret = parseFragment2(readString(fields, "fragment"));
    return same(fields, "secret", secret);
  },
  initiator: runInitiator,
  responder: runResponder,
  blob0: runBlob0,
  blob1: runBlob1,
  body: (fields) => {
    parseSignalBody(readString(fields, "json"));
    return "ok";
  },
  record: runRecords,
  laneRecord: runLaneRecord,
  frame: (fields) => {
    const frame = { type: readInteger(fields, "type", { max: 255 }), body: hex(fields, "body") };
    return parseFrame(frame, readInteger(fields, "chan", { max: 1 }));
  },
  set: runSet,
  fileHash: runFileHash,
  offer: (fields) => {
    checkSdp(readString(fields, "sdp"), "offer");
    return "ok";
  },
  answer: (fields) => {
    checkSdp(readString(fields, "sdp"), "answer");
    return "ok";
  },
  candidate: (fields) => {
    parseCandidate(readString(fields, "candidate"));
    return "ok";
  },
  x25519: async (fields) => {
    const pair = await importDhForVectors(hex(fields, "sk"));
    return same(fields, "shared", await pair.derive(hex(fields, "pk")));
  },
  encapsulate: async (fields, kem): Promise<"ok"> => {
    await kem.encapsulate(hex(fields, "ek"));
    return "ok";
  },
  decapsulate: async (fields, kem) => {
    const pair = await kem.generate(hex(fields, "seed"));
    return same(fields, "ss", await pair.decapsulate(hex(fields, "ct")));
  },
};

/** @param cases - the file's list; an unknown kind is a difference, since a case that nobody runs proves nothing */
export async function runCases(cases: readonly unknown[], kem: Kem): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const entry of cases) {
    const fields = readObject(entry, "case");
    const name = readString(fields, "name");
    const expected = readString(fields, "expect");
    const outcome = await outcomeOf(fields, kem);
    if (outcome !== expected)
      differences.push({ name, detail: `expected ${expected}, came out as ${outcome}` });
  }
  return differences;
}

async function outcomeOf(fields: JsonObject, kem: Kem): Promise<string> {
  const run = KINDS[readString(fields, "kind")];
  if (run === undefined) return "unknown kind";
  try {
    return await run(fields, kem);
  } catch (error) {
    return error instanceof NullroomError ? error.code : `a foreign error: ${String(error)}`;
  }
}

async function runInitiator(fields: JsonObject, kem: Kem) {
  const source = await fixedSource(kem, {
    sk: hex(fields, "skI"),
    nonce: hex(fields, "nI"),
    hsid: hex(fields, "hsid"),
    kemSeed: hex(fields, "kemSeed"),
  });
  const { handshake } = await initiate(setupOf(fields), source);
  return feed(handshake, fields);
}

async function runResponder(fields: JsonObject, kem: Kem) {
  const secrets = { sk: hex(fields, "skR"), nonce: hex(fields, "nR"), kemM: hex(fields, "kemM") };
  return feed(respond(setupOf(fields), await fixedSource(kem, secrets)), fields);
}

/** All messages but the last must be taken; how the last one ends is the outcome. */
async function feed(handshake: Handshake, fields: JsonObject): Promise<"ok" | "discarded"> {
  const messages = list(fields, "messages");
  for (const [i, message] of messages.entries()) {
    const outcome = await handshake.receive(message);
    if (i === messages.length - 1) return outcome.type === "discarded" ? "discarded" : "ok";
    if (outcome.type === "discarded") throw new Error("an earlier message was discarded");
  }
  throw new Error("no messages");
}

async function runBlob0(fields: JsonObject): Promise<"ok"> {
  const seal = await HandshakeSeal.create({ ...setupOf(fields), role: bit(fields, "role") });
  return same(fields, "plaintext", await seal.open(hex(fields, "blob")));
}

async function runBlob1(fields: JsonObject): Promise<"ok"> {
  const keys = { sealI: hex(fields, "sI"), sealR: hex(fields, "sR") };
  const seal = await SignalSeal.create({ ...keys, room: hex(fields, "room"), role: bit(fields, "role") });
  const order = fields.order === "rising" ? "rising" : "strict";
  for (const blob of list(fields, "blobs")) parseSignalBody(await seal.open(blob, order));
  return "ok";
}

async function runRecords(fields: JsonObject): Promise<"ok" | "discarded"> {
  const channel = readInteger(fields, "chan", { max: 8 });
  const opener = new RecordOpener({ channel, role: bit(fields, "sender"), key: hex(fields, "ck") });
  if (fields.nextCk !== undefined) opener.expectEpoch(hex(fields, "nextCk"));
  let outcome: "ok" | "discarded" = "ok";
  for (const record of list(fields, "records")) outcome = parseFrame(await opener.open(record), channel);
  return outcome;
}

async function runLaneRecord(fields: JsonObject): Promise<"ok"> {
  const channel = readInteger(fields, "chan", { min: 2, max: 8 });
  const role = bit(fields, "sender");
  const epoch = readInteger(fields, "epoch", { max: 65_535 });
  const chains = (await laneChains(hex(fields, "seed"), role, [channel])).get(channel);
  if (chains === undefined) throw new Error("no chains");
  same(fields, "ck", chains.own);
  const sealer = new RecordSealer({ channel, role, key: chains.own, epoch });
  const frame = { type: readInteger(fields, "type", { max: 255 }), body: hex(fields, "body") };
  return same(fields, "sha256", await hash(await sealer.seal(frame)));
}

async function runFileHash(fields: JsonObject): Promise<"ok"> {
  const hashing = readString(fields, "hashing");
  if (hashing !== "whole" && hashing !== "pieces") throw new Error("an unknown hashing");
  const size = readInteger(fields, "size");
  const hasher = hasherOf(hashing);
  await hasher.update(Uint8Array.from({ length: size }, (_, at) => at ^ (at >> 8) ^ (at >> 16)));
  return same(fields, "hash", await hasher.digest());
}

/** The last frame makes the set whole, or is refused. */
function runSet(fields: JsonObject): "ok" | "discarded" {
  const offers = new OfferAssembly();
  let offer: Offer | undefined;
  for (const [type = 0, ...body] of list(fields, "frames")) {
    const frame = parseFileFrame({ type, body: Uint8Array.from(body) });
    if (!isOffer(frame)) throw new Error("not the frames of a set");
    offer = offers.hearFrame(frame);
  }
  if (offer === undefined) throw new Error("not whole");
  const { set } = descriptionOf(offer) ?? {};
  if (set === undefined) return "discarded";
  const said = JSON.stringify([set.name, set.entries.map(({ path }) => path)]);
  if (said === JSON.stringify([fields.safe, fields.paths])) return "ok";
  throw new Error(`safe or paths differ: ${said}`);
}

function isOffer(frame: FileFrame): frame is OfferFrame {
  return frame.type === "file_offer" || frame.type === "file_set" || frame.type === "file_set_part";
}

function parseFrame(frame: FrameBytes, channel: number): "ok" | "discarded" {
  const parsed = channel === CTL ? parseCtl(frame) : parseBulk(frame);
  if (parsed.type === "file") checkFileFrame(parseFileFrame(parsed.record));
  return parsed.type === "ignored" ? "discarded" : "ok";
}

/** What a record about lanes says is read when it is its turn. */
function checkFileFrame(frame: FileFrame): void {
  if (frame.type === "lane_offer") parseOffer(frame.bytes);
  if (frame.type === "lane_answer") parseDescriptions(frame.bytes);
  if (frame.type === "lanes") parseChannels(frame.bytes);
}

function setupOf(fields: JsonObject) {
  return { psk: hex(fields, "psk"), kind: bit(fields, "pskKind"), room: hex(fields, "room") };
}

/** An accepted case may say what it opens to. */
function same(fields: JsonObject, key: string, bytes: Bytes): "ok" {
  if (fields[key] === undefined || fields[key] === toHex(bytes)) return "ok";
  throw new Error(`${key} differs`);
}

function hex(fields: JsonObject, key: string): Bytes {
  return fromHex(readString(fields, key));
}

function bit(fields: JsonObject, key: string): 0 | 1 {
  return readInteger(fields, key, { max: 1 }) === 0 ? 0 : 1;
}

function list(fields: JsonObject, key: string): readonly Bytes[] {
  const value = fields[key];
  if (!Array.isArray(value)) throw new Error(`${key} is no list`);
  return value.map((entry) => fromHex(String(entry)));
}
