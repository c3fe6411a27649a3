import type { Bytes, Seat } from "../brand.ts";
import { asRefusal, NullroomError } from "../errors.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import type { ClearMessage } from "./messages.ts";

/**
 * Classic's key upgrade: ML-KEM-768 in three messages, confirmed by HMAC both ways, mixed with the link's key.
 * Mandatory: there is no conversation under the link's key alone. See spec/classic.md, "Key upgrade".
 */
export type KeyUpgrade = {
  /** What this side says first, if it is the initiator. */
  begin(): Promise<UpgradeStep>;
  /** @throws "E_HS_KEM", "E_HS_CONFIRM"; the upgrade is over then, and so is the session. */
  take(message: UpgradeMessage): Promise<UpgradeStep>;
  /** Zero what is secret. Idempotent. */
  wipe(): void;
};

export type UpgradeMessage = Extract<ClearMessage, { type: `pq-${string}` }>;
export type UpgradeStep = { reply?: UpgradeMessage; key?: CryptoKey };

type Kem = typeof import("@noble/post-quantum/ml-kem.js").ml_kem768;

/** The KEM is fetched when a room begins to connect, so that no page pays for it before. @throws "E_SERVER" */
export async function loadKem(): Promise<Kem> {
  try {
    return (await import("@noble/post-quantum/ml-kem.js")).ml_kem768;
  } catch (thrown) {
    throw asRefusal(thrown, "E_SERVER", "the KEM cannot be fetched");
  }
}

const CONFIRM_RESPONDER = "nullroom-pq-confirm-responder";
const CONFIRM_INITIATOR = "nullroom-pq-confirm-initiator";
const SESSION_INFO = "nullroom-hybrid-v1";

export function keyUpgrade(role: Seat, linkKey: Bytes): KeyUpgrade {
  return role === 0 ? new InitiatorUpgrade(linkKey) : new ResponderUpgrade(linkKey);
}

class InitiatorUpgrade implements KeyUpgrade {
  readonly #linkKey: Bytes;
  #secretKey: Uint8Array | undefined;

  constructor(linkKey: Bytes) {
    this.#linkKey = linkKey;
  }

  async begin(): Promise<UpgradeStep> {
    const { publicKey, secretKey } = (await loadKem()).keygen();
    this.#secretKey = secretKey;
    return { reply: { type: "pq-pubkey", data: toBase64(publicKey) } };
  }

  async take(message: UpgradeMessage): Promise<UpgradeStep> {
    const secretKey = this.#secretKey;
    if (message.type !== "pq-encap" || !secretKey) throw outOfOrder();
    this.#secretKey = undefined; // Only the first answer is taken, right or wrong.
    const kem = await loadKem();
    const shared = attempt(() => own(kem.decapsulate(fromBase64(message.data), secretKey)));
    secretKey.fill(0);
    try {
      await checkConfirm(shared, CONFIRM_RESPONDER, message.confirm);
      const data = await confirm(shared, CONFIRM_INITIATOR);
      return { reply: { type: "pq-confirm", data }, key: await sessionKey(this.#linkKey, shared) };
    } finally {
      shared.fill(0);
    }
  }

  wipe(): void {
    this.#secretKey?.fill(0);
    this.#secretKey = undefined;
  }
}

class ResponderUpgrade implements KeyUpgrade {
  readonly #linkKey: Bytes;
  #shared: Bytes | undefined;
  #answered = false;

  constructor(linkKey: Bytes) {
    this.#linkKey = linkKey;
  }

  async begin(): Promise<UpgradeStep> {
    return {};
  }

  async take(message: UpgradeMessage): Promise<UpgradeStep> {
    if (message.type === "pq-pubkey" && !this.#answered) return this.#answer(message.data);
    if (message.type === "pq-confirm" && this.#shared) return this.#finish(this.#shared, message.data);
    throw outOfOrder();
  }

  wipe(): void {
    this.#shared?.fill(0);
    this.#shared = undefined;
  }

  async #answer(publicKey: string): Promise<UpgradeStep> {
    this.#answered = true;
    const kem = await loadKem();
    const { cipherText, sharedSecret } = attempt(() => kem.encapsulate(fromBase64(publicKey)));
    this.#shared = own(sharedSecret);
    const confirmation = await confirm(this.#shared, CONFIRM_RESPONDER);
    return { reply: { type: "pq-encap", data: toBase64(cipherText), confirm: confirmation } };
  }

  async #finish(shared: Bytes, confirmation: string): Promise<UpgradeStep> {
    this.#shared = undefined;
    try {
      await checkConfirm(shared, CONFIRM_INITIATOR, confirmation);
      return { key: await sessionKey(this.#linkKey, shared) };
    } finally {
      shared.fill(0);
    }
  }
}

/** Wrong lengths, bad base64 and keys that fail the modulus check all end as "E_HS_KEM". */
function attempt<T>(operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    throw new NullroomError("E_HS_KEM", "the key upgrade cannot be read", { cause });
  }
}

/** Web Crypto takes bytes that own their memory. The library's copy is zeroed. */
function own(secret: Uint8Array): Bytes {
  const copy = new Uint8Array(secret);
  secret.fill(0);
  return copy;
}

async function confirm(shared: Bytes, label: string): Promise<string> {
  const key = await confirmKey(shared);
  return toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(label))));
}

/** `verify` compares in constant time. @throws "E_HS_CONFIRM", "E_HS_KEM" */
async function checkConfirm(shared: Bytes, label: string, confirmation: string): Promise<void> {
  const given = attempt(() => fromBase64(confirmation));
  const key = await confirmKey(shared);
  if (await crypto.subtle.verify("HMAC", key, given, new TextEncoder().encode(label))) return;
  throw new NullroomError("E_HS_CONFIRM", "the key upgrade is not confirmed");
}

function confirmKey(shared: Bytes): Promise<CryptoKey> {
  const usages: KeyUsage[] = ["sign", "verify"];
  return crypto.subtle.importKey("raw", shared, { name: "HMAC", hash: "SHA-256" }, false, usages);
}

async function sessionKey(linkKey: Bytes, shared: Bytes): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode(SESSION_INFO);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: linkKey, info };
  const usages: KeyUsage[] = ["encrypt", "decrypt"];
  return crypto.subtle.deriveKey(hkdf, material, { name: "AES-GCM", length: 256 }, false, usages);
}

function outOfOrder(): NullroomError {
  return new NullroomError("E_HS_KEM", "the key upgrade is out of order");
}
