import type { Bytes, RoomId } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { isRoomId } from "./ids.ts";
import { fromBase64Url, toBase64Url } from "./read.ts";

/**
 * An invite is `/rooms/<uuid>#<fragment>`; the fragment alone decides which protocol is spoken. Protocol 2's is
 * `2.` and the link secret; anything else is for `classic/invite.ts` to accept or refuse. See spec/6-invites.md.
 */

/** The last character class takes only canonical base64url, so no link ends in `-` or `_`. */
const FRAGMENT_2 = /^2\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Bytes of the link secret S. */
export const LINK_SECRET_BYTES = 32;

/** Whether the fragment claims to be protocol 2, well-formed or not. */
export function claimsProtocol2(fragment: string): boolean {
  return fragment.startsWith("2.");
}

/** The link secret S, 32 bytes. @throws "E_LINK_FORMAT" */
export function parseFragment2(fragment: string): Bytes {
  if (!FRAGMENT_2.test(fragment)) throw new NullroomError("E_LINK_FORMAT", "not a protocol 2 fragment");
  return fromBase64Url(fragment.slice(2));
}

export function formatFragment2(secret: Bytes): string {
  return `2.${toBase64Url(secret)}`;
}

/** The room id at the end of a page's path, whatever base path stands before it. @throws "E_LINK_FORMAT" */
export function roomIdFromPath(pathname: string): RoomId {
  const [, last] = /\/rooms\/([^/]*)\/?$/.exec(pathname) ?? [];
  if (isRoomId(last)) return last;
  throw new NullroomError("E_LINK_FORMAT", "the path names no room");
}
