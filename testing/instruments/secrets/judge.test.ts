import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { judge } from "./judge.ts";
import {
  chainOf,
  expand,
  messageKeyOf,
  nextChain,
  publicOf,
  rekeyed,
  rootOf,
  sha256,
  signalKeys,
} from "./schedule.ts";
import { type Draws, draw, sealHandshake, sealRecord, sealSignal, simulate } from "./simulate.ts";
import { holding, type Values } from "./values.ts";

const nothing: Values = { bytes: [], strings: [], keys: [] };

function bytes(value: Uint8Array): Values {
  return { ...nothing, bytes: [{ where: "here", value }] };
}

const draws = draw();
const session = simulate(draws);
const { exhibit, kept, chains } = session;

/** What a session may keep after its end: nothing of it leads back. */
const harmless: Record<string, Uint8Array> = {
  link: draws.S,
  admit: session.admit,
  "a seat token": new Uint8Array(randomBytes(16)),
  room: draws.room,
  "the transcript": Buffer.concat(session.th),
  "what the messages say": Buffer.concat(session.messages.map((message) => message.subarray(0, 120))),
  k0: kept.k0,
  "the next chain key of each chain": Buffer.concat(
    chains.flat().map((chain) => nextChain(nextChain(nextChain(chain)))),
  ),
  "random bytes": new Uint8Array(randomBytes(300)),
};

const { dh, ss, dkI, k0: _k0, rk: _rk, resume: _resume, ...fatal } = kept;

const planted: Record<string, Uint8Array> = {
  ...fatal,
  "a chain's first key": chains[0]?.[0] ?? new Uint8Array(),
  "a chain key of R, bulk": chains[1]?.[1] ?? new Uint8Array(),
  "a chain's second key": nextChain(chains[0]?.[0] ?? new Uint8Array()),
  "a message key": messageKeyOf(chains[1]?.[0] ?? new Uint8Array()),
};

describe("the judge of a recording", () => {
  test("opens nothing with the link and what may be left", async () => {
    for (const [name, value] of Object.entries(harmless))
      expect([name, await judge(exhibit, bytes(value))]).toEqual([name, []]);
  });

  test.each(Object.keys(planted))("finds %s", async (name) => {
    const findings = await judge(exhibit, bytes(planted[name] ?? new Uint8Array()));
    expect(findings.length).toBeGreaterThan(0);
    expect(findings[0]?.where).toBe("here");
  });

  test("names the master secret, and one of a session that it does not have opens nothing", async () => {
    const [finding] = await judge(exhibit, bytes(kept.master));
    expect(finding).toMatchObject({ what: "master", opens: "signal 0 of I" });
    expect(await judge(exhibit, bytes(simulate(draw()).kept.master))).toEqual([]);
  });

  test.each([
    ["both shared secrets", [dh, ss]],
    ["both shared secrets in one array", [Buffer.concat([dh, ss])]],
    ["I's two private keys", [draws.skI, dkI]],
    ["I's private key and seed", [draws.skI, draws.kemSeed]],
    ["R's private key and its randomness", [draws.skR, draws.kemM]],
  ] as const)("finds %s, of which neither half is enough", async (_, halves) => {
    const both = { ...nothing, bytes: halves.map((value, index) => ({ where: `half ${index}`, value })) };
    expect((await judge(exhibit, both))[0]).toMatchObject({ what: "both shared secrets" });
    if (halves.length === 1) return;
    for (const half of halves.filter(({ length }) => length < 100))
      expect(await judge(exhibit, bytes(half))).toEqual([]);
  });

  test("finds a key in the midst of a larger buffer, and says where", async () => {
    const buffer = randomBytes(1_000);
    buffer.set(kept.rec, 789);
    expect((await judge(exhibit, bytes(buffer)))[0]).toMatchObject({ what: "rec", where: "here + 789" });
  });

  test.each([
    ["base64url", (key: Buffer) => key.toString("base64url")],
    ["base64", (key: Buffer) => key.toString("base64")],
    ["hex", (key: Buffer) => key.toString("hex")],
    ["a list of numbers", (key: Buffer) => JSON.stringify([...key])],
    ["a string of its bytes", (key: Buffer) => key.toString("latin1")],
    ["a JWK", (key: Buffer) => JSON.stringify({ kty: "oct", k: key.toString("base64url") })],
  ] as const)("finds a key written as %s", async (_, write) => {
    const strings = [{ where: "a string", value: write(kept.root) }];
    expect((await judge(exhibit, { ...nothing, strings }))[0]).toMatchObject({ what: "root" });
  });

  test("finds the resume secret of a handshake after a lost connection", async () => {
    const again = simulate({ ...draw(), room: draws.room, S: kept.resume }, 1);
    const both = { ...exhibit, blobs: [...exhibit.blobs, ...again.exhibit.blobs] };
    expect(await judge(both, bytes(kept.resume))).toContainEqual(expect.objectContaining({ what: "resume" }));
    expect(await judge(both, bytes(draws.S))).toEqual([]);
  });

  test("finds the root of a later epoch", async () => {
    const next = rekeyed(kept.rk, randomBytes(64), 1, randomBytes(1_216), randomBytes(1_120));
    const root = rootOf(next.rec, draws.fpI, draws.fpR);
    const first = messageKeyOf(chainOf(root, 0, 0));
    const marker = sealRecord({ channel: 0, seq: 7, epoch: 1 }, first, 0x32);
    const later = { ...exhibit, records: [...exhibit.records, { from: 0 as const, bytes: marker }] };
    expect((await judge(later, bytes(root)))[0]).toMatchObject({
      what: "root",
      opens: "record 7 of I on channel 0",
    });
  });
});

describe("a CryptoKey is a key", () => {
  const { subtle } = globalThis.crypto;
  const raw = (key: Uint8Array, algorithm: AlgorithmIdentifier | HmacImportParams, usage: KeyUsage) =>
    subtle.importKey("raw", Uint8Array.from(key), algorithm, false, [usage]);
  const hmacKey = { name: "HMAC", hash: "SHA-256" };
  const cases: [string, () => Promise<CryptoKey>][] = [
    ["sI for AES-GCM", () => raw(kept.sI, "AES-GCM", "decrypt")],
    ["a message key for AES-GCM", () => raw(messageKeyOf(chains[0]?.[1] ?? kept.k0), "AES-GCM", "decrypt")],
    ["a chain key for HMAC", () => raw(chains[1]?.[0] ?? kept.k0, hmacKey, "sign")],
    ["the root for HMAC", () => raw(kept.root, hmacKey, "sign")],
    ["the master for HMAC", () => raw(kept.master, hmacKey, "sign")],
  ];

  test.each(cases)("%s is found although it shows no bytes", async (_, make) => {
    const keys = [{ where: "a field", value: await make() }];
    expect((await judge(exhibit, { ...nothing, keys }))[0]).toMatchObject({ where: "a field" });
  });

  test("an X25519 private key is found together with the other half", async () => {
    const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), draws.skR]);
    const key = await subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
    const values = { ...bytes(ss), keys: [{ where: "a field", value: key }] };
    expect((await judge(exhibit, values))[0]).toMatchObject({ what: "both shared secrets" });
  });

  test("an extractable key is its bytes, and one that only encrypts another session opens nothing", async () => {
    const value = await subtle.importKey("raw", Uint8Array.from(kept.rec), hmacKey, true, ["sign"]);
    expect((await judge(exhibit, { ...nothing, keys: [{ where: "a field", value }] }))[0]?.what).toBe("rec");
    const other = await raw(simulate(draw()).kept.sI, "AES-GCM", "decrypt");
    expect(await judge(exhibit, { ...nothing, keys: [{ where: "a field", value: other }] })).toEqual([]);
  });
});

describe("looking for one known secret", () => {
  test("finds the link in bytes and in text, and nothing where there is nothing", () => {
    const text = `https://null.example/rooms/1#2.${Buffer.from(draws.S).toString("base64url")}`;
    // Once or twice: without "-" and "_" it is as good base64 as base64url.
    expect(holding({ ...nothing, strings: [{ where: "address", value: text }] }, draws.S)).not.toEqual([]);
    expect(holding(bytes(Buffer.concat([randomBytes(7), draws.S])), draws.S)).toHaveLength(1);
    expect(holding(bytes(randomBytes(64)), draws.S)).toEqual([]);
  });
});

describe("this key schedule is the protocol's: the values of spec/vectors/session.json", async () => {
  const file = new URL("../../../spec/vectors/session.json", import.meta.url);
  const vector = JSON.parse(await readFile(file, "utf8")) as Record<string, string>;
  const given = Object.fromEntries(
    Object.keys(draws).map((name) => [name, new Uint8Array(Buffer.from(vector[`in.${name}`] ?? "", "hex"))]),
  ) as Draws;
  const { kept: made, th, messages, chains: first, admit } = simulate(given);
  const [th4, th6] = [th[4] ?? made.k0, th[6] ?? made.k0];
  const values: Record<string, Uint8Array> = {
    pkI: publicOf(given.skI),
    pkR: publicOf(given.skR),
    ...made,
    sI: signalKeys(expand(made.k1, "nr2 master", th4), th6)[0],
    ...Object.fromEntries(th.map((value, index) => [`th${index}`, value])),
    ...Object.fromEntries(messages.map((value, index) => [`HS${index + 1}`, value])),
    admit,
    admitHash: sha256(admit),
    sealedHS1: sealHandshake(given, 0, 0, messages[0] ?? new Uint8Array()),
    sealedSignal0: sealSignal(given.room, 0, 0, made.sI, '{"t":"end"}'),
    rec0: sealRecord(
      { channel: 0, seq: 0 },
      messageKeyOf(first[0]?.[0] ?? made.k0),
      0x10,
      Buffer.from("hello"),
    ),
    "ck.role0.chan0[0]": first[0]?.[0] ?? made.k0,
    "mk.role0.chan0[0]": messageKeyOf(first[0]?.[0] ?? made.k0),
    "ck.role1.chan1[1]": nextChain(first[1]?.[1] ?? made.k0),
  };

  const names = Object.keys(values).filter((name) => vector[name] !== undefined);

  test("all of them are compared", () => {
    expect(names.length).toBeGreaterThanOrEqual(32);
  });

  test.each(names)("%s", (name) => {
    expect(Buffer.from(values[name] ?? new Uint8Array()).toString("hex")).toBe(vector[name]);
  });

  test("re-key", () => {
    const [body1, body2] = [vector["rekey.1.body1"], vector["rekey.1.body2"]].map((text) =>
      Buffer.from(text ?? "", "hex"),
    );
    const again = simulate({
      ...given,
      skI: hex("in.rekeySkI"),
      skR: hex("in.rekeySkR"),
      kemSeed: hex("in.rekeyKemSeed"),
      kemM: hex("in.rekeyKemM"),
    });
    const secrets = Buffer.concat([again.kept.dh, again.kept.ss]);
    const next = rekeyed(made.rk, secrets, 1, body1 ?? secrets, body2 ?? secrets);
    for (const [name, value] of Object.entries(next))
      expect(value.toString("hex")).toBe(vector[`rekey.1.${name}`]);
  });

  function hex(name: string): Uint8Array {
    return new Uint8Array(Buffer.from(vector[name] ?? "", "hex"));
  }
});
