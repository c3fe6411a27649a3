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

/** Part of the free room that is left alone: what is sealed is a little larger than what is received. */
const SEALED_SHARE = 0.99;

/** All places of one page. Look when an offer comes, take on the click that accepts it. */
export class Destinations {
  readonly #scope: Window;
  readonly #memory = new MemoryDestination();

  constructor(scope: Window) {
    this.#scope = scope;
  }

  /** What the disk, the kind of window and what is held already allow now. */
  async capabilities(): Promise<Capabilities> {
    return {
      pickFile: typeof this.#scope.showSaveFilePicker === "function",
      pickFolder: typeof this.#scope.showDirectoryPicker === "function",
      sealed: await sealedRoom(this.#scope.navigator.storage),
      memory: this.#memory.left,
    };
  }

  /** Where its files cannot be kept apart, a set is as large as the archive that it becomes. */
  async choose(file: FileDescription): Promise<DestinationChoice> {
    return chooseDestination(await this.capabilities(), storedAs(file).size, file.set !== undefined);
  }

  /**
   * Call it within the click: it may have to ask the person where.
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

/** Undefined where there is no private file system: private windows of some browsers. */
async function sealedRoom(storage: StorageManager | undefined): Promise<number | undefined> {
  try {
    if (!storage) return undefined;
    await storage.getDirectory();
    const { quota = 0, usage = 0 } = await storage.estimate();
    return Math.max(0, Math.floor((quota - usage) * SEALED_SHARE));
  } catch {
    return undefined; // because a browser that refuses says so by throwing, and each in its own way.
  }
}
