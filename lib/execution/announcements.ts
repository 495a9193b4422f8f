import type { Clock } from '../ports/clock.ts';

type Listener<T> = (value: T | undefined) => void;

/** Who waits in this process for something to be told under a key: the end of an execution, the settling of a fact. */
export class Announcements<T> {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, Set<Listener<T>>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when `tell` is called for the key, or with `undefined` after `ms`. */
  next(key: string, ms: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const listeners = this.#listeners.get(key) ?? new Set();
      this.#listeners.set(key, listeners);
      const listener: Listener<T> = (value) => {
        cancel();
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key);
        resolve(value);
      };
      const cancel = this.#clock.after(Math.max(0, ms), () => listener(undefined));
      listeners.add(listener);
    });
  }

  /** What it says is in the log already. */
  tell(key: string, value: T): void {
    for (const listener of [...(this.#listeners.get(key) ?? [])]) listener(value);
  }
}
