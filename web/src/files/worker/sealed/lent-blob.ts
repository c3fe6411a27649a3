/** Longer than a page keeps the address under which the browser saves it. */
const LENT_MS = 90_000;

/**
 * A blob on loan from the worker that made it. In Firefox it is empty from one moment to the next, for whoever has
 * it, when the worker lets go of it: so it is held until it must have been saved, and no longer, since it is unsealed.
 */
export class LentBlob {
  #blob: Blob | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What was lent before is taken back. */
  lend(blob: Blob): Blob {
    this.takeBack();
    this.#blob = blob;
    this.#timer = setTimeout(() => this.takeBack(), LENT_MS);
    return this.#blob;
  }

  takeBack(): void {
    clearTimeout(this.#timer);
    this.#blob = undefined;
  }
}
