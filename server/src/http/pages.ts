import { isIPv4 } from "node:net";
import { asset, type Ctx, page, refuse, text } from "./reply.ts";
import type { IconName, PageName } from "./site.ts";

/** The static answers: none asks a store or depends on the caller, save for the host in security.txt. */

export function show(name: PageName, extra?: { readonly [header: string]: string }) {
  return (c: Ctx): Response => page(c, name, 200, extra);
}

/** An asset's name contains its hash, so that its bytes never change. */
export function showAsset(c: Ctx): Response {
  const found = c.env.site.assets.get(`assets/${c.req.param("name")}`);
  return found === undefined
    ? refuse(c, "not-found")
    : asset(c, found, "public, max-age=31536000, immutable");
}

/** The icon of the page, or the one that tells of something new. */
export function showIcon(name: IconName) {
  return (c: Ctx): Response => {
    const found = c.env.site.assets.get(name);
    return found === undefined ? refuse(c, "not-found") : asset(c, found, "public, max-age=86400");
  };
}

/** Rooms are for two people, so search engines are asked to leave them out. */
export function showRobots(c: Ctx): Response {
  return text(c, "User-agent: *\nDisallow: /rooms/\n");
}

const DAY_MS = 86_400_000;

/** RFC 9116 requires a contact and an expiry date. RFC 2142 gives every host the mailbox `security` for this. */
export function showSecurityTxt(c: Ctx): Response {
  const [, name = "localhost"] = /^(.+?)(:\d+)?$/.exec(c.env.caller.host ?? "") ?? [];
  const host = isIPv4(name) ? `[${name}]` : name.replace(/^\[/, "[IPv6:");
  const expires = new Date(Date.now() + 180 * DAY_MS).toISOString();
  return text(c, `Contact: mailto:security@${host}\nExpires: ${expires}\nPreferred-Languages: en\n`);
}
