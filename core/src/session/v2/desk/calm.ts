import type { DeskNews } from "./calls.ts";

/** Chunks come by the thousand a second; nobody reads faster than this. */
const EVERY_MS = 100;

/** Passes news on in order, but of what only rises (bytes moved, records counted) no more than anybody can see. */
export class Calm {
  readonly #post: (news: DeskNews) => void;
  readonly #latest = new Map<string, DeskNews>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(post: (news: DeskNews) => void) {
    this.#post = post;
  }

  tell(news: DeskNews): void {
    const key = risingKey(news);
    if (key === undefined) {
      this.#flush();
      this.#post(news);
      return;
    }
    this.#latest.set(key, news);
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
    for (const news of this.#latest.values()) this.#post(news);
    this.#latest.clear();
  }
}

function risingKey(news: DeskNews): string | undefined {
  if (news.news === "moved") return `${news.way} ${news.fileId}`;
  return news.news === "counts" ? `lane ${news.lane}` : undefined;
}
