import type { LabTab } from "./room-lab.ts";

type Noted = { peerConnections: RTCPeerConnection[] };

/** Note every RTCPeerConnection that this tab's pages make, from their first moment on, so that a test can close one. */
export async function notePeerConnections({ page }: LabTab): Promise<void> {
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

/** Close the newest of them. Needs `notePeerConnections` before. */
export function closeNewestPeerConnection(tab: LabTab): Promise<void> {
  return tab.evaluate(() => (globalThis as unknown as Noted).peerConnections.at(-1)?.close(), undefined);
}
