import type { DestinationChoice } from "@nullroom/core/files/choose-destination";
import { runsCode } from "@nullroom/core/files/runs-code";
import type { ChosenDestination, FileDescription } from "@nullroom/core/files/sink";
import { Destinations } from "./destinations.ts";

/** What a person should know of an offered file before they answer. */
export type OfferInspection = {
  readonly choice: DestinationChoice;
  /** Opening it, or a file of the set, can run something. */
  readonly runs: boolean;
};

/** Where offered files are looked at and find their place. Loaded with the first of them, together with all places. */
export class OfferInspector {
  readonly #places = new Destinations(window);

  async inspect(file: FileDescription): Promise<OfferInspection> {
    const names = file.set ? file.set.entries.map(({ path }) => path) : [file.name];
    return { choice: await this.#places.choose(file), runs: names.some(runsCode) };
  }

  /**
   * On the click that accepts; looks again, since disks fill up while a person thinks.
   * @returns the place, or why there is none; undefined when the person closed the dialog
   */
  async chooseDestination(file: FileDescription): Promise<ChosenDestination | OfferInspection | undefined> {
    const inspect = await this.inspect(file);
    return inspect.choice.type === "refuse" ? inspect : this.#places.take(inspect.choice.kind, file);
  }
}
