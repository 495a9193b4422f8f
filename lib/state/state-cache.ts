import { getHeapStatistics } from 'node:v8';
import type { LiveExecution } from './state-manager.ts';

export interface StateCacheOptions {
  /** Executions, at most; absent: 2,000. */
  readonly size?: number | undefined;
  /** How much they weigh together, at most, in characters of JSON; absent: a 64th of the heap, in which they take some times as much. */
  readonly weight?: number | undefined;
}

const HEAP_PART = 1 / 64;

/**
 * Executions between their turns: those that were looked at last, as many as there is room for. One that is not in it,
 * or too heavy for it, is loaded from the log.
 */
export class StateCache {
  /** Least recently used first. */
  readonly #kept = new Map<string, { readonly live: LiveExecution; readonly weight: number }>();
  readonly #mostKept: number;
  readonly #mostWeight: number;
  #weight = 0;

  constructor({ size = 2_000, weight = getHeapStatistics().heap_size_limit * HEAP_PART }: StateCacheOptions) {
    this.#mostKept = size;
    this.#mostWeight = weight;
  }

  /** Hands an execution over to its owner. */
  take(execution: string): LiveExecution | undefined {
    const kept = this.#kept.get(execution);
    if (kept === undefined) return undefined;
    this.#kept.delete(execution);
    this.#weight -= kept.weight;
    return kept.live;
  }

  keep(live: LiveExecution): void {
    this.take(live.id);
    const weight = live.snapshot.weight + live.snapshot.since;
    // It would drive out all others, and then itself.
    if (weight > this.#mostWeight) return;
    this.#kept.set(live.id, { live, weight });
    this.#weight += weight;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#mostKept && this.#weight <= this.#mostWeight) return;
      this.take(oldest);
    }
  }
}
