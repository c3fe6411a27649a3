import type { Caller } from "./caller.ts";

export type HeaderMap = { readonly [name: string]: string };

/** Hashes that allow a page's inline elements. The build computes them and writes them into `pages.json`. */
export type InlineHashes = { scriptHashes: readonly string[]; styleHashes: readonly string[] };

/** Browser features that no page here uses. They are off, so that injected code could not use them either. */
const FORBIDDEN_FEATURES = [
  "accelerometer",
  "autoplay",
  "camera",
  "clipboard-read",
  "display-capture",
  "encrypted-media",
  "fullscreen",
  "gamepad",
  "geolocation",
  "gyroscope",
  "hid",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "publickey-credentials-get",
  "serial",
  "storage-access",
  "usb",
  "xr-spatial-tracking",
];

const COMMON: HeaderMap = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "permissions-policy": [
    ...FORBIDDEN_FEATURES.map((feature) => `${feature}=()`),
    "clipboard-write=(self)",
    "screen-wake-lock=(self)",
  ].join(", "),
  "integrity-policy": "blocked-destinations=(script)",
};

/** Sent only behind TLS: on plain HTTP it would lock people out of a server in their own network. No preload. */
const HSTS = "max-age=31536000";

/** What every policy forbids: base URIs, forms, frames and plugins; scripts need a Trusted Types policy named `nr`. */
const CLOSED = [
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types nr",
];

const DATA_POLICY = ["default-src 'none'", ...CLOSED].join("; ");

/** The headers of answers that are no page: JSON, text, refusals. */
export function dataHeaders(caller: Pick<Caller, "secure">): HeaderMap {
  return caller.secure ? DATA_HEADERS_TLS : DATA_HEADERS;
}

const DATA_HEADERS: HeaderMap = { ...COMMON, "content-security-policy": DATA_POLICY };
const DATA_HEADERS_TLS: HeaderMap = { ...DATA_HEADERS, "strict-transport-security": HSTS };

/**
 * The headers of pages, and of scripts too, since a worker takes its policy from the answer that carries its script.
 */
export function pageHeaders(caller: Caller, hashes: InlineHashes): HeaderMap {
  const policy = pagePolicy(caller, hashes);
  const headers = { ...COMMON, "content-security-policy": policy };
  return caller.secure ? { ...headers, "strict-transport-security": HSTS } : headers;
}

function pagePolicy({ secure, host }: Caller, { scriptHashes, styleHashes }: InlineHashes): string {
  const quoted = (hashes: readonly string[]) => hashes.map((hash) => ` '${hash}'`).join("");
  // The cable is named because some browsers do not count its scheme as 'self'.
  const cable = host === undefined ? "" : ` ${secure ? "wss" : "ws"}://${host}`;
  return [
    "default-src 'none'",
    `script-src 'self'${quoted(scriptHashes)}`,
    `style-src 'self'${quoted(styleHashes)}`,
    "img-src 'self' blob:",
    "font-src 'self'",
    `connect-src 'self'${cable}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    ...CLOSED,
    ...(secure ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
}
