/** An EventTarget that knows how many listeners it holds, so that a test can see a leak. */
export class CountedTarget extends EventTarget {
  readonly #held = new Set<string>();
  readonly #ids = new WeakMap<object, number>();
  #nextId = 0;

  get listenerCount(): number {
    return this.#held.size;
  }

  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    if (listener === null) return;
    const key = this.#key(type, listener);
    this.#held.add(key);
    super.addEventListener(type, listener, options);
    if (typeof options !== "object") return;
    options.signal?.addEventListener("abort", () => this.#held.delete(key), { once: true });
    if (options.once) super.addEventListener(type, () => this.#held.delete(key), { once: true });
  }

  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    if (listener === null) return;
    this.#held.delete(this.#key(type, listener));
    super.removeEventListener(type, listener, options);
  }

  #key(type: string, listener: object): string {
    const id = this.#ids.get(listener) ?? this.#nextId++;
    this.#ids.set(listener, id);
    return `${type} ${id}`;
  }
}
