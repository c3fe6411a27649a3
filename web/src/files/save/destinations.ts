import {
  type Capabilities,
  chooseDestination,
  type DestinationChoice,
} from "@nullroom/core/files/choose-destination";
import type { ChosenDestination, FileDescription, SinkKind } from "@nullroom/core/files/sink";
import { storedAs } from "../worker/zip-writer.ts";
import { destinationBy } from "./destination-ref.ts";
import { MemoryDestination } from "./memory-destination.ts";
import { pickFileDestination, pickFolderDestination } from "./picked-destination.ts";

/** The share of the free storage that may be used: a sealed file is a little larger than the received one. */
const SEALED_SHARE = 0.99;

/** All destinations of one page. Call `choose` when an offer comes, and `take` on the click that accepts it. */
export class Destinations {
  readonly #scope: Window;
  readonly #memory = new MemoryDestination();

  constructor(scope: Window) {
    this.#scope = scope;
  }

  /** What the browser, its free storage and the files already in memory allow now. Sizes in bytes. */
  async capabilities(): Promise<Capabilities> {
    return {
      pickFile: typeof this.#scope.showSaveFilePicker === "function",
      pickFolder: typeof this.#scope.showDirectoryPicker === "function",
      sealed: await sealedCapacity(this.#scope.navigator.storage),
      memory: this.#memory.left,
    };
  }

  /** The destination for a file. A set counts with the size of the archive that it becomes where one file is stored. */
  async choose(file: FileDescription): Promise<DestinationChoice> {
    return chooseDestination(await this.capabilities(), storedAs(file).size, file.set !== undefined);
  }

  /**
   * Get the destination that was chosen. Call it within the click: it may have to ask the person where.
   * @returns undefined when the person closes that dialog
   */
  async take(kind: SinkKind, file: FileDescription): Promise<ChosenDestination | undefined> {
    switch (kind) {
      case "picked":
        return file.set ? pickFolderDestination(this.#scope) : pickFileDestination(this.#scope, file);
      case "sealed":
        return destinationBy({ kind });
      case "memory":
        return this.#memory;
      default:
        return kind satisfies never;
    }
  }
}

/** The bytes that sealed files can take. Undefined without a private file system, as in some private windows. */
async function sealedCapacity(storage: StorageManager | undefined): Promise<number | undefined> {
  try {
    if (!storage) return undefined;
    await storage.getDirectory();
    const { quota = 0, usage = 0 } = await storage.estimate();
    return Math.max(0, Math.floor((quota - usage) * SEALED_SHARE));
  } catch {
    return undefined; // A browser that refuses throws, and each browser throws something else.
  }
}
