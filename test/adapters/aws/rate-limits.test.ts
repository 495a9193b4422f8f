import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { DynamoKeyValueStore } from '../../../lib/adapters/aws/dynamo-key-value-store.ts';
import type { ConsumedUnits } from '../../../lib/adapters/aws/dynamo-table.ts';
import { STATE_TABLE } from '../../../lib/adapters/aws/tables.ts';
import { SystemIds } from '../../../lib/adapters/system/index.ts';
import type { Admission } from '../../../lib/execution/gates.ts';
import { LeasedBucket } from '../../../lib/execution/rates/leased-bucket.ts';
import { openRates, type Rates } from '../../../lib/execution/rates/rates.ts';
import type { TaskAssignment } from '../../../lib/model/effect.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import { readRateLimits } from '../../../lib/resilience/rate-limit.ts';
import { excess } from '../../execution/rates/simulated-processes.ts';
import { createTable, type Emulator, emulatedClients, onEachDynamo } from './emulators.ts';
import { Blobs } from './fixtures.ts';

/** Its time is set, its pauses are real. */
class SetClock implements Clock {
  time = Date.UTC(2026, 0, 1);

  now(): number {
    return this.time;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  }
}

const TARGET = 'https://api.example.com';

onEachDynamo(describe, (kind) => {
  let emulator: Emulator;
  let clients: AwsClients;
  let store: DynamoKeyValueStore;
  const consumed: ConsumedUnits[] = [];
  const clock = new SetClock();

  beforeAll(async () => {
    emulator = await kind.start();
    clients = emulatedClients({ dynamodb: emulator.endpoint });
    const table = await createTable(clients, STATE_TABLE, { onConsumed: (units) => consumed.push(units) });
    store = new DynamoKeyValueStore({ table, blobs: new Blobs() });
  });

  afterAll(async () => {
    clients.destroy();
    await emulator.stop();
  });

  function open(limits: object): Rates {
    const telemetry = { log: () => {} };
    const configured = readRateLimits(limits);
    return openRates({ store, clock, ids: new SystemIds(), telemetry, configured, isShared: true, freshForMs: 3_000 });
  }

  function units(of: ConsumedUnits['kind']): number {
    return consumed.filter((each) => each.kind === of).reduce((sum, each) => sum + each.units, 0);
  }

  it('keeps a limit of requests for two processes together, at a fraction of a write for each', async () => {
    const rate = { rate: 100, burst: 100 };
    const limit = `key:${Math.random()}`;
    const buckets = [open({}), open({})].map(
      ({ recordOf }) => new LeasedBucket({ record: recordOf(limit), clock, isShared: true }),
    );
    consumed.length = 0;
    const taken: number[] = [];
    for (let step = 0; step < 150; step++) {
      clock.time += 10;
      const draws = await Promise.all(buckets.map((bucket) => bucket.take(rate)));
      for (const { isTaken } of draws) if (isTaken) taken.push(clock.time);
    }
    // 300 were asked for in 1.5 s.
    expect(excess(rate, taken)).toBeUndefined();
    expect(taken.length).toBeGreaterThan(200);
    expect(units('write')).toBeLessThan(taken.length / 4);
  });

  it('holds tasks of two processes back in turn, each with four writes and one look', async () => {
    const processes = [
      open({ [`target:${TARGET}`]: { rate: 1, burst: 1 } }),
      open({ [`target:${TARGET}`]: { rate: 1, burst: 1 } }),
    ];
    await Promise.all(processes.map(({ limits }) => limits.load()));
    const ask = async (process: number, activation: number): Promise<Admission> => {
      // Asserted: the gate looks at no more of it than that.
      const task = { execution: 'arn', activation, attempt: 1 } as TaskAssignment;
      return (await processes[process]?.gate.admit({ task, target: TARGET })) ?? expect.fail('There are two.');
    };
    consumed.length = 0;
    expect(await ask(0, 0)).toEqual({ kind: 'admitted' });
    expect(units('write')).toBe(1);
    for (let i = 1; i <= 6; i++) expect(await ask(i % 2, i)).toEqual({ kind: 'later', afterMs: i * 1_000 });
    const held = units('write');
    expect(held).toBe(1 + 6 * 2);
    for (let i = 1; i <= 6; i++) {
      clock.time += 1_000;
      // The process that goes on with the execution is another one.
      expect(await ask((i + 1) % 2, i)).toEqual({ kind: 'admitted' });
      expect(await ask(i % 2, 100 + i)).toMatchObject({ kind: 'later', afterMs: 6_000 });
    }
    await expect.poll(() => units('write')).toBe(held + 6 * 2 + 6 * 2);
    expect(units('read')).toBeLessThanOrEqual(60);
  });
});
