import { NullroomError } from "@nullroom/core/errors";
import type { ChosenDestination, FileDescription } from "@nullroom/core/files/sink";
import { storedAs } from "../worker/zip-writer.ts";
import type { DestinationRef } from "./destination-ref.ts";

/** The most that all files may hold: well below the 200 MB or so at which phones kill a page without any error. */
export const MEMORY_BYTES = 128 * 1024 * 1024;

/** The memory that all files of a page share. It is counted here, in the page, although the worker holds the bytes. */
export class MemoryDestination implements ChosenDestination {
  #left: number;

  constructor(bytes = MEMORY_BYTES) {
    this.#left = bytes;
  }

  get left(): number {
    return this.#left;
  }

  pass(file: FileDescription, lifetime: AbortSignal): DestinationRef {
    const { size } = storedAs(file);
    if (size > this.#left) throw new NullroomError("E_FILE_LIMIT", "other files hold the memory");
    if (!lifetime.aborted) this.#hold(size, lifetime);
    return { kind: "memory" };
  }

  #hold(bytes: number, lifetime: AbortSignal): void {
    this.#left -= bytes;
    const giveBack = () => {
      this.#left += bytes;
    };
    lifetime.addEventListener("abort", giveBack, { once: true });
  }
}
