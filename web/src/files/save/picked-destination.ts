import { asNullroomError, NullroomError } from "@nullroom/core/errors";
import type { ChosenDestination, FileDescription } from "@nullroom/core/files/sink";
import { storedAs } from "../worker/zip-writer.ts";
import { destinationBy } from "./destination-ref.ts";

declare global {
  interface Window {
    showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
    showDirectoryPicker?(options: { mode: "readwrite" }): Promise<FileSystemDirectoryHandle>;
  }
}

/**
 * Ask the person where the file goes. Browsers allow that only within a click.
 * @returns undefined when the person closes the dialog: the offer then stands as before
 */
export async function pickFileDestination(
  scope: Window,
  file: FileDescription,
): Promise<ChosenDestination | undefined> {
  const suggestedName = storedAs(file).name;
  const handle = await picked(() => scope.showSaveFilePicker?.({ suggestedName }));
  return handle && destinationBy({ kind: "file", handle });
}

/** Ask for a folder, in which a set gets a new folder of its own. Otherwise like `pickFileDestination`. */
export async function pickFolderDestination(scope: Window): Promise<ChosenDestination | undefined> {
  const handle = await picked(() => scope.showDirectoryPicker?.({ mode: "readwrite" }));
  return handle && destinationBy({ kind: "folder", handle });
}

async function picked<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    const handle = await ask();
    if (handle === undefined) throw new NullroomError("E_UNSUPPORTED", "this browser has no file picker");
    return handle;
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") return undefined;
    throw asNullroomError(thrown, "E_FILE_READ", "the destination cannot be written to");
  }
}
