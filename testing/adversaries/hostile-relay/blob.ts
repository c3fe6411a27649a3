/**
 * What a relay can read of a sealed blob without any key: the three-byte header and, in phase 1, the sequence
 * number that follows it in the clear (spec/4-frames.md §1). Written apart from core: an adversary that shared
 * the parser of its victim would share its blind spots.
 */
export type Role = "I" | "R";

export type BlobHeader = { phase: 0; role: Role } | { phase: 1; role: Role; seq: bigint };

export const HEADER_BYTES = 3;
/** Where the role sits in the header. */
export const ROLE_AT = 2;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

const SEQ_BYTES = 8;

/** The header of a blob. Undefined for what is no blob of protocol 2, such as classic's signals or a forgery. */
export function readHeader(blob: Uint8Array): BlobHeader | undefined {
  const role = roleOf(blob[ROLE_AT]);
  if (blob[0] !== 2 || role === undefined) return undefined;
  if (blob[1] === 0) return { phase: 0, role };
  if (blob[1] !== 1 || blob.length < HEADER_BYTES + SEQ_BYTES) return undefined;
  const view = new DataView(blob.buffer, blob.byteOffset + HEADER_BYTES, SEQ_BYTES);
  return { phase: 1, role, seq: view.getBigUint64(0) };
}

/** The blob inside a signal's `data`; undefined where `data` is no base64url text. */
export function blobOf(data: unknown): Uint8Array | undefined {
  if (typeof data !== "string" || !/^[A-Za-z0-9_-]+$/.test(data)) return undefined;
  return new Uint8Array(Buffer.from(data, "base64url"));
}

export function dataOf(blob: Uint8Array): string {
  return Buffer.from(blob).toString("base64url");
}

export function otherRole(role: Role): Role {
  return role === "I" ? "R" : "I";
}

function roleOf(byte: number | undefined): Role | undefined {
  if (byte === 0) return "I";
  return byte === 1 ? "R" : undefined;
}
