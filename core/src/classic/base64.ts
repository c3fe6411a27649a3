import type { Bytes } from "../brand.ts";
import { NullroomError } from "../errors.ts";
import { fromBase64Url, toBase64Url } from "../wire/read.ts";

/** Standard base64 with padding, which is what existing clients write everywhere. */
export function toBase64(bytes: Uint8Array): string {
  const text = toBase64Url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Only the canonical spelling is taken. @throws "E_MALFORMED" */
export function fromBase64(text: string): Bytes {
  if (!BASE64.test(text)) throw new NullroomError("E_MALFORMED", "not base64");
  return fromBase64Url(text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""));
}
