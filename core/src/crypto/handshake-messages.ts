import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { ByteReader, concat, u8 } from "../wire/binary.ts";
import { DH_KEY_BYTES } from "./dh.ts";
import { CT_BYTES, EK_BYTES } from "./kem.ts";
import { KEY_BYTES, type PskKind } from "./keys.ts";

/** HS1 … HS5 as bytes, spec/3-session.md §3. What a message may do is decided in `handshake.ts`. */

/** X25519, ML-KEM-768, SHA-256, AES-256-GCM. */
export const SUITE = 1;

export const HSID_BYTES = 16;
export const HS_NONCE_BYTES = 32;

export type HandshakeMessage =
  | { type: 1; hsid: Bytes; kind: PskKind; commit: Bytes }
  | { type: 2; hsid: Bytes; pkR: Bytes; nR: Bytes }
  | { type: 3; hsid: Bytes; pkI: Bytes; ekI: Bytes; nI: Bytes }
  | { type: 4; hsid: Bytes; ct: Bytes; tagR: Bytes }
  | { type: 5; hsid: Bytes; tagI: Bytes };

export function formatHandshake(message: HandshakeMessage): Bytes {
  const type = u8(message.type);
  switch (message.type) {
    case 1:
      return concat(type, u8(SUITE), u8(message.kind), message.hsid, message.commit);
    case 2:
      return concat(type, message.hsid, message.pkR, message.nR);
    case 3:
      return concat(type, message.hsid, message.pkI, message.ekI, message.nI);
    case 4:
      return concat(type, message.hsid, message.ct, message.tagR);
    case 5:
      return concat(type, message.hsid, message.tagI);
  }
}

/** Fields are views into `bytes`. @throws "E_SEAL" for what is no message, "E_VERSION" for another suite */
export function parseHandshake(bytes: Bytes): HandshakeMessage {
  const reader = new ByteReader(bytes, "E_SEAL");
  const message = readMessage(reader);
  reader.end();
  return message;
}

/** HS4 as the transcript takes it before its tag. */
export function withoutTag(hs4: Bytes): Bytes {
  return hs4.subarray(0, hs4.length - KEY_BYTES);
}

function readMessage(reader: ByteReader): HandshakeMessage {
  const type = reader.u8();
  switch (type) {
    case 1: {
      if (reader.u8() !== SUITE) throw new NullroomError("E_VERSION", "unknown suite");
      const kind = readKind(reader);
      return { type, kind, hsid: reader.take(HSID_BYTES), commit: reader.take(KEY_BYTES) };
    }
    case 2:
      return {
        type,
        hsid: reader.take(HSID_BYTES),
        pkR: reader.take(DH_KEY_BYTES),
        nR: reader.take(HS_NONCE_BYTES),
      };
    case 3:
      return {
        type,
        hsid: reader.take(HSID_BYTES),
        pkI: reader.take(DH_KEY_BYTES),
        ekI: reader.take(EK_BYTES),
        nI: reader.take(HS_NONCE_BYTES),
      };
    case 4:
      return {
        type,
        hsid: reader.take(HSID_BYTES),
        ct: reader.take(CT_BYTES),
        tagR: reader.take(KEY_BYTES),
      };
    case 5:
      return { type, hsid: reader.take(HSID_BYTES), tagI: reader.take(KEY_BYTES) };
    default:
      throw new NullroomError("E_SEAL", "no handshake message");
  }
}

function readKind(reader: ByteReader): PskKind {
  const kind = reader.u8();
  if (kind === 0 || kind === 1) return kind;
  throw new NullroomError("E_SEAL", "unknown kind of key");
}
