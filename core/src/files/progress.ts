/** Progress is how fast a file moves and how long it will still take. */
export type Progress = {
  readonly moved: number;
  readonly size: number;
  /** Bytes per second over the window; 0 when nothing moved in it. */
  readonly speed: number;
  /** Undefined while it cannot be known: at the beginning, and while nothing moves. */
  readonly leftMs: number | undefined;
};

/** Long enough for a steady figure, short enough to show soon that the link has changed. */
export const SPEED_WINDOW_MS = 5_000;
/** Before this time any figure would be a guess. */
const SETTLE_MS = 1_000;
/** Thousands of chunks may come in a second; the window keeps at most one mark for this long. */
const MARK_MS = 100;

type Mark = { at: number; moved: number };

export class ProgressMeter {
  readonly #size: number;
  readonly #now: () => number;
  #moved: number;
  /** Oldest first; the first one may lie just outside the window, so that the window is covered whole. */
  #marks: Mark[];

  /** @param now - monotonic milliseconds, as `Platform.now` */
  constructor(size: number, now: () => number, moved = 0) {
    this.#size = size;
    this.#now = now;
    this.#moved = moved;
    this.#marks = [{ at: now(), moved }];
  }

  /** Note how many bytes have moved in all. Fewer than before mean that a reconnect went back: the speed starts anew. */
  note(moved: number): void {
    if (moved < this.#moved) this.restart(moved);
    this.#moved = moved;
    const at = this.#now();
    const last = this.#marks.at(-1);
    if (last === undefined || at - last.at >= MARK_MS) this.#marks.push({ at, moved });
    this.#forget(at);
  }

  /** Begin anew after a pause, which is no part of the speed. */
  restart(moved = this.#moved): void {
    this.#moved = moved;
    this.#marks = [{ at: this.#now(), moved }];
  }

  read(): Progress {
    const at = this.#now();
    this.#forget(at);
    const first = this.#marks[0];
    const elapsed = at - (first?.at ?? at);
    const speed = elapsed > 0 ? ((this.#moved - (first?.moved ?? this.#moved)) / elapsed) * 1000 : 0;
    const known = speed > 0 && elapsed >= SETTLE_MS;
    const leftMs = known ? ((this.#size - this.#moved) / speed) * 1000 : undefined;
    return { moved: this.#moved, size: this.#size, speed, leftMs: this.#moved === this.#size ? 0 : leftMs };
  }

  #forget(at: number): void {
    const inside = this.#marks.findIndex((mark) => mark.at >= at - SPEED_WINDOW_MS);
    // No mark lies within the window, so all marks are older.
    const from = inside === -1 ? this.#marks.length - 1 : inside - 1;
    if (from > 0) this.#marks.splice(0, from);
    const first = this.#marks[0];
    if (inside === -1 && first && first.moved < this.#moved) {
      // Bytes that moved less than MARK_MS after the last mark have none. They are older than the window too.
      this.#marks = [{ at: first.at, moved: this.#moved }];
    }
  }
}
