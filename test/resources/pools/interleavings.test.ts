import { describe, expect, it } from 'vitest';
import { MemoryKeyValueStore, SeededIds, SimulatedClock } from '../../../lib/adapters/memory/index.ts';
import type { KeyValueStore } from '../../../lib/ports/key-value-store.ts';
import type { PermitRequest } from '../../../lib/resources/pools/permit.ts';
import { ResourcePools } from '../../../lib/resources/pools/resource-pools.ts';
import { type Actor, everySchedule, type Self, type World } from './schedules.ts';

const POOL = 'gpu';
const death = new Error('The process has died.');

function dyingAt(store: KeyValueStore, n: number): KeyValueStore {
  let calls = 0;
  const live = <T>(call: () => Promise<T>) => {
    calls += 1;
    return calls >= n ? Promise.reject(death) : call();
  };
  return {
    get: (...args) => live(() => store.get(...args)),
    put: (...args) => live(() => store.put(...args)),
    delete: (...args) => live(() => store.delete(...args)),
    list: (...args) => live(() => store.list(...args)),
  };
}

/** Executions that need one permit each, every one in a process of its own, and what their logs say. */
class Case {
  readonly clock = new SimulatedClock();
  readonly records = new MemoryKeyValueStore();
  readonly #world: World;
  readonly #first: number;
  /** Who still has a permit, or wants one, by the logs. */
  readonly wanted = new Set<string>();
  readonly working = new Set<string>();
  /** Who was told to wait. */
  readonly waiting = new Set<string>();
  readonly wrong: string[] = [];
  limit: number;
  /** Nobody is to be served before somebody who had been told to wait when he came. */
  isOrderly = true;
  #tickets = 0;
  #sweeps = 0;

  /** @param limit at first. */
  constructor(world: World, limit: number) {
    this.#world = world;
    this.limit = limit;
    this.#first = limit;
  }

  pools(store: KeyValueStore): ResourcePools {
    return new ResourcePools({
      store,
      clock: this.clock,
      ids: new SeededIds(1),
      telemetry: { log: () => {} },
      wake: async (execution) => this.#world.wake(execution),
      isWanted: async ({ execution }) => this.wanted.has(execution),
    });
  }

  request(execution: string): PermitRequest {
    this.#tickets += 1;
    const ticket = `${String(this.clock.now()).padStart(15, '0')}-${this.#tickets}`;
    return { execution, activation: 1, attempt: 1, pools: [POOL], ticket };
  }

  /** Gets a permit, works, and gives it back. */
  worker(name: string, { closes = true }: { readonly closes?: boolean } = {}): Actor {
    return async (store, self) => {
      const pools = this.pools(store);
      const request = this.request(name);
      this.wanted.add(name);
      await this.#work(pools, request, store, self);
      if (closes) await pools.release(request, request.pools);
      else await self.die();
    };
  }

  /** As a worker whose process dies at its n-th call of the store; another one takes over. */
  restarted(name: string, diesAt: number): Actor {
    return async (store, self) => {
      const request = this.request(name);
      this.wanted.add(name);
      try {
        const mortal = dyingAt(store, diesAt);
        const pools = this.pools(mortal);
        await this.#work(pools, request, mortal, self);
        await pools.release(request, request.pools);
      } catch (error) {
        if (error !== death) throw error;
        this.working.delete(name);
        // What it had done is on record: another process gives nothing back that was over, and begins anew what was not.
        if (!this.wanted.has(name)) return;
        const pools = this.pools(store);
        await this.#work(pools, request, store, self);
        await pools.release(request, request.pools);
      }
    };
  }

  async #work(pools: ResourcePools, request: PermitRequest, store: KeyValueStore, self: Self): Promise<void> {
    const { execution } = request;
    await this.#permitted(pools, request, self);
    this.working.add(execution);
    if (this.working.size > this.limit) this.wrong.push(`${[...this.working].join(' and ')} work at the same time.`);
    // A look at anything, so that others may go on while it works.
    await store.get('nothing', execution);
    this.working.delete(execution);
    this.wanted.delete(execution);
  }

  async #permitted(pools: ResourcePools, request: PermitRequest, self: Self): Promise<void> {
    const { execution } = request;
    const ahead = [...this.waiting];
    while ((await pools.acquire([request])).length === 0) {
      this.waiting.add(execution);
      await self.sleep();
    }
    this.waiting.delete(execution);
    const passed = ahead.find((other) => this.waiting.has(other));
    if (this.isOrderly && passed !== undefined) this.wrong.push(`${execution} was served before ${passed}.`);
  }

  /** Gives up while it waits, or as soon as it has a permit. */
  quitter(name: string): Actor {
    return async (store) => {
      const pools = this.pools(store);
      const request = this.request(name);
      this.wanted.add(name);
      await pools.acquire([request]);
      this.wanted.delete(name);
      await pools.release(request, request.pools);
    };
  }

  setter(limit: number): Actor {
    return async (store) => {
      await this.pools(store).setLimit(POOL, limit);
    };
  }

  async build(actors: Readonly<Record<string, Actor>>, options: { readonly sweeps?: number } = {}) {
    await this.pools(this.records).setLimit(POOL, this.#first);
    return {
      store: this.records,
      actors,
      check: () => this.wrong[0],
      rest: async () => {
        if (this.#sweeps >= (options.sweeps ?? 0)) return false;
        this.#sweeps += 1;
        await this.clock.run({ until: this.clock.now() + 61_000 });
        await this.pools(this.records).sweep();
        return true;
      },
    };
  }
}

describe('Under every schedule', () => {
  it('of two for one permit, one works at a time, and nobody waits for ever', async () => {
    const count = await everySchedule(3, (world) => {
      const at = new Case(world, 1);
      return at.build({ a: at.worker('a'), b: at.worker('b') });
    });
    expect(count).toBeGreaterThan(100);
  });

  it('of three for one permit, each has its turn in the order of the line', async () => {
    await everySchedule(2, (world) => {
      const at = new Case(world, 1);
      return at.build({ a: at.worker('a'), b: at.worker('b'), c: at.worker('c') });
    });
  });

  it('of three for two permits, two work at a time', async () => {
    await everySchedule(2, (world) => {
      const at = new Case(world, 2);
      at.isOrderly = false;
      return at.build({ a: at.worker('a'), b: at.worker('b'), c: at.worker('c') });
    });
  });

  it('one who gives up keeps nobody waiting', async () => {
    await everySchedule(2, (world) => {
      const at = new Case(world, 1);
      return at.build({ a: at.worker('a'), q: at.quitter('q'), b: at.worker('b') });
    });
  });

  it('a limit that is raised lets those go on who wait, and a lower one keeps nobody for ever', async () => {
    for (const [before, after] of [
      [0, 1],
      [1, 2],
      [2, 1],
    ] as const) {
      await everySchedule(2, (world) => {
        const at = new Case(world, before);
        at.limit = Math.max(before, after);
        at.isOrderly = false;
        return at.build({ a: at.worker('a'), b: at.worker('b'), set: at.setter(after) });
      });
    }
  });

  it('what a closed execution has not given back is found by its log', async () => {
    await everySchedule(2, (world) => {
      const at = new Case(world, 1);
      return at.build({ a: at.worker('a', { closes: false }), b: at.worker('b'), c: at.worker('c') }, { sweeps: 2 });
    });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])('a process may die at its call %i', async (diesAt) => {
    await everySchedule(1, (world) => {
      const at = new Case(world, 1);
      at.isOrderly = false;
      return at.build({ a: at.restarted('a', diesAt), b: at.worker('b'), c: at.worker('c') }, { sweeps: 4 });
    });
  });
});
