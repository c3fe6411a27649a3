import type { Bytes } from "../brand.ts";
import { ascii, u8 } from "../wire/binary.ts";
import { wipe } from "./bytes.ts";
import { expand, extract, hash, type Role } from "./keys.ts";

/** Binds the record layer to the two DTLS certificates of one PeerConnection, spec/3-session.md §6. */

/** ctl carries talk, bulk carries file bytes, and so do the lanes beside it. */
export const CTL = 0;
export const BULK = 1;
/** As a record's header says it: lanes are 2, 3, … */
export type Channel = number;

/** SHA-256 of each side's certificate, raw. */
export type Fingerprints = { fpI: Bytes; fpR: Bytes };

export type ChannelChains = { ctl: Bytes; bulk: Bytes; lanes: readonly Bytes[] };

/** One chain key per direction and channel: what each role sends under. */
export type Chains = { own: ChannelChains; peer: ChannelChains };

export async function bindingRoot(rec: Bytes, { fpI, fpR }: Fingerprints): Promise<Bytes> {
  return extract(await hash(ascii("nr2 bind"), fpI, fpR), rec);
}

export function chainKey(root: Bytes, role: Role, channel: Channel): Promise<Bytes> {
  return expand(root, "nr2 chain", u8(role), u8(channel));
}

export function eachOf({ own, peer }: Chains): Bytes[] {
  return [own, peer].flatMap(({ ctl, bulk, lanes }) => [ctl, bulk, ...lanes]);
}

/**
 * The chains of an epoch: four, and two for each lane. Wipes `rec` and the root: nothing above a chain key survives this.
 */
export async function bindChains(
  rec: Bytes,
  fingerprints: Fingerprints,
  role: Role,
  lanes: readonly Channel[] = [],
): Promise<Chains> {
  const root = await bindingRoot(rec, fingerprints);
  const chainsOf = async (sender: Role) => ({
    ctl: await chainKey(root, sender, CTL),
    bulk: await chainKey(root, sender, BULK),
    lanes: await Promise.all(lanes.map((lane) => chainKey(root, sender, lane))),
  });
  const [ofI, ofR] = [await chainsOf(0), await chainsOf(1)];
  wipe(rec, root);
  return role === 0 ? { own: ofI, peer: ofR } : { own: ofR, peer: ofI };
}
