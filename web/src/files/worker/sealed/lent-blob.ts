/** A loan lasts longer than the page keeps the URL from which the browser saves the blob. */
const LENT_MS = 90_000;

/**
 * Holds a blob that the worker has given to the page. In Firefox the page's blob becomes empty the moment the worker
 * drops its own reference. So the worker holds it until it must have been saved, and no longer, since it is unsealed.
 */
export class LentBlob {
  #blob: Blob | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Hold this blob instead of the one before. */
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
