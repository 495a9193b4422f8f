import { describe, expect, test } from 'vitest';
import { MemoryKeyValueStore, SeededIds, SimulatedClock } from '../../../lib/adapters/memory/index.ts';
import type { PermitRequest } from '../../../lib/resources/pools/permit.ts';
import { PoolStore } from '../../../lib/resources/pools/pool-store.ts';
import { ResourcePools } from '../../../lib/resources/pools/resource-pools.ts';

const POOL = 'gpu';

async function setUp() {
  const clock = new SimulatedClock();
  const store = new MemoryKeyValueStore();
  const wanted = new Set<string>();
  const asked: string[] = [];
  const woken: string[] = [];
  const pools = new ResourcePools({
    store,
    clock,
    ids: new SeededIds(1),
    telemetry: { log: () => {} },
    wake: async (execution) => {
      woken.push(execution);
    },
    isWanted: async ({ execution }) => {
      asked.push(execution);
      return wanted.has(execution);
    },
  });
  await pools.setLimit(POOL, 1);
  let tickets = 0;
  const acquire = async (execution: string) => {
    tickets += 1;
    const ticket = `${String(clock.now()).padStart(15, '0')}-${tickets}`;
    const request: PermitRequest = { execution, activation: 1, attempt: 1, pools: [POOL], ticket };
    wanted.add(execution);
    return { request, isGranted: (await pools.acquire([request])).length === 1 };
  };
  const pass = (ms: number) => clock.run({ until: clock.now() + ms });
  return { clock, store, pools, wanted, asked, woken, acquire, pass };
}

describe('A lease that has run out', () => {
  test('takes no permit from who still has it by his log; it is asked for less and less often', async () => {
    const { pools, asked, woken, acquire, pass } = await setUp();
    expect((await acquire('a')).isGranted).toBe(true);
    expect((await acquire('b')).isGranted).toBe(false);
    for (let minute = 1; minute <= 40; minute += 1) {
      await pass(60_000);
      await pools.sweep();
    }
    const { slots = [] } = (await pools.describe(POOL)) ?? {};
    expect(slots.map(({ grant }) => grant.execution)).toEqual(['a']);
    // After 1, 2, 4, 8, 16 minutes, then every ten.
    expect(asked.length).toBeGreaterThan(4);
    expect(asked.length).toBeLessThan(9);
    expect(new Set(woken)).toEqual(new Set(['a']));
  });

  test('gives the permit of who is gone to the first in line', async () => {
    const { pools, wanted, woken, acquire, pass } = await setUp();
    await acquire('a');
    await acquire('b');
    wanted.delete('a');
    await pass(59_000);
    await pools.sweep();
    expect(woken).toEqual([]);
    await pass(1_000);
    await pools.sweep();
    expect(woken).toEqual(['b']);
    const { slots = [] } = (await pools.describe(POOL)) ?? {};
    expect(slots.map(({ grant }) => grant.execution)).toEqual(['b']);
  });

  test('is found by who comes and has to wait, too', async () => {
    const { wanted, acquire, pass } = await setUp();
    await acquire('a');
    wanted.delete('a');
    await pass(60_000);
    expect((await acquire('b')).isGranted).toBe(true);
  });
});

test('What was read of a slot never fits again once it has changed', async () => {
  const { store } = await setUp();
  const records = new PoolStore(store, new Map());
  const grant = (execution: string) => ({
    ...{ execution, activation: 1, attempt: 1, ticket: execution },
    ...{ grantedAt: 0, leaseUntil: 1 },
  });
  const first = await records.take(POOL, { index: 0, version: 0 }, grant('a'));
  if (first === undefined) throw new Error('It was free.');
  expect(await records.free(POOL, first)).toBe(true);
  const [free] = (await records.look(POOL))?.free ?? [];
  expect(await records.take(POOL, free ?? first, grant('b'))).toBeDefined();
  // Whoever still believes that "a" has it can neither free it nor hand it on.
  expect(await records.free(POOL, first)).toBe(false);
  expect(await records.take(POOL, first, grant('c'))).toBeUndefined();
  expect((await records.slots(POOL)).map((slot) => slot.grant.execution)).toEqual(['b']);
});
