/**
 * Everything that ends within one slot is freed together. Stores compare times themselves, so nobody sees the
 * difference.
 */
const SLOT_MS = 1_000;

/**
 * Keys by when they end, so that finding those that are due costs nothing for all others. One timer of the owner serves
 * all keys: a timer for each would keep a room's id alive in the event loop after the room itself is gone.
 */
export class ExpiryIndex<Key> {
  readonly #slots = new Map<number, Set<Key>>();
  #next: number;

  constructor(now: number) {
    this.#next = slotOf(now);
  }

  add(key: Key, endsAt: number): void {
    const slot = this.#slots.get(slotOf(endsAt));
    if (slot === undefined) this.#slots.set(slotOf(endsAt), new Set([key]));
    else slot.add(key);
  }

  /** @param endsAt - the time that the key was added with. */
  remove(key: Key, endsAt: number): void {
    const slot = this.#slots.get(slotOf(endsAt));
    slot?.delete(key);
    if (slot?.size === 0) this.#slots.delete(slotOf(endsAt));
  }

  /** Take out all keys whose time was up before the current slot began. */
  *takeDue(now: number): Generator<Key> {
    for (; this.#next < slotOf(now); this.#next++) {
      const due = this.#slots.get(this.#next);
      this.#slots.delete(this.#next);
      if (due !== undefined) yield* due;
    }
  }
}

function slotOf(at: number): number {
  return Math.floor(at / SLOT_MS);
}
