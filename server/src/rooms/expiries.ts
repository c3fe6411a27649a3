/** Everything that ends within one slot is freed together: nobody sees a room that is over anyway. */
const SLOT_MS = 1_000;

/**
 * What ends when, so that finding the due costs nothing for those that are not. One timer serves all of them:
 * a timer each would keep a room's name alive in the event loop after the room itself is gone.
 */
export class Expiries<Key> {
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

  /** @param endsAt - what it was added with. */
  remove(key: Key, endsAt: number): void {
    const slot = this.#slots.get(slotOf(endsAt));
    slot?.delete(key);
    if (slot?.size === 0) this.#slots.delete(slotOf(endsAt));
  }

  /** Take out all whose time was up before this slot began. */
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
