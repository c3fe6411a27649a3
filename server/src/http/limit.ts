import type { LimitedAction, Limiter } from "../limits/limiter.ts";
import { type Ctx, json, refuse, retryAfter } from "./reply.ts";

export type Handler = (c: Ctx) => Response | Promise<Response>;

/** Ask the limiter before anything else is done for this request. */
export function limited(limiter: Limiter, action: LimitedAction, handler: Handler): Handler {
  return (c) => {
    const verdict = limiter.admit(action, c.env.caller.address);
    if (verdict.admitted) return handler(c);
    c.env.counters.add("rate_limited");
    const headers = retryAfter(verdict.retryAfterMs);
    // Monitors read a status where everybody else reads an error.
    return action === "up"
      ? json(c, 429, '{"status":"rate_limited"}', headers)
      : refuse(c, "rate-limited", headers);
  };
}
