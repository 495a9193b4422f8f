import { describe, expect, it } from 'vitest';
import { SeededIds } from '../../../lib/adapters/memory/index.ts';
import type { TaskGate } from '../../../lib/execution/gates.ts';
import { RateLimits } from '../../../lib/execution/rates/rate-limits.ts';
import { OwnBucketRecord, SharedBucketRecord } from '../../../lib/execution/rates/stored-bucket.ts';
import { TaskRates } from '../../../lib/execution/rates/task-rates.ts';
import type { Rate } from '../../../lib/resilience/token-bucket.ts';
import { task, World } from '../harness.ts';
import { excess } from './simulated-processes.ts';

const TARGET = 'arn:aws:lambda:eu-central-1:123456789012:function:work';
const once = { StartAt: 'Work', States: { Work: task('work') } };

/** A dependency that notes when it is called, and processes that keep its limit. */
function limited(configured: Readonly<Record<string, Rate>>, { isShared = false } = {}) {
  const calls: number[] = [];
  const asked: string[] = [];
  const known: RateLimits[] = [];
  const handlers = {
    work: () => {
      calls.push(world.clock.now());
      return 'done';
    },
  };
  const gates = (): readonly TaskGate[] => {
    const { clock } = world;
    const store = world.stores.keyValues;
    const ids = new SeededIds(7);
    const telemetry = { log: () => {} };
    const limits = new RateLimits({
      store,
      clock,
      telemetry,
      configured: new Map(Object.entries(configured)),
      freshForMs: 5_000,
    });
    known.push(limits);
    const recordOf = (limit: string) =>
      isShared ? new SharedBucketRecord({ store, clock, ids }, limit) : new OwnBucketRecord(clock);
    const rates = new TaskRates({ limits, recordOf, clock, ids, telemetry, ...(isShared ? { turnStore: store } : {}) });
    return [
      {
        admit: (call) => {
          asked.push(call.task.execution);
          return rates.admit(call);
        },
      },
    ];
  };
  const world: World = new World({ handlers, gates, exclusive: !isShared });
  return { world, calls, asked, known };
}

describe('tasks whose target has a rate limit', () => {
  it('are called as the limit allows, in the order of asking, and ask but once more', async () => {
    const rate = { rate: 5, burst: 3 };
    const { world, calls, asked } = limited({ [`target:${TARGET}`]: rate });
    const process = world.process();
    const workflow = await world.register('once', once);
    const executions: string[] = [];
    for (let i = 0; i < 40; i++) executions.push(await process.start(workflow, { i }, `e${i}`));
    const began = world.clock.now();
    await process.run(3_000);
    for (let i = 40; i < 50; i++) executions.push(await process.start(workflow, { i }, `e${i}`));
    await process.run(20_000);
    for (const execution of executions) expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(calls).toHaveLength(50);
    expect(excess(rate, calls)).toBeUndefined();
    // 47 beyond the burst at 5 a second, and nothing is left unused.
    expect((calls.at(-1) ?? 0) - began).toBe(9_400);
    expect(asked.length).toBeLessThanOrEqual(2 * 50 - 3);
    const admitted = [...new Map(asked.map((execution, i) => [execution, i]))].sort((a, b) => a[1] - b[1]);
    expect(admitted.map(([execution]) => execution)).toEqual(executions);
  });

  it('are held back by all processes together', async () => {
    const rate = { rate: 2, burst: 2 };
    const { world, calls } = limited({ 'target:*': rate }, { isShared: true });
    const [one, two] = [world.process(), world.process()];
    const workflow = await world.register('once', once);
    const executions: string[] = [];
    for (let i = 0; i < 10; i++) {
      executions.push(await one.start(workflow, {}, `one${i}`));
      executions.push(await two.start(workflow, {}, `two${i}`));
    }
    await world.clock.run({ until: world.clock.now() + 60_000 });
    expect(calls).toHaveLength(20);
    expect(excess(rate, calls)).toBeUndefined();
    expect((await one.state(executions[0] ?? ''))?.status).toBe('SUCCEEDED');
    const left = await world.stores.keyValues.list(`rateTurns/${TARGET}`, { limit: 100 });
    expect(left.items).toEqual([]);
  });

  it('time out as usual where there is no token in time, and delay nobody by that', async () => {
    const { world, calls } = limited({ [`target:${TARGET}`]: { rate: 1, burst: 1 } });
    const process = world.process();
    const impatient = { StartAt: 'Work', States: { Work: task('work', { TimeoutSeconds: 5, End: true }) } };
    const workflow = await world.register('impatient', impatient);
    const executions: string[] = [];
    for (let i = 0; i < 30; i++) executions.push(await process.start(workflow, {}, `e${i}`));
    await process.run(10_000);
    const states = await Promise.all(executions.map((execution) => process.state(execution)));
    expect(states.filter((state) => state?.status === 'SUCCEEDED')).toHaveLength(calls.length);
    expect(calls.length).toBeGreaterThanOrEqual(5);
    expect(calls.length).toBeLessThanOrEqual(6);
    expect(states.filter((state) => state?.status === 'FAILED')).toHaveLength(30 - calls.length);
    const before = calls.length;
    await process.start(workflow, {}, 'afterwards');
    await process.run(100);
    expect(calls).toHaveLength(before + 1);
  });

  it('go by a changed limit within a minute, also those that wait already', async () => {
    const { world, calls, known } = limited({ [`target:${TARGET}`]: { rate: 0.005, burst: 1 } });
    const process = world.process();
    const workflow = await world.register('once', once);
    for (let i = 0; i < 12; i++) await process.start(workflow, {}, `e${i}`);
    await process.run(10_000);
    expect(calls).toHaveLength(1);
    const faster = { rate: 1, burst: 1 };
    await known[0]?.put(`target:${TARGET}`, faster);
    await process.run(75_000);
    expect(calls).toHaveLength(12);
    expect(excess(faster, calls.slice(1))).toBeUndefined();
  });

  it('are not held back where the limit is another target’s', async () => {
    const { world, calls } = limited({ 'target:arn:aws:states:::sqs:sendMessage': { rate: 0.001, burst: 1 } });
    const process = world.process();
    const workflow = await world.register('once', once);
    for (let i = 0; i < 10; i++) await process.start(workflow, {}, `e${i}`);
    await process.run(10);
    expect(calls).toHaveLength(10);
  });
});
