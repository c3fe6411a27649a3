import type { Bytes } from "../brand.ts";
import { expand } from "./keys.ts";

/** Five indices into the table of symbols, spec/3-session.md §5 and §9. */
export type SasIndices = readonly [number, number, number, number, number];

/** Four bytes, whose upper 30 bits are the indices. */
export async function sasBytes(th3: Bytes): Promise<Bytes> {
  return (await expand(th3, "nr2 sas")).slice(0, 4);
}

export async function deriveSas(th3: Bytes): Promise<SasIndices> {
  const bits = new DataView((await sasBytes(th3)).buffer).getUint32(0) >>> 2;
  const index = (shift: number) => (bits >>> shift) & 63;
  return [index(24), index(18), index(12), index(6), index(0)];
}
