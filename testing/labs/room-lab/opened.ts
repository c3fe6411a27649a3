import type { LabTab } from "./room-lab.ts";

type Listening = { opened: string[] };

/**
 * Keep everything that this tab's pages open with a key, from their first moment on. Unlike what reaches the
 * browser's own WebRTC, that is all that the other side has said, also what was then thrown away.
 */
export async function listenToOpened(tab: LabTab): Promise<void> {
  const listen = () => {
    const kept: string[] = [];
    Object.defineProperty(globalThis, "opened", { value: kept });
    const { decrypt } = SubtleCrypto.prototype;
    SubtleCrypto.prototype.decrypt = async function (...given) {
      const plain = await decrypt.apply(this, given);
      kept.push(new TextDecoder("latin1").decode(plain));
      return plain;
    };
  };
  if ("addInitScript" in tab.page) await tab.page.addInitScript(listen);
  else await tab.page.evaluateOnNewDocument(listen);
}

export function opened(tab: LabTab): Promise<readonly string[]> {
  return tab.evaluate(() => (globalThis as unknown as Listening).opened, undefined);
}
