import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { ascii, ByteReader, concat, decodeUtf8, u16 } from "./binary.ts";

/** Bodies of LANE_OFFER, LANE_ANSWER and LANES, spec/4-frames.md §5. */

/** Lanes beside the first connection. Their mask in LANES has seven bits. */
export const MAX_LANES = 7;
/** The channel of the first lane; each further one has the next number. */
export const FIRST_LANE = 2;

const SEED_BYTES = 32;

/** The body of LANE_OFFER: the seed of all lane keys, then the description of each lane. */
export function formatOffer(seed: Bytes, sdps: readonly string[]): Bytes {
  return concat(seed, formatDescriptions(sdps));
}

/** The seed is a view into `body`, so wiping it wipes the body too. @throws as `parseDescriptions` */
export function parseOffer(body: Bytes): { seed: Bytes; sdps: string[] } {
  const reader = new ByteReader(body, "E_RECORD_TYPE");
  const seed = reader.take(SEED_BYTES);
  return { seed, sdps: parseDescriptions(reader.rest()) };
}

/** One description for each lane, in the order of their channels. */
export function formatDescriptions(sdps: readonly string[]): Bytes {
  return concat(...sdps.flatMap((sdp) => [u16(sdp.length), ascii(sdp)]));
}

/** The SDP policy has still to judge these descriptions. @throws "E_RECORD_TYPE", "E_RECORD_UTF8" */
export function parseDescriptions(body: Bytes): string[] {
  const reader = new ByteReader(body, "E_RECORD_TYPE");
  const sdps: string[] = [];
  while (reader.left > 0) sdps.push(decodeUtf8(reader.take(reader.u16()), "E_RECORD_UTF8"));
  if (sdps.length > MAX_LANES) throw new NullroomError("E_RECORD_TYPE", "too many lanes");
  return sdps;
}

/** Bit 0 stands for the first lane's channel. */
export function formatChannels(channels: readonly number[]): Bytes {
  return Uint8Array.of(channels.reduce((mask, channel) => mask | (1 << (channel - FIRST_LANE)), 0));
}

/** @throws "E_RECORD_TYPE" */
export function parseChannels(body: Bytes): number[] {
  const [mask = 0, ...others] = body;
  if (body.length === 0 || others.length > 0 || mask >= 1 << MAX_LANES) {
    throw new NullroomError("E_RECORD_TYPE", "no legal set of lanes");
  }
  return Array.from({ length: MAX_LANES }, (_, at) => FIRST_LANE + at).filter(
    (channel) => (mask >> (channel - FIRST_LANE)) & 1,
  );
}
