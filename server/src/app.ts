import { Hono } from "hono";
import type { Counters } from "./counters.ts";
import { type CallerRules, identify } from "./http/caller.ts";
import type { Handler } from "./http/limit.ts";
import { type Ctx, type Env, json, refusalFor, refuse } from "./http/reply.ts";
import { type Route, type RoutesDeps, routes } from "./http/routes.ts";
import type { Site } from "./http/site.ts";

/** Request → Response. `peer` is the address at the other end of the connection. */
export type App = {
  fetch(request: Request, from: { peer: string }): Response | Promise<Response>;
};

export type AppDeps = RoutesDeps & {
  site: Site;
  counters: Counters;
  callers: CallerRules;
  basePath: string;
};

/** Build everything that is answered over HTTP. It needs no port. */
export function createApp(deps: AppDeps): App {
  const { site, counters, callers, basePath } = deps;
  const app = new Hono<Env>({ strict: true });

  app.notFound((c) => refuse(c, "not-found"));
  app.onError((error, c) => {
    const code = refusalFor(error);
    if (code !== "bad-request") counters.error(error);
    return refuse(c, code);
  });
  for (const route of routes(deps)) app.all(basePath + route.path, byMethod(route));
  // All links in the pages are relative, so the path of the start page has to end in a slash.
  if (basePath !== "") app.get(basePath, (c) => json(c, 308, "{}", { location: `${basePath}/` }));

  return {
    fetch(request, { peer }) {
      const caller = identify((name) => request.headers.get(name) ?? undefined, peer, callers);
      return app.fetch(request, { caller, site, counters });
    },
  };
}

/** One handler for all methods of a path, and no middleware, which would cost each request a chain of promises. */
function byMethod({ GET, POST }: Route): Handler {
  const allowed = [...(GET === undefined ? [] : ["GET", "HEAD"]), ...(POST === undefined ? [] : ["POST"])];
  const others = otherMethods(allowed);
  const [get, post] = [GET ?? others, POST === undefined ? others : sameOrigin(POST)];
  return (c) => {
    const { method } = c.req;
    if (method === "POST") return post(c);
    return method === "GET" || method === "HEAD" ? get(c) : others(c);
  };
}

/** Only our own pages, origins that the operator listed and programs that are no browser may change anything. */
function sameOrigin(handler: Handler): Handler {
  return (c) => (c.env.caller.originAllowed ? handler(c) : refuse(c, "forbidden-origin"));
}

/** Listed origins get an answer to the preflight that browsers send for JSON across origins; nobody else gets one. */
function otherMethods(allowed: readonly string[]): Handler {
  return (c: Ctx) => {
    if (c.req.method !== "OPTIONS" || c.env.caller.sharedWith === undefined) {
      return refuse(c, "method-not-allowed", { allow: allowed.join(", ") });
    }
    return json(c, 200, "{}", {
      "access-control-allow-methods": allowed.join(", "),
      "access-control-allow-headers": "content-type",
      "access-control-max-age": "600",
    });
  };
}
