import { describe, expect, test } from 'vitest';
import type { TaskGate } from '../../lib/execution/gates.ts';
import { outsideTasks } from '../../lib/execution/outside-work.ts';
import type { Json } from '../../lib/model/json.ts';
import { type TestProcess, task, World } from './harness.ts';

function flow(states: Readonly<Record<string, Json>>, startAt = 'First'): Json {
  return { StartAt: startAt, States: states };
}

const done: Json = { Type: 'Succeed' };
const twoTasks = flow({ First: task('work', { Next: 'Second' }), Second: task('work', { Next: 'Done' }), Done: done });

/** A function that answers when it is let. */
function gated() {
  const calls: Json[] = [];
  const gate = Promise.withResolvers<void>();
  const work = async (input: Json) => {
    calls.push(input);
    await gate.promise;
    return calls.length;
  };
  return { calls, handlers: { work }, open: () => gate.resolve() };
}

async function typesOf(process: TestProcess, execution: string) {
  return (await process.events(execution)).map(({ type }) => type);
}

describe('An execution that is suspended', () => {
  test.each([true, false])('lets what is at work end, and begins nothing (one process: %s)', async (exclusive) => {
    const { calls, handlers, open } = gated();
    const world = new World({ handlers, exclusive });
    const process = world.process();
    const execution = await process.start(await world.register('flow', twoTasks), 0);
    await process.run(1_000);
    const other = exclusive ? process : world.process();
    expect(await other.engine.suspend(execution, 'looking into it')).toBe('done');
    expect(await other.engine.suspend(execution)).toBe('same');
    open();
    await process.run();
    const held = await process.state(execution);
    expect(held).toMatchObject({ status: 'RUNNING', suspended: { reason: 'looking into it' } });
    expect(await typesOf(process, execution)).toContain('TaskSucceeded');
    expect(calls).toHaveLength(1);
    expect(await other.engine.resume(execution)).toBe('done');
    await process.run();
    const after = await process.state(execution);
    expect(after).toMatchObject({ status: 'SUCCEEDED', output: 2 });
    expect(after.suspended).toBeUndefined();
    expect(calls).toHaveLength(2);
    expect(await process.engine.suspend(execution)).toBe('closed');
    expect(await process.engine.resume(execution)).toBe('closed');
  });

  test('calls no idempotent tasks either, of which nothing has to be on record before', async () => {
    const { calls, handlers, open } = gated();
    const world = new World({ handlers, exclusive: false });
    const process = world.process();
    const fields = { Idempotent: true };
    const definition = flow({
      First: task('work', { ...fields, Next: 'Second' }),
      Second: task('work', { ...fields, Next: 'Done' }),
      Done: done,
    });
    const execution = await process.start(await world.register('flow', definition), 0);
    await process.run(1_000);
    await world.process().engine.suspend(execution);
    open();
    await process.run(60_000);
    expect(calls).toHaveLength(1);
    await process.engine.resume(execution);
    await process.run();
    expect(calls).toHaveLength(2);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('does not call what a gate has held back, while something else keeps the turn busy', async () => {
    const calls: string[] = [];
    let asked = 0;
    const gate: TaskGate = {
      admit: ({ target }) => {
        if (!target.includes('held')) return { kind: 'admitted' };
        asked += 1;
        return asked === 1 ? { kind: 'later', afterMs: 5_000 } : { kind: 'admitted' };
      },
    };
    const handlers = {
      long: (): Promise<Json> => world.later(60_000, 'done'),
      held: () => {
        calls.push('held');
        return 'done';
      },
    };
    const world: World = new World({ handlers, gates: () => [gate] });
    const process = world.process();
    const branch = (name: string): Json => ({ StartAt: name, States: { [name]: task(name, { End: true }) } });
    const definition = flow({
      First: { Type: 'Parallel', Branches: [branch('long'), branch('held')], Next: 'Done' },
      Done: done,
    });
    const execution = await process.start(await world.register('flow', definition), 0);
    await process.run(1_000);
    await process.engine.suspend(execution);
    await process.run(30_000);
    expect([asked, calls]).toEqual([1, []]);
    await process.engine.resume(execution);
    await process.run();
    expect(calls).toEqual(['held']);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('does not call after a crash what was at work, until it is resumed', async () => {
    const { calls, handlers, open } = gated();
    const world = new World({ handlers });
    const dying = world.process();
    const execution = await dying.start(await world.register('flow', twoTasks), 0);
    await dying.run(1_000);
    await dying.engine.suspend(execution);
    const next = world.process();
    await next.recover();
    await next.run(120_000);
    expect(calls).toHaveLength(1);
    await next.engine.resume(execution);
    await next.run(1_000);
    expect(calls).toHaveLength(2);
    open();
    await next.run();
    expect(await next.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('waits on beyond the time that was set, and goes on at once when it is resumed', async () => {
    const world = new World();
    const process = world.process();
    const definition = flow({ First: { Type: 'Wait', Seconds: 60, Next: 'Done' }, Done: done });
    const execution = await process.start(await world.register('flow', definition), 0);
    await process.run(1_000);
    await process.engine.suspend(execution);
    await process.run(3_600_000);
    expect(await process.state(execution)).toMatchObject({ status: 'RUNNING' });
    const before = world.clock.now();
    await process.engine.resume(execution);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', closedAt: before });
  });

  test('tries again what fails meanwhile when it is resumed', async () => {
    const calls: number[] = [];
    const gate = Promise.withResolvers<void>();
    const handlers = {
      work: async () => {
        calls.push(1);
        if (calls.length > 1) return 'ok';
        await gate.promise;
        throw new Error('no');
      },
    };
    const world = new World({ handlers });
    const process = world.process();
    const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 5 }];
    const definition = flow({ First: task('work', { Retry: retry, Next: 'Done' }), Done: done });
    const execution = await process.start(await world.register('flow', definition), 0);
    await process.run(1_000);
    await process.engine.suspend(execution);
    gate.resolve();
    await process.run(60_000);
    expect(calls).toHaveLength(1);
    expect(await typesOf(process, execution)).toContain('RetryScheduled');
    await process.engine.resume(execution);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'ok' });
  });

  test('times out as a whole all the same, and runs if it is redriven then', async () => {
    const world = new World();
    const process = world.process();
    const definition = {
      TimeoutSeconds: 600,
      StartAt: 'First',
      States: { First: { Type: 'Wait', Seconds: 60, Next: 'Done' }, Done: done },
    };
    const workflow = await world.register('flow', definition);
    const execution = await process.start(workflow, 0);
    const stopped = await process.start(workflow, 0, 'stopped');
    await process.run(1_000);
    await process.engine.suspend(execution);
    await process.engine.suspend(stopped);
    await process.engine.deliver(stopped, { type: 'StopExecution' });
    await process.run();
    expect(await process.state(stopped)).toMatchObject({ status: 'ABORTED' });
    expect(await process.state(execution)).toMatchObject({ status: 'TIMED_OUT' });
    await process.engine.redrive({ execution });
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('starts no further items of a Map, and keeps its place in resource pools', async () => {
    const { calls, handlers, open } = gated();
    const world = new World({ handlers });
    const process = world.process();
    const each = { StartAt: 'Item', States: { Item: task('work', { End: true }) } };
    const definition = flow({
      First: { Type: 'Map', Items: [1, 2, 3, 4, 5], MaxConcurrency: 2, ItemProcessor: each, Next: 'Done' },
      Done: done,
    });
    const execution = await process.start(
      await world.register('flow', { QueryLanguage: 'JSONata', ...(definition as object) }),
      0,
    );
    await process.run(1_000);
    await process.engine.suspend(execution);
    open();
    await process.run(60_000);
    expect(calls).toHaveLength(2);
    await process.engine.resume(execution);
    await process.run();
    expect(calls).toHaveLength(5);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('keeps events, and gives no work to anybody', async () => {
    const world = new World();
    const process = world.process();
    const definition = flow(
      {
        Choose: { Type: 'Pass', Next: ['Call', 'Review'] },
        Call: { Type: 'Pass', Trigger: { Event: 'called' }, Next: 'Done' },
        Review: { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', Next: 'Done' },
        Done: { Type: 'Succeed', Join: 'all' },
      },
      'Choose',
    );
    const execution = await process.start(await world.register('flow', definition), 0);
    await process.run(1_000);
    await process.engine.suspend(execution);
    await process.engine.deliver(execution, { type: 'SendEvent', id: 'e1', name: 'called', payload: 'hello' });
    const live = await process.states.load(execution);
    const [offer] = live === undefined ? [] : outsideTasks(live.plan, live.state);
    if (offer === undefined) throw new Error('Nothing is on offer.');
    const about = { activation: offer.activation, attempt: 1 };
    await process.engine.deliver(execution, { type: 'TaskStarted', ...about, worker: 'ann' });
    await process.run(60_000);
    const held = await process.state(execution);
    expect(held.events).toHaveLength(1);
    expect(held.offers.size).toBe(1);
    await process.engine.resume(execution);
    await process.run(1_000);
    expect(await typesOf(process, execution)).toContain('EventReceived');
    await process.engine.deliver(execution, { type: 'TaskStarted', ...about, worker: 'ann' });
    await process.engine.deliver(execution, { type: 'TaskSucceeded', ...about, output: 'fine' });
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('is resumed, also if whoever did so died at once', async () => {
    const { calls, handlers, open } = gated();
    const world = new World({ handlers });
    const process = world.process();
    const execution = await process.start(await world.register('flow', twoTasks), 0);
    await process.run(1_000);
    await process.engine.suspend(execution);
    open();
    await process.run(1_000);
    await world.process().engine.resume(execution);
    expect(calls).toHaveLength(1);
    const next = world.process();
    await next.recover();
    await next.run();
    expect(await next.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });
});
