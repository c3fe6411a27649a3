import { expect, test } from "vitest";
import { findLack, isInApp } from "./support.ts";

const whole = { isSecureContext: true, crypto, RTCPeerConnection: class {} };

test.each([
  ["nothing", {}, undefined],
  ["https", { isSecureContext: false, crypto: {} }, "secure-context"],
  ["Web Crypto", { crypto: {} }, "crypto"],
  ["WebRTC", { RTCPeerConnection: undefined }, "webrtc"],
])("a browser that lacks %s", (_what, without, lack) => {
  expect(findLack({ ...globalThis, ...whole, ...without } as typeof globalThis)).toBe(lack);
});

test.each([
  ["Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 [FBAN/FBIOS;FBAV/450.0]", true],
  ["Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/21E219 Instagram 325.0.3", true],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", false],
  ["Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1", false],
])("%s", (userAgent, inApp) => {
  expect(isInApp(userAgent)).toBe(inApp);
});
