import type { LabTab } from "./room-lab.ts";

type Noting = { decryptedTexts: string[] };

/**
 * Note everything that this tab's pages decrypt, from their first moment on. That is all that the other side has sent,
 * even what the page then dropped and never gave to the browser's WebRTC.
 */
export async function noteDecrypted(tab: LabTab): Promise<void> {
  const note = () => {
    const kept: string[] = [];
    Object.defineProperty(globalThis, "decryptedTexts", { value: kept });
    const { decrypt } = SubtleCrypto.prototype;
    SubtleCrypto.prototype.decrypt = async function (...given) {
      const plain = await decrypt.apply(this, given);
      kept.push(new TextDecoder("latin1").decode(plain));
      return plain;
    };
  };
  if ("addInitScript" in tab.page) await tab.page.addInitScript(note);
  else await tab.page.evaluateOnNewDocument(note);
}

/** What `noteDecrypted` has noted in the tab's current page, each text as Latin-1. */
export function decryptedTexts(tab: LabTab): Promise<readonly string[]> {
  return tab.evaluate(() => (globalThis as unknown as Noting).decryptedTexts, undefined);
}
