import type { ExecutionState } from '../model/state.ts';
import type { Clock } from '../ports/clock.ts';

type Listener = (state: ExecutionState | undefined) => void;

/** Who waits in this process for an execution to close. */
export class Closings {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when `tell` is called for the execution, or with `undefined` after `ms`. */
  next(execution: string, ms: number): Promise<ExecutionState | undefined> {
    return new Promise((resolve) => {
      const listeners = this.#listeners.get(execution) ?? new Set();
      this.#listeners.set(execution, listeners);
      const listener: Listener = (state) => {
        cancel();
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(execution) === listeners) this.#listeners.delete(execution);
        resolve(state);
      };
      const cancel = this.#clock.after(Math.max(0, ms), () => listener(undefined));
      listeners.add(listener);
    });
  }

  /** The execution has closed, and its log says so. */
  tell(execution: string, state: ExecutionState): void {
    for (const listener of [...(this.#listeners.get(execution) ?? [])]) listener(state);
  }
}
