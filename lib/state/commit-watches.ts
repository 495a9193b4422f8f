type Listener = () => void;

/** Who waits in this process for executions to go on. */
export class CommitWatches {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Calls back after each commit of the execution that this process writes, until what is returned is called. */
  watch(execution: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(execution) ?? new Set();
    this.#listeners.set(execution, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(execution) === listeners) this.#listeners.delete(execution);
    };
  }

  tell(execution: string): void {
    const listeners = this.#listeners.get(execution);
    if (listeners !== undefined) for (const listener of [...listeners]) listener();
  }
}
