import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tab } from "../../testing/browsers/tab.ts";
import { type LabEngine, launchLab, type Sibling } from "../../testing/labs/file-lab/people.ts";
import { TestServer } from "../../testing/services/server.ts";
import { until } from "../../testing/until.ts";
import { makeFile, shareOf } from "../files.ts";
import { expectClean, isToldOfTheEnd, meet, textOf } from "../people.ts";

const MIB = 1024 * 1024;
/** Files of this size can be caught on their way, and do not fit into memory: parts lie sealed on the receiver's disk. */
const SIZE = 96 * MIB;

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ NULLROOM_FILE_TRANSFER_SIZE_LIMIT_BYTES: String(SIZE) });
});
afterAll(() => server.stop());

const CASES: readonly (readonly ["sender" | "receiver", LabEngine, LabEngine])[] = [
  ["sender", "chromium", "firefox"],
  ["sender", "firefox", "chromium"],
  ["receiver", "chromium", "firefox"],
  ["receiver", "firefox", "chromium"],
];

test.each(CASES)(
  "the %s closes the tab, from %s to %s: the file has failed, and nothing of it is left",
  async (who, from, to) => {
    await using sender = await launchLab(from, server.url);
    await using receiver = await launchLab(to, server.url);
    const [closing, staying] = who === "sender" ? [sender, receiver] : [receiver, sender];
    const sibling = await closing.sibling();
    const link = await meet(sender.tab, receiver.tab, server);
    await withoutPickers(receiver.tab);
    await sender.tab.choose("Choose file", [await makeFile(SIZE, "half.bin")]);
    await receiver.tab.click("button", "Accept");
    await until("some of it", async () => (await shareOf(receiver.tab)) > 0.1, 60_000);
    await closing.closeTab();
    await isToldOfTheEnd(staying.tab);
    expect(await textOf(staying.tab, '[role="alertdialog"]')).toContain(
      "it has failed, and nothing of it is kept",
    );
    await until("the disk to be cleared", () => isEmpty(staying.tab));
    await expectClean(staying.tab, server);
    // What the closed tab could not remove any more is removed as the next one starts.
    await sibling.evaluate((address) => void location.assign(address), link);
    await until("nothing to be left", () => isEmpty(sibling));
  },
);

/** From here on files go where browsers without such dialogs put them. */
function withoutPickers(tab: Tab): Promise<void> {
  return tab.evaluate(() => void Object.assign(window, { showSaveFilePicker: undefined }), undefined);
}

/** False while the page is on its way to the next document. */
function isEmpty(sibling: Pick<Sibling, "evaluate">): Promise<boolean> {
  const look = async () => {
    const root = await navigator.storage.getDirectory();
    for await (const _name of root.keys()) return false;
    return document.querySelector("main") !== null;
  };
  return sibling.evaluate(look, undefined).catch(() => false);
}
