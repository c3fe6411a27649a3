import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import {
  type Attempt,
  blobTarget,
  type Exhibit,
  isHandshake,
  openHandshakes,
  recordTargets,
} from "./exhibit.ts";
import type { Finding } from "./finding.ts";
import { keysFrom, type NamedKey } from "./lineage.ts";
import { extract, masterOf, publicOf, publicParts, sharedSecret, tagOfR } from "./schedule.ts";
import { Targets } from "./targets.ts";
import { allBytes, type Found, KEY_BYTES, type Values, windows } from "./values.ts";
import { exposedBy, openWithKeys } from "./web-keys.ts";

const MLKEM_PRIVATE_BYTES = 2_400;
const MLKEM_SEED_BYTES = 64;

/** Pairs grow with the square: this many halves of a shared secret are more than any session holds. */
const MOST_HALVES = 300;

/**
 * Try to open anything of a recording with the link and whatever a session left behind. Every value is taken for
 * every secret of the key schedule in turn. What the link alone opens, the handshake's own messages, is no finding:
 * they hold nothing but public keys.
 */
export async function judge(exhibit: Exhibit, values: Values): Promise<readonly Finding[]> {
  const { attempts, shut } = openHandshakes(exhibit, exhibit.link, 0);
  const targets = new Targets([
    ...exhibit.blobs
      .filter((blob) => !isHandshake(blob) || shut.includes(blob))
      .map((blob) => blobTarget(exhibit.room, blob)),
    ...recordTargets(exhibit.records),
  ]);
  const bytes = [...allBytes(values), ...(await exposedBy(values.keys, attempts))];
  const findings: Finding[] = [];
  for (const candidate of windows(bytes)) {
    findings.push(...judgeKey(exhibit, attempts, targets, candidate));
    findings.push(...judgeResume({ room: exhibit.room, blobs: shut }, candidate));
  }
  for (const attempt of attempts) findings.push(...judgeEphemerals(exhibit, attempt, targets, bytes));
  findings.push(...(await openWithKeys(values.keys, attempts, targets.list)));
  return findings;
}

/** Try a value as each secret that the handshake leads to. */
function judgeKey(
  exhibit: Exhibit,
  attempts: readonly Attempt[],
  targets: Targets,
  { where, value }: Found<Uint8Array>,
): Finding[] {
  return keysFrom(value, attempts, exhibit.fingerprints).flatMap((key) => opened(key, targets, where));
}

function opened({ what, key, fits }: NamedKey, targets: Targets, where: string): Finding[] {
  const target = targets.opened(key, fits);
  return target === undefined ? [] : [{ what, where, opens: target.name }];
}

/** Try a value as the resume secret that keyed a later handshake. */
function judgeResume(shut: Pick<Exhibit, "room" | "blobs">, { where, value }: Found<Uint8Array>): Finding[] {
  if (shut.blobs.length === 0) return [];
  const { attempts } = openHandshakes(shut, value, 1);
  return attempts.length === 0
    ? []
    : [{ what: "resume", where, opens: "a handshake after a lost connection" }];
}

/** Try values as private keys and shared secrets of the handshake: both halves together make the master secret. */
function judgeEphemerals(
  exhibit: Exhibit,
  attempt: Attempt,
  targets: Targets,
  bytes: readonly Found<Uint8Array>[],
): Finding[] {
  const whole = bytes.filter(({ value }) => value.length === KEY_BYTES);
  const classical = [...whole, ...whole.flatMap((each) => named(each, dhFrom(attempt, each.value)))];
  const quantum = [...whole, ...bytes.flatMap((each) => named(each, kemFrom(attempt, each.value)))];
  const joined = [...windows(bytes, 2 * KEY_BYTES)];
  const pairs = classical.slice(-MOST_HALVES).flatMap((dh) =>
    quantum.slice(-MOST_HALVES).map((ss) => ({
      where: `${dh.where} with ${ss.where}`,
      value: Buffer.concat([dh.value, ss.value]),
    })),
  );
  return [...joined, ...pairs].flatMap(({ where, value }) => {
    const master = masterFrom(exhibit, attempt, value);
    if (master === undefined) return [];
    const found = keysFrom(master, [attempt], exhibit.fingerprints).flatMap((key) =>
      opened(key, targets, where),
    );
    return found.slice(0, 1).map((finding) => ({ ...finding, what: "both shared secrets" }));
  });
}

function named({ where }: Found<Uint8Array>, value: Uint8Array | undefined): Found<Uint8Array>[] {
  return value === undefined ? [] : [{ where, value }];
}

/** The master secret that a pair of shared secrets leads to. The responder's tag in HS4 tells whether it is the true one. */
function masterFrom({ link }: Exhibit, { th, messages }: Attempt, secrets: Uint8Array): Buffer | undefined {
  const { tagR } = publicParts(messages);
  const [th0, , , , th4] = th;
  if (tagR === undefined || th0 === undefined || th4 === undefined) return undefined;
  const master = masterOf(extract(extract(th0, link), secrets), th4);
  return tagOfR(master, th4).equals(tagR) ? master : undefined;
}

/** The Diffie-Hellman secret, where `scalar` is either side's private key. */
function dhFrom({ messages }: Attempt, scalar: Uint8Array): Uint8Array | undefined {
  const { pkI, pkR } = publicParts(messages);
  if (pkI === undefined || pkR === undefined) return undefined;
  const own = publicOf(scalar);
  if (own.equals(pkI)) return sharedSecret(scalar, pkR);
  return own.equals(pkR) ? sharedSecret(scalar, pkI) : undefined;
}

/** The KEM's secret from the initiator's private key, from its seed, or from the responder's randomness. */
function kemFrom({ messages }: Attempt, value: Uint8Array): Uint8Array | undefined {
  const { ekI, ct } = publicParts(messages);
  if (ekI === undefined || ct === undefined) return undefined;
  if (value.length === MLKEM_PRIVATE_BYTES) return ml_kem768.decapsulate(ct, value);
  if (value.length === MLKEM_SEED_BYTES) {
    const { publicKey, secretKey } = ml_kem768.keygen(value);
    return Buffer.from(publicKey).equals(ekI) ? ml_kem768.decapsulate(ct, secretKey) : undefined;
  }
  if (value.length !== KEY_BYTES) return undefined;
  const { cipherText, sharedSecret: ss } = ml_kem768.encapsulate(ekI, value);
  return Buffer.from(cipherText).equals(ct) ? ss : undefined;
}
