import type { Tab } from "./tab.ts";

/**
 * Let a folder of the origin's private file system stand in for the person's disk, since headless browsers have no
 * dialogs. A browser that has no such dialogs at all gets none.
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

/** Empty that folder, for tests that look at what a page leaves behind. */
export async function clearPicked(tab: Tab): Promise<void> {
  await tab.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) {
      if (name === "picked by the person") await root.removeEntry(name, { recursive: true });
    }
  }, undefined);
}
