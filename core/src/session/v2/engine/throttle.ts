import type { EngineEvent } from "./messages.ts";

/** Chunks come by the thousand a second; nobody reads faster than this. */
const EVERY_MS = 100;

/** Passes event on in order, but of what only rises (bytes moved, records counted) no more than anybody can see. */
export class Throttle {
  readonly #post: (event: EngineEvent) => void;
  readonly #latest = new Map<string, EngineEvent>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(post: (event: EngineEvent) => void) {
    this.#post = post;
  }

  tell(event: EngineEvent): void {
    const key = risingKey(event);
    if (key === undefined) {
      this.#flush();
      this.#post(event);
      return;
    }
    this.#latest.set(key, event);
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

function risingKey(event: EngineEvent): string | undefined {
  if (event.type === "moved") return `${event.way} ${event.fileId}`;
  return event.type === "counts" ? `lane ${event.bulkId}` : undefined;
}
