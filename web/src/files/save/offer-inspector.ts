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

/** Inspects offered files, and chooses their destinations. Loaded with the first of them, together with all destinations. */
export class OfferInspector {
  readonly #destinations = new Destinations(window);

  async inspect(file: FileDescription): Promise<OfferInspection> {
    const names = file.set ? file.set.entries.map(({ path }) => path) : [file.name];
    return { choice: await this.#destinations.choose(file), runs: names.some(runsCode) };
  }

  /**
   * On the click that accepts. Inspects the file again, since disks fill up while a person thinks.
   * @returns the destination, or why there is none; undefined when the person closed the dialog
   */
  async chooseDestination(file: FileDescription): Promise<ChosenDestination | OfferInspection | undefined> {
    const inspection = await this.inspect(file);
    return inspection.choice.type === "refuse"
      ? inspection
      : this.#destinations.take(inspection.choice.kind, file);
  }
}
