import type { ChromiumTab } from "../../browsers/chromium.ts";
import type { FirefoxTab } from "../../browsers/firefox.ts";

type Noting = { keysSeen: Uint8Array[] };

/** Note the bytes of every key that this tab's pages import or derive, from their first moment on. */
export async function noteKeys(tab: ChromiumTab | FirefoxTab): Promise<void> {
  const note = () => {
    const keysSeen: Uint8Array[] = [];
    Object.defineProperty(globalThis, "keysSeen", { value: keysSeen });
    const keep = (bytes: BufferSource) => {
      const view = ArrayBuffer.isView(bytes)
        ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        : bytes;
      keysSeen.push(new Uint8Array(view).slice());
    };
    const { importKey, deriveBits } = SubtleCrypto.prototype;
    SubtleCrypto.prototype.importKey = function (...given: unknown[]) {
      if (given[0] === "raw") keep(given[1] as BufferSource);
      return Reflect.apply(importKey, this, given);
    };
    SubtleCrypto.prototype.deriveBits = async function (...given) {
      const bits = await deriveBits.apply(this, given);
      keep(bits);
      return bits;
    };
  };
  if ("addInitScript" in tab.page) await tab.page.addInitScript(note);
  else await tab.page.evaluateOnNewDocument(note);
}

/** The keys that `noteKeys` has noted in the tab's current page. */
export async function keysSeen(tab: ChromiumTab | FirefoxTab): Promise<readonly Uint8Array[]> {
  const seen = await tab.evaluate(
    () => (globalThis as unknown as Noting).keysSeen.map((bytes) => [...bytes]),
    undefined,
  );
  return seen.filter((bytes) => bytes.length >= 16).map((bytes) => Uint8Array.from(bytes));
}
