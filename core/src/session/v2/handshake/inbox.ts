import type { Bytes } from "../../../brand.ts";
import { parseHandshake } from "../../../crypto/handshake-messages.ts";
import { HandshakeSeal, type Phase0Context } from "../../../crypto/seal.ts";
import { NullroomError } from "../../../errors.ts";
import { fromBase64Url, toBase64Url } from "../../../wire/read.ts";

/** Knows which HS1 of the other side begins a new handshake: the relay may repeat any of them. */
export class SeenHandshakes {
  readonly #hsids = new Set<string>();

  /** True once for each `hsid`. */
  isNew(hsid: Bytes): boolean {
    const name = toBase64Url(hsid);
    if (this.#hsids.has(name)) return false;
    this.#hsids.add(name);
    return true;
  }
}

/** Opens the phase-0 blobs of one PSK, and knows which of them begin a new handshake. */
export class HandshakeInbox {
  readonly seal: HandshakeSeal;
  readonly #seen = new SeenHandshakes();

  static async create(context: Phase0Context): Promise<HandshakeInbox> {
    return new HandshakeInbox(await HandshakeSeal.create(context));
  }

  private constructor(seal: HandshakeSeal) {
    this.seal = seal;
  }

  /** `isNew`: an HS1 that has never been here; each begins one attempt and no other. @throws "E_SEAL" */
  async open(blob: Bytes): Promise<{ message: Bytes; isNew: boolean }> {
    const message = await this.seal.open(blob);
    const { type, hsid } = parseHandshake(message);
    return { message, isNew: type === 1 && this.#seen.isNew(hsid) };
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
