import type { Clock, Ids } from '../../ports/clock.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { PermitHolder, PermitRequest } from './permit.ts';
import { PoolDesk } from './pool-desk.ts';
import { type PoolSettings, PoolStore, type PoolView } from './pool-store.ts';

export interface ResourcePoolsParts {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  /** Limits of the deployment, by name; a limit that is set at run time goes before. */
  readonly defaults?: ReadonlyMap<string, number>;
  /** No other process uses these pools: `false` by default. */
  readonly isAlone?: boolean;
  /** Has the execution look again: it then asks for its permits once more. */
  readonly wake: (execution: string) => Promise<void>;
  /** Whether, by the log of its execution, somebody who was granted a permit at `since` (ms since the epoch) still has it, or waits for it. */
  readonly isWanted: (holder: PermitHolder, pool: string, since: number) => Promise<boolean>;
}

/** What is known of the limits is this old at most, ms. */
const FRESH_MS = 3_000;
/** Those who wait for a pool without a limit that are called at a time. */
const RELEASED_AT_ONCE = 100;
/**
 * Resource pools: limits on how many executions, states or calls of a kind work at the same time. Everybody shares the
 * records of a pool; there is no process in charge.
 *
 * - *Never above the limit*, whoever acts at the same time, dies or stands still: a permit is a slot, taken by a conditional
 *   write (see `takeableSlots`). A lease that runs out makes nobody lose a permit: it lets those who wait ask the log.
 * - *First come first served*, by ticket: who finds others in line joins it. Who frees a slot hands it to the first in line.
 * - *Nobody is forgotten*: who joins the line looks at the slots once more, who frees a slot looks at the line once more;
 *   of two at the same time one sees the other. What a crash in between leaves is found by the next one who waits, and by
 *   `sweep`.
 *
 * Writes: 2 for a permit where nobody waits; 4 where somebody does (joining and leaving the line, the slot handed over, the
 * slot freed). Source of the two looks: the event count of Reed and Kanodia, "Synchronization with Eventcounts and
 * Sequencers", CACM 22(2), 1979.
 */
export class ResourcePools {
  readonly #parts: ResourcePoolsParts;
  readonly #records: PoolStore;
  #known: ReadonlyMap<string, PoolSettings> = new Map();
  #knownAt = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;
  #kinds = { resources: false, patterns: false };
  /** By pool. */
  readonly #desks = new Map<string, PoolDesk>();

  constructor(parts: ResourcePoolsParts) {
    this.#parts = parts;
    this.#records = new PoolStore(parts.store, parts.defaults ?? new Map());
  }

  /** What is known of the limits is too old to go by. */
  get isStale(): boolean {
    return this.#parts.clock.now() - this.#knownAt > FRESH_MS;
  }

  /** Whether any limit is set on task resources. */
  get hasResources(): boolean {
    return this.#kinds.resources;
  }

  /** Whether any limit is set on patterns. */
  get hasPatterns(): boolean {
    return this.#kinds.patterns;
  }

  /** Whether the pool has a limit, as far as this process knows. */
  has(pool: string): boolean {
    return this.#known.has(pool);
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #read(): Promise<void> {
    const at = this.#parts.clock.now();
    this.#know(await this.#records.allSettings());
    this.#knownAt = at;
  }

  #know(known: ReadonlyMap<string, PoolSettings>): void {
    this.#known = known;
    const names = [...known.keys()];
    const some = (prefix: string) => names.some((name) => name.startsWith(prefix));
    this.#kinds = { resources: some('resource:'), patterns: some('pattern:') };
  }

  /**
   * Answers which of the requests hold all their permits now. The others wait in the lines; their
   * execution is woken when that may have changed. Asking again changes nothing. A pool without a limit grants everything.
   */
  async acquire(requests: readonly PermitRequest[]): Promise<readonly PermitRequest[]> {
    let left = requests;
    const pools = [...new Set(requests.flatMap((request) => request.pools))].sort();
    for (const pool of pools) {
      const wanting = left.filter((request) => request.pools.includes(pool));
      if (wanting.length === 0) continue;
      const waiting = await this.#desk(pool).acquire(wanting);
      left = left.filter((request) => !waiting.includes(request));
    }
    return left;
  }

  #desk(pool: string): PoolDesk {
    const known = this.#desks.get(pool);
    if (known !== undefined) return known;
    const desk = new PoolDesk(pool, this.#records, this.#parts);
    this.#desks.set(pool, desk);
    return desk;
  }

  /** Gives back what it holds, or leaves the line. Whoever is first in line gets what is freed. Repeating it changes nothing. */
  async release(holder: PermitHolder, pools: readonly string[]): Promise<void> {
    await Promise.all(pools.map((pool) => this.#desk(pool).release(holder)));
  }

  /** For every pool in which somebody waits: asks about leases that have run out, and serves. Called each minute. */
  async sweep(): Promise<void> {
    for (const pool of (await this.#records.allSettings()).keys()) await this.#desk(pool).sweep();
  }

  /** All pools with a limit. */
  list(): Promise<ReadonlyMap<string, PoolSettings>> {
    return this.#records.allSettings();
  }

  /** `undefined`: the pool has no limit. */
  settings(pool: string): Promise<PoolSettings | undefined> {
    return this.#records.settings(pool);
  }

  /** Who holds its permits; `undefined`: the pool has no limit. */
  describe(pool: string): Promise<PoolView | undefined> {
    return this.#records.look(pool);
  }

  /** Those who wait, first come first. @param limit 1 … 1,000. */
  waiting(pool: string, limit: number, after?: string): Promise<Page<PermitHolder>> {
    return this.#records.linePage(pool, limit, after);
  }

  /**
   * Sets the limit, here at once and in other processes within some seconds. A lower one takes nothing from those who hold
   * permits; a higher one lets those who wait go on.
   * @param limit 0 … 1,000, an integer; 0: nobody gets a permit.
   */
  async setLimit(pool: string, limit: number): Promise<PoolSettings> {
    const changedAt = this.#parts.clock.now();
    await this.#records.setLimit(pool, limit, changedAt);
    await this.#read();
    await this.#desk(pool).serveAll();
    return { limit, changedAt };
  }

  /** Goes back to the limit of the deployment, or to none: then everybody who waits goes on. */
  async removeLimit(pool: string): Promise<void> {
    await this.#records.removeLimit(pool);
    await this.#read();
    if (this.has(pool)) return this.#desk(pool).serveAll();
    this.#desk(pool).forget();
    for (;;) {
      const line = await this.#records.line(pool, RELEASED_AT_ONCE);
      if (line.length === 0) return;
      for (const { holder, version } of line) {
        await this.#parts.wake(holder.execution);
        await this.#records.unqueue(pool, holder.ticket, version);
      }
    }
  }
}
