import type { DestinationChoice } from "@nullroom/core/files/choose-destination";
import { runsCode } from "@nullroom/core/files/runs-code";
import type { ChosenDestination, FileDescription } from "@nullroom/core/files/sink";
import { Destinations } from "./destinations.ts";

/** What a person should know about an offered file before they answer. */
export type OfferInspection = {
  readonly choice: DestinationChoice;
  /** Opening the file, or one of the set, can run code. */
  readonly runs: boolean;
};

/** Inspects offered files and finds a destination for each. Loaded with the first of them. */
export class OfferInspector {
  readonly #destinations = new Destinations(window);

  async inspect(file: FileDescription): Promise<OfferInspection> {
    const names = file.set ? file.set.entries.map(({ path }) => path) : [file.name];
    return { choice: await this.#destinations.choose(file), runs: names.some(runsCode) };
  }

  /**
   * Get the destination of a file, on the click that accepts it. The offer is inspected again first, since disks fill
   * up while a person thinks.
   * @returns the destination, or the inspection that found none; undefined when the person closed the dialog
   */
  async chooseDestination(file: FileDescription): Promise<ChosenDestination | OfferInspection | undefined> {
    const inspection = await this.inspect(file);
    const { choice } = inspection;
    return choice.type === "refuse" ? inspection : this.#destinations.take(choice.kind, file);
  }
}
