import type { Bytes } from "../../../brand.ts";
import { parseHandshake } from "../../../crypto/handshake-messages.ts";
import { HandshakeSeal, type Phase0Context } from "../../../crypto/seal.ts";
import { NullroomError } from "../../../errors.ts";
import { fromBase64Url, toBase64Url } from "../../../wire/read.ts";

/** Where phase-0 blobs come in: opens them, and knows which call of the other side is a new one. */
export class HandshakeInbox {
  readonly seal: HandshakeSeal;
  readonly #seen = new Set<string>();

  static async open(context: Phase0Context): Promise<HandshakeInbox> {
    return new HandshakeInbox(await HandshakeSeal.create(context));
  }

  private constructor(seal: HandshakeSeal) {
    this.seal = seal;
  }

  /** `isNewCall`: an HS1 whose `hsid` has never been seen here; each opens one attempt and no other. @throws "E_SEAL" */
  async read(blob: Bytes): Promise<{ message: Bytes; isNewCall: boolean }> {
    const message = await this.seal.open(blob);
    const { type, hsid } = parseHandshake(message);
    if (type !== 1) return { message, isNewCall: false };
    const name = toBase64Url(hsid);
    const isNewCall = !this.#seen.has(name);
    this.#seen.add(name);
    return { message, isNewCall };
  }
}

/** One blob as the relay carries it. @throws "E_SEAL" */
export function readBlob(data: unknown): Bytes {
  if (typeof data !== "string") throw new NullroomError("E_SEAL", "no blob");
  try {
    return fromBase64Url(data);
  } catch (cause) {
    throw new NullroomError("E_SEAL", "no blob", { cause });
  }
}
