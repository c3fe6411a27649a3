/** What this browser lacks for a room, if anything: the first of these that is missing. */
export type Lack = "secure-context" | "crypto" | "webrtc";

export function findLack(scope: typeof globalThis): Lack | undefined {
  if (!scope.isSecureContext) return "secure-context";
  if (typeof scope.crypto?.subtle?.deriveBits !== "function") return "crypto";
  if (typeof scope.RTCPeerConnection !== "function") return "webrtc";
  return undefined;
}

/** Browsers inside other apps, which block calls or downloads more often than not. A hint, never a refusal. */
const IN_APP =
  /\b(FBAN|FBAV|FB_IAB|Instagram|LinkedInApp|Line|MicroMessenger|Snapchat|TikTok|musical_ly|Twitter)\b/;

export function isInApp(userAgent: string): boolean {
  return IN_APP.test(userAgent);
}
