import type { EngineEvent } from "./messages.ts";

/** Chunks come by the thousand a second, and nobody reads faster than this. */
const EVERY_MS = 100;

/** Passes events on in order; of figures (bytes moved, records counted) only the newest one, ten times a second. */
export class Throttle {
  readonly #post: (event: EngineEvent) => void;
  readonly #latest = new Map<string, EngineEvent>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(post: (event: EngineEvent) => void) {
    this.#post = post;
  }

  tell(event: EngineEvent): void {
    const figure = risingFigure(event);
    if (figure === undefined) {
      this.#flush();
      this.#post(event);
      return;
    }
    this.#latest.set(figure, event);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, EVERY_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#latest.clear();
  }

  #flush(): void {
    for (const event of this.#latest.values()) this.#post(event);
    this.#latest.clear();
  }
}

/** Which figure the event is about, if it is about one that only rises. */
function risingFigure(event: EngineEvent): string | undefined {
  if (event.type === "moved") return `${event.direction} ${event.fileId}`;
  return event.type === "counts" ? `channel ${event.bulkId}` : undefined;
}
