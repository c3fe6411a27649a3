import type { Bytes } from "../brand.ts";
import { type Channel, chainKey } from "./binding.ts";
import { wipe } from "./bytes.ts";
import type { Role } from "./keys.ts";

/** Both directions of one lane. */
export type LaneChains = { own: Bytes; peer: Bytes };

/** Lanes in the epoch in which they are opened, spec/3-session.md §6. Wipes `seed`, whatever comes of it. */
export async function laneChains(
  seed: Bytes,
  channels: readonly Channel[],
  role: Role,
): Promise<LaneChains[]> {
  const chainsOf = async (channel: Channel) => {
    const [ofI, ofR] = [await chainKey(seed, 0, channel), await chainKey(seed, 1, channel)];
    return role === 0 ? { own: ofI, peer: ofR } : { own: ofR, peer: ofI };
  };
  try {
    return await Promise.all(channels.map(chainsOf));
  } finally {
    wipe(seed);
  }
}
