/** Bytes that the page and the test both compute, so that the test knows the hash of what the page writes. */

/** The size of a chunk on the wire. */
export const CHUNK_BYTES = 65_280;

/** A text in every chunk, by which these bytes are found wherever they lie in the clear. */
export const CANARY = "nullroom canary 4f2c9b17 sings in the mine";

/** Chunk number `index` of a file of `size` bytes; each differs from all others. */
export function chunkOf(index: number, size: number): Uint8Array<ArrayBuffer> {
  const length = Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES);
  const chunk = PATTERN.slice(0, length);
  if (length >= 8) new DataView(chunk.buffer).setUint32(4, index);
  return chunk;
}

const PATTERN = pattern();

function pattern(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(CHUNK_BYTES);
  let state = 0x9e3779b9;
  for (let at = 0; at < bytes.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
  bytes.set(new TextEncoder().encode(CANARY), 100);
  return bytes;
}
