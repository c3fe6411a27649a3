import type { Bytes } from "../brand.ts";
import { randomBytes } from "./bytes.ts";
import { type DhKeyPair, generateDh } from "./dh.ts";
import type { Kem } from "./kem.ts";

/** Where an attempt's secrets come from: the runtime's generators, or a vector's. */
export interface HandshakeSource {
  readonly kem: Kem;
  generateDh(): Promise<DhKeyPair>;
  randomBytes(length: number): Bytes;
}

export function freshSource(kem: Kem): HandshakeSource {
  return { kem, generateDh, randomBytes };
}
