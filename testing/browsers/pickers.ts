import type { Tab } from "./tab.ts";

/**
 * Headless browsers have no dialogs: from now on a folder of the origin's private file system stands in for the
 * person's disk. Where a browser knows no such dialogs, there are none afterwards either.
 */
export async function standInForPickers(tab: Tab): Promise<void> {
  await tab.evaluate(() => {
    if (!("showSaveFilePicker" in window)) return;
    const disk = async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle("picked by the person", { create: true });
    Object.assign(window, {
      showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) =>
        (await disk()).getFileHandle(suggestedName, { create: true }),
      showDirectoryPicker: disk,
    });
  }, undefined);
}

/** Everything on that disk is gone: for tests that look at what a page leaves. */
export async function clearPicked(tab: Tab): Promise<void> {
  await tab.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) {
      if (name === "picked by the person") await root.removeEntry(name, { recursive: true });
    }
  }, undefined);
}
