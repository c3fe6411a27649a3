import type { Bytes } from "../brand.ts";
import { randomBytes } from "./bytes.ts";
import { type DhKeyPair, generateDh } from "./dh.ts";
import type { Kem } from "./kem.ts";

/** A handshake source gives an attempt its secrets: from the runtime's generators, or from a vector. */
export interface HandshakeSource {
  readonly kem: Kem;
  generateDh(): Promise<DhKeyPair>;
  randomBytes(length: number): Bytes;
}

export function freshSource(kem: Kem): HandshakeSource {
  return { kem, generateDh, randomBytes };
}
