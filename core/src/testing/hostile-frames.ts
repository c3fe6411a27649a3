import type { Bytes } from "../brand.ts";
import { hasherOf } from "../files/hasher.ts";
import type { ChosenDestination, FileSink } from "../files/sink.ts";
import { concat, u8, u32, u64 } from "../wire/binary.ts";
import type { BulkFrame, CtlFrame, FrameBytes } from "../wire/frames.ts";
import { CODES } from "../wire/frames.ts";
import { plainDestination } from "./plain-destination.ts";

/** Frames as a test writes them down: every byte of a file is 7, and whatever matters is named. */

export const OFFERED_BYTES = 100_000;

export function offer(
  fileId: number,
  change: Partial<Extract<CtlFrame, { type: "file_offer" }>> = {},
): CtlFrame {
  return { type: "file_offer", fileId, size: OFFERED_BYTES, name: "a.txt", mime: "text/plain", ...change };
}

/** An offer of file 1 in layouts that no frame of ours can have. */
export function rawOffer(...rest: Bytes[]): FrameBytes {
  return { type: CODES.file_offer, body: concat(u32(1), u64(OFFERED_BYTES), ...rest) };
}

export function sized(bytes: Uint8Array): Bytes {
  return concat(u8(bytes.length), bytes);
}

export function sevens(length: number): Bytes {
  return new Uint8Array(length).fill(7);
}

export function chunk(fileId: number, offset: number, length: number): BulkFrame {
  return { type: "chunk", fileId, offset, data: sevens(length) };
}

/** @param hashed - how many bytes its hash is of, where size and hash are not to agree */
export async function fileEnd(fileId: number, size: number, hashed = size): Promise<BulkFrame> {
  return { type: "file_end", fileId, size, sha256: await hashOfSevens(hashed) };
}

/** What FILE_END says of so many sevens, between two sides that both have PIECES. */
export async function hashOfSevens(size: number): Promise<Bytes> {
  const hasher = hasherOf("pieces");
  await hasher.update(sevens(size));
  return hasher.digest();
}

/** A destination on a disk that does not answer any more. */
export function stuckDestination(): ChosenDestination {
  const never = () => new Promise<never>(() => undefined);
  const sink: FileSink = {
    received: 0,
    write: never,
    finish: never,
    abort: async () => undefined,
  };
  return Object.assign(plainDestination(), { open: async () => sink });
}
