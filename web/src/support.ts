/** A feature that a room needs and this browser lacks. Only the first that is missing is reported. */
export type Lack = "secure-context" | "crypto" | "webrtc";

export function findLack(scope: typeof globalThis): Lack | undefined {
  if (!scope.isSecureContext) return "secure-context";
  if (typeof scope.crypto?.subtle?.deriveBits !== "function") return "crypto";
  if (typeof scope.RTCPeerConnection !== "function") return "webrtc";
  return undefined;
}

/** Browsers inside other apps often block calls or downloads. A match leads to a hint, never to a refusal. */
const IN_APP =
  /\b(FBAN|FBAV|FB_IAB|Instagram|LinkedInApp|Line|MicroMessenger|Snapchat|TikTok|musical_ly|Twitter)\b/;

export function isInApp(userAgent: string): boolean {
  return IN_APP.test(userAgent);
}
