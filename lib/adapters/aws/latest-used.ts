/** Keeps the values used most recently, at most `capacity`; `dispose` is told of each one that it lets go. */
export class LatestUsed<V> {
  readonly #capacity: number;
  readonly #dispose: (value: V) => void;
  // A Map iterates in the order of insertion: the first entry is the one unused for longest.
  readonly #values = new Map<string, V>();

  constructor(capacity: number, dispose: (value: V) => void) {
    this.#capacity = capacity;
    this.#dispose = dispose;
  }

  get(key: string, make: () => V): V {
    const known = this.#values.get(key);
    const value = known ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#capacity) this.#dropOldest();
    return value;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  clear(): void {
    for (const value of this.#values.values()) this.#dispose(value);
    this.#values.clear();
  }

  #dropOldest(): void {
    for (const [key, value] of this.#values) {
      this.#values.delete(key);
      this.#dispose(value);
      return;
    }
  }
}
