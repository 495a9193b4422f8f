import { MemoryKeyValueStore, SeededIds, SimulatedClock } from '../../../lib/adapters/memory/index.ts';
import { SharedBucketRecord } from '../../../lib/execution/rates/stored-bucket.ts';
import type { Json } from '../../../lib/model/json.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { KeyQuery, KeyValueStore } from '../../../lib/ports/key-value-store.ts';
import type { Rate } from '../../../lib/resilience/token-bucket.ts';

/** A store that takes its time, another one for each request, and counts what it does. */
export class SlowStore implements KeyValueStore {
  readonly #store: KeyValueStore;
  readonly #clock: Clock;
  readonly #delays: () => number;
  reads = 0;
  writes = 0;
  conflicts = 0;

  constructor(store: KeyValueStore, clock: Clock, delays: () => number) {
    this.#store = store;
    this.#clock = clock;
    this.#delays = delays;
  }

  async get(collection: string, key: string) {
    this.reads += 1;
    await this.#pause();
    const found = await this.#store.get(collection, key);
    await this.#pause();
    return found;
  }

  async put(collection: string, key: string, value: Json, expected: number | 'any') {
    this.writes += 1;
    await this.#pause();
    const version = await this.#store.put(collection, key, value, expected);
    if (version === 'conflict') this.conflicts += 1;
    await this.#pause();
    return version;
  }

  async delete(collection: string, key: string, expected: number | 'any') {
    this.writes += 1;
    return this.#store.delete(collection, key, expected);
  }

  async list(collection: string, query: KeyQuery) {
    this.reads += 1;
    return this.#store.list(collection, query);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(this.#delays(), resolve);
    });
  }
}

/** Several processes on one store. */
export class Processes {
  readonly clock = new SimulatedClock();
  readonly #store = new MemoryKeyValueStore();
  readonly #random: SeededIds;

  constructor(seed: number) {
    this.#random = new SeededIds(seed);
  }

  /** @param delayMs of each request to the store, at most. */
  process(delayMs: number): { readonly store: SlowStore; readonly recordOf: (limit: string) => SharedBucketRecord } {
    const store = new SlowStore(this.#store, this.clock, () => this.#random.random32() % (delayMs + 1));
    const parts = { store, clock: this.clock, ids: this.#random };
    return { store, recordOf: (limit) => new SharedBucketRecord(parts, limit) };
  }
}

/** The first window in which more was taken than the limit allows. @param taken ms, in any order. */
export function excess({ rate, burst }: Rate, taken: readonly number[]): string | undefined {
  const times = taken.toSorted((a, b) => a - b);
  for (const [i, from] of times.entries()) {
    for (const [j, to] of times.entries()) {
      if (j < i) continue;
      const most = burst + ((to - from) * rate) / 1000;
      if (j - i + 1 > most + 1e-6) return `${j - i + 1} in ${to - from} ms, at most ${most}`;
    }
  }
  return undefined;
}
