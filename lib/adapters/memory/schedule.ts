export interface Scheduled {
  /** ms since the epoch. */
  at: number;
}

interface Entry<T> {
  readonly item: T;
  readonly order: number;
  slot: number;
}

/**
 * Items by the time at which they are due; those of one time in the order in which they were added. A binary heap in
 * which each item knows its slot, so that one can be moved or taken out without leaving anything behind.
 */
export class Schedule<T extends Scheduled> {
  readonly #heap: Entry<T>[] = [];
  readonly #entries = new Map<T, Entry<T>>();
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** What is due first. */
  first(): T | undefined {
    return this.#heap[0]?.item;
  }

  add(item: T): void {
    const entry = { item, order: this.#added, slot: this.#heap.length };
    this.#added += 1;
    this.#entries.set(item, entry);
    this.#heap.push(entry);
    this.#rise(entry);
  }

  /** Gives an item of the schedule another time. */
  move(item: T, at: number): void {
    item.at = at;
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#rise(entry);
    this.#sink(entry);
  }

  /** False: it is not, or no longer, in the schedule. */
  remove(item: T): boolean {
    const entry = this.#entries.get(item);
    if (entry === undefined) return false;
    this.#entries.delete(item);
    const last = this.#heap.pop();
    if (last !== undefined && last !== entry) {
      this.#place(last, entry.slot);
      this.#rise(last);
      this.#sink(last);
    }
    return true;
  }

  #rise(entry: Entry<T>): void {
    for (;;) {
      const parent = this.#heap[(entry.slot - 1) >> 1];
      if (entry.slot === 0 || parent === undefined || !isBefore(entry, parent)) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry<T>): void {
    for (;;) {
      const left = this.#heap[entry.slot * 2 + 1];
      const right = this.#heap[entry.slot * 2 + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, entry)) return;
      this.#swap(entry, child);
    }
  }

  #swap(a: Entry<T>, b: Entry<T>): void {
    const slot = a.slot;
    this.#place(a, b.slot);
    this.#place(b, slot);
  }

  #place(entry: Entry<T>, slot: number): void {
    entry.slot = slot;
    this.#heap[slot] = entry;
  }
}

function isBefore<T extends Scheduled>(a: Entry<T>, b: Entry<T>): boolean {
  return a.item.at < b.item.at || (a.item.at === b.item.at && a.order < b.order);
}
