import type { Attempt, Target } from "./exhibit.ts";
import type { Finding } from "./finding.ts";
import { publicParts } from "./schedule.ts";
import { type Found, KEY_BYTES } from "./values.ts";

const { subtle } = globalThis.crypto;
const ONE = Uint8Array.of(1);

/**
 * Use every CryptoKey that opens or derives on what was recorded. It shows no bytes, but whoever reaches it can use it
 * all the same.
 */
export async function openWithKeys(
  keys: readonly Found<CryptoKey>[],
  attempts: readonly Attempt[],
  targets: readonly Target[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { where, value } of keys) {
    for (const [what, key] of await keysBehind(value, attempts)) {
      const target = await firstOpened(key, targets);
      if (target !== undefined) findings.push({ what, where, opens: target.name });
    }
  }
  return findings;
}

/** The bytes that a key gives away: its own where it may be exported, else what it derives with what was recorded. */
export async function exposedBy(
  keys: readonly Found<CryptoKey>[],
  attempts: readonly Attempt[],
): Promise<readonly Found<Uint8Array>[]> {
  const exposed: Found<Uint8Array>[] = [];
  for (const { where, value: key } of keys) {
    const secrets = [...(await exported(key)), ...(await agreed(key, attempts))];
    exposed.push(...secrets.map((value) => ({ where, value: new Uint8Array(value) })));
  }
  return exposed;
}

async function exported(key: CryptoKey): Promise<ArrayBuffer[]> {
  if (!key.extractable || key.type === "public") return [];
  const bytes = await subtle.exportKey(key.type === "secret" ? "raw" : "pkcs8", key);
  // The private key itself is the last field of its wrapping.
  return [key.type === "secret" ? bytes : bytes.slice(-KEY_BYTES)];
}

async function agreed(key: CryptoKey, attempts: readonly Attempt[]): Promise<ArrayBuffer[]> {
  if (key.type !== "private" || key.algorithm.name !== "X25519") return [];
  const publics = attempts.flatMap(({ messages }) => {
    const { pkI, pkR } = publicParts(messages);
    return pkI === undefined || pkR === undefined ? [] : [Uint8Array.from(pkI), Uint8Array.from(pkR)];
  });
  return Promise.all(
    publics.map(async (bytes) => {
      const other = await subtle.importKey("raw", bytes, "X25519", true, []);
      return subtle.deriveBits({ name: "X25519", public: other }, key, 8 * KEY_BYTES);
    }),
  );
}

type Named = readonly [what: string, key: CryptoKey];

async function keysBehind(key: CryptoKey, attempts: readonly Attempt[]): Promise<Named[]> {
  if (key.algorithm.name === "AES-GCM" && key.usages.includes("decrypt")) return [["a CryptoKey", key]];
  if (key.algorithm.name !== "HMAC" || !key.usages.includes("sign")) return [];
  return behindHmac(key, attempts);
}

/** The keys that an HMAC key derives if it is a chain key, a root or a master secret. */
async function behindHmac(key: CryptoKey, attempts: readonly Attempt[]): Promise<Named[]> {
  const named: Named[] = [["a chain's CryptoKey", await derived(key, ONE)]];
  for (const role of [0, 1]) {
    for (const channel of [0, 1]) {
      const chain = await subtle.sign("HMAC", key, info("nr2 chain", Uint8Array.of(role, channel)));
      named.push(["a root's CryptoKey", await derived(await imported(chain), ONE)]);
    }
  }
  for (const { th } of attempts) {
    const th6 = th[6];
    if (th6 === undefined) continue;
    for (const label of ["nr2 seal sig I", "nr2 seal sig R"]) {
      named.push(["a master's CryptoKey", await derived(key, info(label, th6))]);
    }
  }
  return named;
}

async function derived(key: CryptoKey, data: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return subtle.importKey("raw", await subtle.sign("HMAC", key, data), "AES-GCM", false, ["decrypt"]);
}

function imported(bytes: ArrayBuffer): Promise<CryptoKey> {
  return subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

function info(label: string, context: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat([Buffer.from(label), context, ONE]));
}

async function firstOpened(key: CryptoKey, targets: readonly Target[]): Promise<Target | undefined> {
  for (const target of targets) {
    const [iv, additionalData, body] = [target.nonce, target.aad, target.body].map((part) =>
      Uint8Array.from(part),
    );
    if (iv === undefined || additionalData === undefined || body === undefined) continue;
    const opened = await subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, body).then(
      () => true,
      () => false,
    );
    if (opened) return target;
  }
  return undefined;
}
