import type { PlaceChoice } from "@nullroom/core/files/choose-place";
import { runsCode } from "@nullroom/core/files/runs-code";
import type { FileDescription, TakenPlace } from "@nullroom/core/files/sink";
import { Places } from "./places.ts";

/** What a person should know of an offered file before they answer. */
export type Look = {
  readonly choice: PlaceChoice;
  /** Opening it, or a file of the set, can run something. */
  readonly runs: boolean;
};

/** Where offered files are looked at and find their place. Loaded with the first of them, together with all places. */
export class Reception {
  readonly #places = new Places(window);

  async look(file: FileDescription): Promise<Look> {
    const names = file.set ? file.set.entries.map(({ path }) => path) : [file.name];
    return { choice: await this.#places.choose(file), runs: names.some(runsCode) };
  }

  /**
   * On the click that accepts; looks again, since disks fill up while a person thinks.
   * @returns the place, or why there is none; undefined when the person closed the dialog
   */
  async take(file: FileDescription): Promise<TakenPlace | Look | undefined> {
    const look = await this.look(file);
    return look.choice.type === "refuse" ? look : this.#places.take(look.choice.kind, file);
  }
}
