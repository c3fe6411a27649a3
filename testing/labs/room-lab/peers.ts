import type { LabTab } from "./room-lab.ts";

type Noted = { peerConnections: RTCPeerConnection[] };

/** For whoever wants to close one: keep what this tab's pages connect with, from their first moment on. */
export async function notePeers({ page }: LabTab): Promise<void> {
  const note = () => {
    const peerConnections: RTCPeerConnection[] = [];
    Object.assign(globalThis, { peerConnections });
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        peerConnections.push(this);
      }
    };
  };
  if ("addInitScript" in page) await page.addInitScript(note);
  else await page.evaluateOnNewDocument(note);
}

export function closeNewestPeer(tab: LabTab): Promise<void> {
  return tab.evaluate(() => (globalThis as unknown as Noted).peerConnections.at(-1)?.close(), undefined);
}
