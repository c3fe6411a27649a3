import type { Caller } from "./caller.ts";

export type HeaderMap = { readonly [name: string]: string };

/** What a page's inline elements are allowed by: the build computes them, `pages.json` carries them. */
export type InlineHashes = { scriptHashes: readonly string[]; styleHashes: readonly string[] };

/** Features that browsers know by name and that no page here uses: off, also for whatever might be injected. */
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

/** Only behind TLS: on plain http it would lock people out of a server on their own network. No preload. */
const HSTS = "max-age=31536000";

/** Nothing may be loaded, framed, posted or based; scripts would need a policy named `nr`. */
const CLOSED = [
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types nr",
];

const DATA_POLICY = ["default-src 'none'", ...CLOSED].join("; ");

/** For whatever is no page: JSON, text, refusals. */
export function dataHeaders(caller: Pick<Caller, "secure">): HeaderMap {
  return caller.secure ? DATA_HEADERS_TLS : DATA_HEADERS;
}

const DATA_HEADERS: HeaderMap = { ...COMMON, "content-security-policy": DATA_POLICY };
const DATA_HEADERS_TLS: HeaderMap = { ...DATA_HEADERS, "strict-transport-security": HSTS };

/** For pages, and for scripts: a worker takes its policy from the answer that carries it. */
export function pageHeaders(caller: Caller, hashes: InlineHashes): HeaderMap {
  const policy = pagePolicy(caller, hashes);
  const headers = { ...COMMON, "content-security-policy": policy };
  return caller.secure ? { ...headers, "strict-transport-security": HSTS } : headers;
}

function pagePolicy({ secure, host }: Caller, { scriptHashes, styleHashes }: InlineHashes): string {
  const quoted = (hashes: readonly string[]) => hashes.map((hash) => ` '${hash}'`).join("");
  // Some browsers do not count the cable's scheme as 'self'.
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
