import { type Capabilities, choosePlace, type PlaceChoice } from "@nullroom/core/files/choose-place";
import type { FileDescription, SinkPlace } from "@nullroom/core/files/sink";
import { MemoryBudget } from "./memory-place.ts";
import { pickFilePlace, pickFolderPlace } from "./picked-place.ts";
import { SealedWorker } from "./sealed/sealed-place.ts";
import { archiveOf } from "./zip-writer.ts";

/** Part of the free room that is left alone: what is sealed is a little larger than what is received. */
const SEALED_SHARE = 0.99;

/** All places of one page. Look when an offer comes, take on the click that accepts it. */
export class Places {
  readonly #scope: Window;
  readonly #budget: MemoryBudget;
  readonly #sealed = new SealedWorker();

  constructor(scope: Window, budget = new MemoryBudget()) {
    this.#scope = scope;
    this.#budget = budget;
  }

  /** What the disk, the kind of window and what is held already allow now. */
  async capabilities(): Promise<Capabilities> {
    return {
      pickFile: typeof this.#scope.showSaveFilePicker === "function",
      pickFolder: typeof this.#scope.showDirectoryPicker === "function",
      sealed: await sealedRoom(this.#scope.navigator.storage),
      memory: this.#budget.left,
    };
  }

  /** Where its files cannot be kept apart, a set is as large as the archive that it becomes. */
  async choose({ size, set }: FileDescription): Promise<PlaceChoice> {
    const can = await this.capabilities();
    return choosePlace(can, set ? archiveOf(set).size : size, set !== undefined);
  }

  /**
   * Call it within the click: it may have to ask the person where.
   * @returns undefined when the person closes that dialog
   */
  async take(
    choice: Extract<PlaceChoice, { type: "place" }>,
    file: FileDescription,
  ): Promise<SinkPlace | undefined> {
    switch (choice.kind) {
      case "picked":
        return file.set ? pickFolderPlace(this.#scope) : pickFilePlace(this.#scope, file);
      case "sealed":
        return this.#sealed.place(choice.capacity);
      case "memory":
        return this.#budget.place();
      default:
        return choice.kind satisfies never;
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
