import type { LimitedAction, Limiter } from "../limits/limiter.ts";
import { type Ctx, json, refuse, retryAfter } from "./reply.ts";

export type Handler = (c: Ctx) => Response | Promise<Response>;

/** `handler` behind the limiter, which is asked before anything else is done for the request. */
export function limited(limiter: Limiter, action: LimitedAction, handler: Handler): Handler {
  return (c) => {
    const verdict = limiter.admit(action, c.env.caller.address);
    if (verdict.admitted) return handler(c);
    c.env.counters.add("rate_limited");
    const headers = retryAfter(verdict.retryAfterMs);
    // Monitors read a status where other clients read an error.
    return action === "up"
      ? json(c, 429, '{"status":"rate_limited"}', headers)
      : refuse(c, "rate-limited", headers);
  };
}
