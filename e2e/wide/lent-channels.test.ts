import { expect, test } from "vitest";
import { type ChromiumTab, launchChromium, openTab } from "../../testing/browsers/chromium.ts";
import { Firefox, type FirefoxTab } from "../../testing/browsers/firefox.ts";
import { TestServer } from "../../testing/services/server.ts";
import { handOver, makeFile, sha256 } from "../files.ts";
import { expectClean, meet, talk } from "../people.ts";

const FILE_BYTES = 3 * 1024 * 1024 + 1;

declare global {
  interface Window {
    /** Channels that the page could not give away. */
    refused?: number;
  }
}

/** As browsers do that give no data channel to a worker, Firefox 140 the last of them that we met. */
async function giveNoChannels({ page }: ChromiumTab | FirefoxTab): Promise<void> {
  const refuse = () => {
    window.refused = 0;
    const post: (this: Worker, message: unknown, transfer: Transferable[]) => void =
      Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message: unknown, options: unknown = []) {
      const transfer = options as Transferable[];
      if (transfer.some((object) => (object as unknown) instanceof RTCDataChannel)) {
        window.refused = (window.refused ?? 0) + 1;
        throw new DOMException("could not be cloned", "DataCloneError");
      }
      post.call(this, message, transfer);
    };
  };
  if ("addInitScript" in page) await page.addInitScript(refuse);
  else await page.evaluateOnNewDocument(refuse);
}

test("browsers that give no channel to a worker lend it: files pass both ways, and so does talk", async () => {
  await using server = await TestServer.start();
  const chromium = await launchChromium();
  await using firefox = await Firefox.launch();
  try {
    await using a = await openTab(chromium);
    await using b = await firefox.openTab();
    for (const tab of [a, b]) await giveNoChannels(tab);
    await meet(a, b, server);
    const path = await makeFile(FILE_BYTES, "lent.bin");
    for (const [from, to] of [[a, b] as const, [b, a] as const]) {
      expect(await sha256(await handOver(from, to, path))).toBe(await sha256(path));
    }
    await talk(a, b, "over a connection whose other channel is lent");
    for (const tab of [a, b]) {
      expect(await tab.evaluate(() => window.refused, undefined)).toBe(1);
      await expectClean(tab, server);
    }
  } finally {
    await chromium.close();
  }
});
