import { describe, expect, test } from 'vitest';
import { parseMapRunArn } from '../../lib/model/arn.ts';
import type { Json } from '../../lib/model/json.ts';
import { countMapRun, readMapRuns } from '../../lib/state/map-runs.ts';
import { type TestProcess, task, World } from './harness.ts';

function distributed(fields: Readonly<Record<string, Json>> = {}, work: Json = task('work')): Json {
  return {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Work',
          States: { Work: work },
        },
        End: true,
        ...fields,
      },
    },
  };
}

function express(): Json {
  const definition = structuredClone(distributed()) as {
    States: { Each: { ItemProcessor: { ProcessorConfig: { ExecutionType: string } } } };
  };
  definition.States.Each.ItemProcessor.ProcessorConfig.ExecutionType = 'EXPRESS';
  return definition as Json;
}

/** Fails for some items, until told not to. */
function picky() {
  const calls: number[] = [];
  const state = { refuses: (item: number) => item >= 2 };
  const handler = (item: unknown) => {
    calls.push(Number(item));
    if (state.refuses(Number(item))) throw new Error(`No ${item}.`);
    return Number(item) * 10;
  };
  return { calls, state, handler };
}

const ITEMS = [0, 1, 2, 3];

async function failed(process: TestProcess, world: World, definition: Json): Promise<string> {
  const execution = await process.start(await world.register('w', definition), ITEMS, 'e');
  await process.run();
  expect((await process.state(execution)).status).toBe('FAILED');
  return execution;
}

async function runOf(process: TestProcess, execution: string) {
  const runs = await readMapRuns(process.states, execution);
  expect(runs).toHaveLength(1);
  const [run] = runs;
  if (run === undefined) throw new Error('No map run.');
  return { ...run, ...countMapRun(run) };
}

async function childrenOf(world: World, run: string) {
  const { items } = await world.stores.index.list({ mapRun: run, limit: 100 });
  return items;
}

describe('a map run whose execution is redriven', () => {
  test('takes up the children that did not succeed, and keeps the results of the others', async () => {
    const work = picky();
    const world = new World({ handlers: { work: work.handler } });
    const process = world.process();
    const execution = await failed(process, world, distributed({ ToleratedFailureCount: 1, MaxConcurrency: 1 }));
    const before = await runOf(process, execution);
    expect(before.status).toBe('FAILED');
    expect(before.executions).toMatchObject({ succeeded: 2, failed: 2, total: 4, running: 0, pending: 0 });
    expect(parseMapRunArn(before.run)?.execution).toBe(execution);
    const [child] = await childrenOf(world, before.run);
    expect((await process.engine.redrive({ execution: child?.execution ?? '' })).kind).toBe('notRedrivable');

    work.state.refuses = () => false;
    await process.engine.redrive({ execution });
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [0, 10, 20, 30] });
    expect([...work.calls].sort()).toEqual([0, 1, 2, 2, 3, 3]);
    const after = await runOf(process, execution);
    expect(after).toMatchObject({ run: before.run, startedAt: before.startedAt, status: 'SUCCEEDED' });
    expect(after.work.redriven?.count).toBe(1);
    expect(after.executions).toMatchObject({ succeeded: 4, failed: 0, total: 4 });
    expect((await childrenOf(world, before.run)).filter(({ redriven }) => redriven?.count === 1)).toHaveLength(2);
    const redriven = await world.stores.index.list({ mapRun: before.run, redriven: true, limit: 10 });
    expect(redriven.items.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  });

  test('shows in the history that it was redriven', async () => {
    const work = picky();
    const world = new World({ handlers: { work: work.handler } });
    const process = world.process();
    const execution = await failed(process, world, distributed());
    work.state.refuses = () => false;
    await process.engine.redrive({ execution });
    await process.run();
    const reader = await process.states.histories.take(execution, 0);
    const shown: string[] = [];
    for (let event = await reader.next(); event !== undefined; event = await reader.next()) {
      shown.push(`${event.id}<${event.previousEventId} ${event.type}`);
    }
    const end = shown.findIndex((line) => line.endsWith('ExecutionRedriven'));
    expect(shown.slice(end - 1)).toEqual([
      '7<6 ExecutionFailed',
      '8<7 ExecutionRedriven',
      '9<2 MapRunRedriven',
      '10<9 MapRunSucceeded',
      '11<10 MapStateSucceeded',
      '12<9 MapStateExited',
      '13<12 ExecutionSucceeded',
    ]);
    expect((await process.state(execution)).historyLength).toBe(shown.length);
  });

  test('starts express children anew', async () => {
    const work = picky();
    const world = new World({ handlers: { work: work.handler } });
    const process = world.process();
    const execution = await failed(process, world, express());
    work.state.refuses = () => false;
    await process.engine.redrive({ execution });
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [0, 10, 20, 30] });
    const { run } = await runOf(process, execution);
    expect((await childrenOf(world, run)).length).toBeGreaterThan(4);
  });

  test('can be redriven again and again, and each time fail', async () => {
    const work = picky();
    const world = new World({ handlers: { work: work.handler } });
    const process = world.process();
    const execution = await failed(process, world, distributed());
    for (const count of [1, 2]) {
      await process.engine.redrive({ execution });
      await process.run();
      expect((await process.state(execution)).status).toBe('FAILED');
      expect((await runOf(process, execution)).work.redriven?.count).toBe(count);
    }
    work.state.refuses = () => false;
    await process.engine.redrive({ execution });
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [0, 10, 20, 30] });
  });

  test('takes up children that it had given up, also those that have not heard of it', async () => {
    const work = picky();
    let isSlow = true;
    const handler = (item: unknown) => (isSlow && item === 3 ? new Promise(() => {}) : work.handler(item));
    const world = new World({ handlers: { work: handler } });
    const process = world.process();
    const execution = await process.start(await world.register('w', distributed()), ITEMS, 'e');
    await process.run(1_000);
    expect((await process.state(execution)).status).toBe('FAILED');
    isSlow = false;
    work.state.refuses = () => false;
    await process.engine.redrive({ execution });
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [0, 10, 20, 30] });
  });

  test('goes on after a crash in the middle of it', async () => {
    const work = picky();
    const world = new World({ handlers: { work: work.handler } });
    const first = world.process();
    const execution = await failed(first, world, distributed({ MaxConcurrency: 1 }));
    work.state.refuses = () => false;
    await first.queue.stop();
    await first.engine.redrive({ execution });
    await first.engine.stop(0);
    const second = world.process();
    await second.recover();
    await second.run();
    expect(await second.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [0, 10, 20, 30] });
  });

  test('goes on with the changed processor of a changed definition', async () => {
    const work = picky();
    const world = new World({ handlers: { work: work.handler, other: (item) => `other ${item}` } });
    const process = world.process();
    const execution = await failed(process, world, distributed());
    const { id } = (await process.state(execution)).identity.workflow;
    const changed = distributed({}, task('other')) as { States: Readonly<Record<string, Json>> };
    const before = {
      Type: 'Parallel',
      Branches: [{ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } }],
      Next: 'Each',
    };
    const definition = JSON.stringify({ StartAt: 'Before', States: { Before: before, ...changed.States } });
    const revision = { revision: '2', roleArn: 'arn:aws:iam::123456789012:role/new' };
    await process.engine.workflows.addRevision(id, { ...revision, definition, createdAt: 0 });
    expect((await process.engine.redrive({ execution, revision })).kind).toBe('redriven');
    await process.run();
    expect(await process.state(execution)).toMatchObject({
      status: 'SUCCEEDED',
      output: [0, 10, 'other 2', 'other 3'],
    });
  });
});
