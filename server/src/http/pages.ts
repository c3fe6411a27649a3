import { isIPv4 } from "node:net";
import { asset, type Ctx, page, refuse, text } from "./reply.ts";
import type { IconName, PageName } from "./site.ts";

/** The static half: nothing here asks a store or depends on who asks. */

export function show(name: PageName, extra?: { readonly [header: string]: string }) {
  return (c: Ctx): Response => page(c, name, 200, extra);
}

/** Hashed names never change their bytes. */
export function showAsset(c: Ctx): Response {
  const found = c.env.site.assets.get(`assets/${c.req.param("name")}`);
  return found === undefined
    ? refuse(c, "not-found")
    : asset(c, found, "public, max-age=31536000, immutable");
}

/** The page's own icon, or the one that says that something new has come. */
export function showIcon(name: IconName) {
  return (c: Ctx): Response => {
    const found = c.env.site.assets.get(name);
    return found === undefined ? refuse(c, "not-found") : asset(c, found, "public, max-age=86400");
  };
}

/** Rooms are for two people and for no index. */
export function showRobots(c: Ctx): Response {
  return text(c, "User-agent: *\nDisallow: /rooms/\n");
}

const DAY_MS = 86_400_000;

/** RFC 9116 wants a contact and an end date. The mailbox is the one that RFC 2142 gives a host for this. */
export function showSecurityTxt(c: Ctx): Response {
  const [, name = "localhost"] = /^(.+?)(:\d+)?$/.exec(c.env.caller.host ?? "") ?? [];
  const host = isIPv4(name) ? `[${name}]` : name.replace(/^\[/, "[IPv6:");
  const expires = new Date(Date.now() + 180 * DAY_MS).toISOString();
  return text(c, `Contact: mailto:security@${host}\nExpires: ${expires}\nPreferred-Languages: en\n`);
}
