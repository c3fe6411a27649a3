import { utf8Length } from "./text.ts";

/** Names and types of files as somebody else gave them, made safe to show and to save under on every system. */

export const FILE_NAME_BYTES = 120;
/** What counts as an extension that must stay visible, dot included. */
const EXTENSION_BYTES = 24;
const FALLBACK_NAME = "file";

const INVISIBLE =
  /[\p{Cc}\p{Cs}\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/gu;
const FORBIDDEN = /[\\/:*?"<>|]/g;
/** Any run of white space, so that nobody pushes the extension out of sight. */
const SPACES = /[\s\u2800\u3164\u115F\u1160\uFFA0]+/g;
const DOS_NAME = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9\u00B9\u00B2\u00B3])\s*(\.|$)/i;

/** The rule of spec/5-files.md, "Names". Idempotent. */
export function safeFileName(name: string): string {
  const seen = name.replace(SPACES, " ").replace(INVISIBLE, "");
  // With the invisible characters gone, letters and accents may compose, and spaces may follow one another.
  const plain = seen.normalize("NFC").replace(/ +/g, " ").replace(FORBIDDEN, "_");
  const visible = trimEnd(plain.trimStart().replace(/^\.+/, "_"));
  const named = visible === "" ? FALLBACK_NAME : visible;
  return shorten(DOS_NAME.test(named) ? `_${named}` : named);
}

/** Windows drops trailing dots and spaces, and with them the difference between two names. */
function trimEnd(name: string): string {
  return name.replace(/[. ]+$/, "");
}

function shorten(name: string): string {
  if (utf8Length(name) <= FILE_NAME_BYTES) return name;
  const extension = /\.[^. ]+$/.exec(name)?.[0] ?? "";
  const kept = utf8Length(extension) <= EXTENSION_BYTES ? extension : "";
  const stem = name.slice(0, name.length - kept.length);
  return trimEnd(firstBytes(stem, FILE_NAME_BYTES - utf8Length(kept))) + kept;
}

/** As many whole characters as fit. */
function firstBytes(text: string, limit: number): string {
  let used = 0;
  let kept = "";
  for (const char of text) {
    used += utf8Length(char);
    if (used > limit) break;
    kept += char;
  }
  return kept;
}

/** Types that no browser runs as code when a saved file is opened from its own address. */
const PLAIN_TYPES = new Set([
  "application/gzip",
  "application/json",
  "application/msword",
  "application/pdf",
  "application/vnd.oasis.opendocument.presentation",
  "application/vnd.oasis.opendocument.spreadsheet",
  "application/vnd.oasis.opendocument.text",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/zip",
  "audio/flac",
  "audio/mp4",
  "audio/mpeg",
  "audio/ogg",
  "audio/wav",
  "audio/webm",
  "image/avif",
  "image/gif",
  "image/heic",
  "image/jpeg",
  "image/png",
  "image/webp",
  "text/csv",
  "text/plain",
  "video/mp4",
  "video/quicktime",
  "video/webm",
]);

export const UNKNOWN_TYPE = "application/octet-stream";

export function safeMimeType(type: string): string {
  const essence = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return PLAIN_TYPES.has(essence) ? essence : UNKNOWN_TYPE;
}
