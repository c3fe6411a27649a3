import type { Bytes } from "@nullroom/core/brand";
import { NullroomError, type RefusalCode } from "@nullroom/core/errors";
import type { Context } from "hono";
import type { Counters } from "../counters.ts";
import type { Caller } from "./caller.ts";
import { dataHeaders, type HeaderMap, pageHeaders } from "./headers.ts";
import { pickEncoding, wantsPage } from "./negotiate.ts";
import type { Asset, PageName, Site } from "./site.ts";

/** All answers of this server are made here, so that none goes out without its headers. */

export type Env = {
  Bindings: { caller: Caller; site: Site; counters: Counters };
};
export type Ctx = Context<Env>;

export const NO_STORE: HeaderMap = { "cache-control": "no-store" };

export function json(c: Ctx, status: number, body: string, extra?: HeaderMap): Response {
  const headers = { "content-type": "application/json", ...NO_STORE, ...extra };
  return answer(c, status, body, { ...dataHeaders(c.env.caller), ...headers });
}

export function text(c: Ctx, body: string): Response {
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "public, max-age=86400" };
  return answer(c, 200, body, { ...dataHeaders(c.env.caller), ...headers });
}

export function page(c: Ctx, name: PageName, status = 200, extra?: HeaderMap): Response {
  const { forms, hashes } = c.env.site.pages[name];
  return answer(c, status, forms[encodingOf(c)], {
    ...pageHeaders(c.env.caller, hashes),
    "content-type": "text/html; charset=utf-8",
    ...NO_STORE,
    ...encodingHeaders(c),
    ...extra,
  });
}

export function asset(c: Ctx, found: Asset, cacheControl: string): Response {
  return answer(c, 200, found.forms[encodingOf(c)], {
    ...pageHeaders(c.env.caller, { scriptHashes: [], styleHashes: [] }),
    "content-type": found.type,
    "cache-control": cacheControl,
    ...encodingHeaders(c),
  });
}

export const STATUS: Record<RefusalCode, number> = {
  "bad-request": 400,
  "classic-off": 400,
  "forbidden-origin": 403,
  "token-invalid": 403,
  evicted: 403,
  "code-wrong": 403,
  "code-unknown": 404,
  "not-found": 404,
  "room-gone": 404,
  "method-not-allowed": 405,
  conflict: 409,
  "room-full": 409,
  "seat-taken-over": 409,
  "token-spent": 409,
  "lease-over": 410,
  "too-large": 413,
  "unsupported-type": 415,
  "rate-limited": 429,
  internal: 500,
  "server-full": 503,
  "store-down": 503,
  "tokens-down": 503,
};

/** A refusal: a code and nothing else, or a page with words where a person navigated here. */
export function refuse(c: Ctx, code: RefusalCode, extra?: HeaderMap): Response {
  const status = STATUS[code];
  c.env.counters.add(status < 500 ? "http_refused" : "http_failed");
  if (wantsPage(c.req.method, c.req.header("accept"))) return page(c, errorPage(status), status, extra);
  return json(c, status, JSON.stringify({ error: code }), extra);
}

/** `Retry-After` in whole seconds, and at least one, or a client would come back at once. */
export function retryAfter(ms: number): HeaderMap {
  return { "retry-after": String(Math.max(1, Math.ceil(ms / 1000))) };
}

/** The refusal that an exception becomes. Its code decides, and its message stays here. */
export function refusalFor(error: unknown): RefusalCode {
  if (!(error instanceof NullroomError)) return "internal";
  if (error.code === "E_MALFORMED") return "bad-request";
  return error.code === "E_SERVER" ? "store-down" : "internal";
}

/** The page for a refused navigation. To a person, all refusals but two kinds mean that nothing is to be seen here. */
function errorPage(status: number): PageName {
  if (status === 429) return "errors/429.html";
  return status >= 500 ? "errors/500.html" : "errors/404.html";
}

function encodingOf(c: Ctx) {
  return pickEncoding(c.req.header("accept-encoding"));
}

function encodingHeaders(c: Ctx): HeaderMap {
  const encoding = encodingOf(c);
  const vary = { vary: "Accept-Encoding" };
  return encoding === "identity" ? vary : { ...vary, "content-encoding": encoding };
}

function answer(c: Ctx, status: number, body: string | Bytes, headers: HeaderMap): Response {
  const { sharedWith } = c.env.caller;
  if (sharedWith === undefined) return new Response(body, { status, headers });
  const shared = { ...headers, "access-control-allow-origin": sharedWith };
  const vary = [headers.vary, "Origin"].filter(Boolean).join(", ");
  return new Response(body, { status, headers: { ...shared, vary } });
}
