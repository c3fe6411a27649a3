import type { Limiter } from "../limits/limiter.ts";
import { type HandshakesDeps, publishHandshake, takeHandshake } from "./handshakes.ts";
import { showHealth } from "./health.ts";
import { type Handler, limited } from "./limit.ts";
import { show, showAsset, showIcon, showRobots, showSecurityTxt } from "./pages.ts";
import { type Ctx, refuse } from "./reply.ts";
import { createRoom, type RoomsDeps, showFeatures, showRoom } from "./rooms.ts";

export type Route = { path: string; GET?: Handler; POST?: Handler };

export type RoutesDeps = RoomsDeps & HandshakesDeps & { limiter: Limiter };

/** All routes of this server, below NULLROOM_BASE_PATH. HEAD is GET without its body. */
export function routes(deps: RoutesDeps): Route[] {
  const { limiter, store } = deps;
  return [
    { path: "/", GET: show("index.html") },
    { path: "/rooms", POST: limited(limiter, "create", createRoom(deps)) },
    { path: "/rooms/:id", GET: showRoom(deps) },
    { path: "/privacy", GET: show("privacy.html") },
    { path: "/gone", GET: show("gone.html", { "clear-site-data": '"cache"' }) },
    { path: "/features", GET: showFeatures(deps) },
    { path: "/up", GET: limited(limiter, "up", showHealth(store)) },
    {
      path: "/handshakes/:identifier",
      GET: limited(limiter, "handshake", takeHandshake(deps)),
      POST: limited(limiter, "handshake", publishHandshake(deps)),
    },
    { path: "/cable", GET: needsUpgrade },
    { path: "/assets/:name", GET: showAsset },
    { path: "/icon.svg", GET: showIcon("icon.svg") },
    { path: "/icon-new.svg", GET: showIcon("icon-new.svg") },
    { path: "/favicon.ico", GET: showIcon("icon.svg") }, // Browsers ask for it on error pages, which name no icon.
    { path: "/robots.txt", GET: showRobots },
    { path: "/.well-known/security.txt", GET: showSecurityTxt },
  ];
}

/** The answer to a request without an upgrade; requests with one go to `cable/upgrade.ts` and never come here. */
function needsUpgrade(c: Ctx): Response {
  return refuse(c, "bad-request", { upgrade: "websocket" });
}
