import type { Bytes } from "../brand.ts";
import { wipe } from "./bytes.ts";
import { expand, extractPsk, hash } from "./keys.ts";

/** What a link's holder shows the server, and what the server keeps. See spec/6-invites.md §2. */
export type Admission = { admit: Bytes; admitHash: Bytes };

/** @param secret - the link secret S, 32 bytes; stays the caller's. */
export async function deriveAdmission(secret: Bytes): Promise<Admission> {
  const p0 = await extractPsk(secret);
  const admit = await expand(p0, "nr2 admit");
  wipe(p0);
  return { admit, admitHash: await hash(admit) };
}
