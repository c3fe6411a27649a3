import type { Platform } from "@nullroom/core/platform";
import { sleepAwareClock } from "./clock.ts";
import { startFileWorker } from "./files/worker/start-file-worker.ts";

/** The browser, as the platform that core runs on. The server's paths begin at `base`; a room's page lies deeper. */
export function browserPlatform(base: URL): Platform {
  const cable = new URL("cable", base);
  cable.protocol = base.protocol === "https:" ? "wss:" : "ws:";
  return {
    fetch: (path, init) => fetch(new URL(path.replace(/^\//, ""), base), init),
    openSocket: (protocols) => new WebSocket(cable, [...protocols]),
    createPeerConnection: (configuration) => new RTCPeerConnection(configuration),
    generateCertificate: () =>
      RTCPeerConnection.generateCertificate({ name: "ECDSA", namedCurve: "P-256" } as EcKeyGenParams),
    restartsIce: true,
    startFileWorker,
    now: sleepAwareClock(
      () => performance.now(),
      () => Date.now(),
    ),
  };
}
