import type { Bytes } from "../brand.ts";
import { ascii, u8 } from "../wire/binary.ts";
import { wipe } from "./bytes.ts";
import { expand, extract, hash, type Role } from "./keys.ts";

/** Binds the keys of records to the transport that carries them, spec/3-session.md §6. */

/** The channel that carries talk. */
export const CTL = 0;
/** The channel that carries the bytes of files; the lanes beside it have the numbers from 2 on. */
export const BULK = 1;
/** A channel's number, as the header of each of its records says it. */
export type Channel = number;

/** SHA-256 of each side's DTLS certificate, 32 raw bytes: the initiator's and the responder's. */
export type Fingerprints = { fpI: Bytes; fpR: Bytes };

/** What names the two ends of one transport, public and the same on both sides: 32 bytes. */
export type Binding = Bytes;

/** The chain keys of one channel: what this side seals under, and what the other side does. */
export type ChainPair = { own: Bytes; peer: Bytes };
export type Chains = ReadonlyMap<Channel, ChainPair>;

/** The binding of a PeerConnection: to the certificates at both of its ends. */
export function bindingOf({ fpI, fpR }: Fingerprints): Promise<Binding> {
  return hash(ascii("nr2 bind"), fpI, fpR);
}

/** `root` of the spec. */
export function bindingRoot(rec: Bytes, binding: Binding): Promise<Bytes> {
  return extract(binding, rec);
}

export function chainKey(root: Bytes, role: Role, channel: Channel): Promise<Bytes> {
  return expand(root, "nr2 chain", u8(role), u8(channel));
}

/** The chains of an epoch, two for each channel. Wipes `rec` and the root: no key above a chain key is left. */
export async function bindChains(
  rec: Bytes,
  binding: Binding,
  role: Role,
  channels: readonly Channel[] = [CTL, BULK],
): Promise<Chains> {
  const root = await bindingRoot(rec, binding);
  wipe(rec);
  return chainsFrom(root, role, channels);
}

/** The chains of lanes in the epoch in which they are opened, spec/3-session.md §6. Wipes `seed`. */
export function laneChains(seed: Bytes, role: Role, channels: readonly Channel[]): Promise<Chains> {
  return chainsFrom(seed, role, channels);
}

export function wipeChains(chains: Chains): void {
  for (const { own, peer } of chains.values()) wipe(own, peer);
}

/** Wipes `root`, whatever comes of it. */
async function chainsFrom(root: Bytes, role: Role, channels: readonly Channel[]): Promise<Chains> {
  const pairOf = async (channel: Channel): Promise<[Channel, ChainPair]> => {
    const [ofI, ofR] = await Promise.all([chainKey(root, 0, channel), chainKey(root, 1, channel)]);
    return [channel, role === 0 ? { own: ofI, peer: ofR } : { own: ofR, peer: ofI }];
  };
  try {
    return new Map(await Promise.all(channels.map(pairOf)));
  } finally {
    wipe(root);
  }
}
