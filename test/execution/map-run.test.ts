import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import { type EventStore, StoreUnavailable } from '../../lib/ports/event-store.ts';
import { type TestProcess, task, World, type WorldOptions } from './harness.ts';

type Fields = Readonly<Record<string, Json>>;

function map(States: Fields, fields: Fields = {}, executionType = 'STANDARD'): JsonObject {
  const [StartAt = ''] = Object.keys(States);
  const ItemProcessor = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: executionType }, StartAt, States };
  return { Type: 'Map', Label: 'Items', ItemProcessor, End: true, ...fields };
}

function definition(States: Fields): JsonObject {
  const [StartAt = ''] = Object.keys(States);
  return { StartAt, States };
}

const double = (item: unknown) => Number(item) * 2;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

async function children(world: World, execution: string, status?: 'RUNNING') {
  const all = await world.stores.index.list({ limit: 1_000, ...(status === undefined ? {} : { status }) });
  return all.items.filter((row) => row.execution !== execution);
}

async function open(world: World): Promise<readonly string[]> {
  const { items } = await world.stores.index.list({ status: 'RUNNING', limit: 1_000 });
  return items.map(({ execution }) => execution);
}

describe('a map run', () => {
  test('runs its items as executions, and is done with their outputs', async () => {
    const world = new World({ handlers: { double } });
    const process = world.process();
    const workflow = await world.register('w', definition({ Each: map({ Double: task('double') }) }));
    const execution = await process.start(workflow, numbers(5), 'e');
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [0, 2, 4, 6, 8] });
    expect(await children(world, execution)).toHaveLength(5);
    expect(await open(world)).toEqual([]);
  });

  test('tells in its output what became of children that failed, and of the others what they gave', async () => {
    const work = (item: unknown) => {
      if (item === 1) throw new Error('one too many');
      return item;
    };
    const world = new World({ handlers: { work } });
    const process = world.process();
    const each = map({ Work: task('work') }, { ToleratedFailureCount: 1 });
    const execution = await process.start(await world.register('w', definition({ Each: each })), numbers(3), 'e');
    await process.run();
    const [failed] = (await children(world, execution)).filter(({ status }) => status === 'FAILED');
    const record = { Status: 'FAILED', Error: 'Error', ExecutionArn: failed?.execution, Input: '1' };
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [0, record, 2] });
  });

  test('shows its children in its own list, and not in that of the workflow', async () => {
    const world = new World({ handlers: { double } });
    const process = world.process();
    const workflow = await world.register('w', definition({ Each: map({ Double: task('double') }) }));
    const execution = await process.start(workflow, numbers(3), 'e');
    await process.run();
    const [child] = await children(world, execution);
    const run = child?.mapRun ?? '';
    const own = await world.stores.index.list({ workflow: workflow.id, limit: 10 });
    expect(own.items.map((row) => row.execution)).toEqual([execution]);
    const ofRun = await world.stores.index.list({ mapRun: run, limit: 10 });
    expect(ofRun.items).toHaveLength(3);
    for (const row of ofRun.items) expect(row.workflow).toBe(`${workflow.id}/Items`);
  });

  test('gives its children an identity of their own, and none of its variables', async () => {
    const world = new World();
    const process = world.process();
    const Show = {
      Type: 'Pass',
      End: true,
      Parameters: {
        'id.$': '$$.Execution.Id',
        'name.$': '$$.Execution.Name',
        'input.$': '$$.Execution.Input',
        'machine.$': '$$.StateMachine',
      },
    };
    const workflow = await world.register('w', definition({ Each: map({ Show }) }));
    const execution = await process.start(workflow, ['x'], 'e');
    await process.run();
    const [child] = await children(world, execution);
    expect((await process.state(execution)).output).toEqual([
      {
        id: child?.execution,
        name: child?.name,
        input: 'x',
        machine: { Id: `${workflow.id}/Items`, Name: 'w/Items' },
      },
    ]);
    const Peek = { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $exists($secret) %}', End: true };
    const Assign = { Type: 'Pass', Assign: { secret: 1 }, Next: 'Each' };
    const peeking = await world.register('peeking', definition({ Assign, Each: map({ Peek }) }));
    const second = await process.start(peeking, [1], 'e');
    await process.run();
    expect((await process.state(second)).output).toEqual([false]);
  });

  test('runs express children, and maps within children', async () => {
    const world = new World({ handlers: { double } });
    const process = world.process();
    const inner = map({ Double: task('double') }, { Label: 'Inner' }, 'EXPRESS');
    const workflow = await world.register('w', definition({ Each: map({ Inner: inner }) }));
    const execution = await process.start(workflow, [[1, 2], [], [3]], 'e');
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [[2, 4], [], [6]] });
    expect(await children(world, execution)).toHaveLength(6);
    expect(await open(world)).toEqual([]);
  });

  test('keeps to its limit of concurrency', async () => {
    let running = 0;
    let most = 0;
    const world: World = new World({
      handlers: {
        slow: async () => {
          running += 1;
          most = Math.max(most, running);
          await world.later(1_000, 0);
          running -= 1;
        },
      },
    });
    const process = world.process();
    const workflow = await world.register(
      'w',
      definition({ Each: map({ Slow: task('slow') }, { MaxConcurrency: 3 }) }),
    );
    const execution = await process.start(workflow, numbers(10), 'e');
    await process.run();
    expect((await process.state(execution)).status).toBe('SUCCEEDED');
    expect(most).toBe(3);
  });

  test('writes little more than its children do, however many end together', async () => {
    let commits = 0;
    const log = (events: EventStore): EventStore => ({
      load: (execution) => events.load(execution),
      read: (execution, from, limit) => events.read(execution, from, limit),
      append: (commit) => {
        if (commit.execution.endsWith(':e')) commits += 1;
        return events.append(commit);
      },
    });
    const world: World = new World({ handlers: { slow: () => world.later(1_000, 0) }, log });
    const process = world.process();
    const workflow = await world.register('w', definition({ Each: map({ Slow: task('slow') }) }));
    const execution = await process.start(workflow, numbers(500), 'e');
    await process.run();
    expect((await process.state(execution)).status).toBe('SUCCEEDED');
    expect(commits).toBeLessThan(20);
  });
});

describe('the children of a map run that ends', () => {
  const never = () => new Promise(() => {});

  async function atWork(options: WorldOptions = {}) {
    const world = new World({ handlers: { never }, ...options });
    const process = world.process();
    const inner = map({ Never: task('never') }, { Label: 'Inner' });
    const workflow = await world.register('w', definition({ Each: map({ Inner: inner }) }));
    const execution = await process.start(workflow, [[1, 2], [3]], 'e');
    await process.run(1_000);
    expect(await open(world)).toHaveLength(6);
    return { world, process, execution };
  }

  test('are stopped, and theirs', async () => {
    const { world, process, execution } = await atWork();
    await process.engine.deliver(execution, { type: 'StopExecution' });
    await process.run();
    expect(await open(world)).toEqual([]);
    for (const row of await children(world, execution)) expect(row.status).toBe('ABORTED');
    expect((await process.state(execution)).owed).toEqual([]);
  });

  test('are stopped by the next process if the first dies before it can', async () => {
    let isDead = false;
    const log = (events: EventStore): EventStore => ({
      load: (execution) => events.load(execution),
      read: (execution, from, limit) => events.read(execution, from, limit),
      append: async (commit) => {
        if (isDead && commit.lease === undefined) return new Promise<never>(() => {});
        const outcome = await events.append(commit);
        // The process dies with the commit that closes the parent.
        if (commit.execution.endsWith(':e') && commit.body.includes('ExecutionAborted')) {
          isDead = true;
          return new Promise<never>(() => {});
        }
        return outcome;
      },
    });
    const { world, process, execution } = await atWork({ log });
    await process.engine.deliver(execution, { type: 'StopExecution' });
    await process.run(1_000);
    expect(isDead).toBe(true);
    expect(await open(world)).toHaveLength(6);
    isDead = false;
    const next = world.process();
    await next.recover();
    await next.run();
    expect(await open(world)).toEqual([]);
    expect((await next.state(execution)).owed).toEqual([]);
  });
});

describe('a process that dies', () => {
  /** A log that takes no write any more after so many. */
  function dyingAfter(writes: { left: number }) {
    return (events: EventStore): EventStore => ({
      load: (execution) => events.load(execution),
      read: (execution, from, limit) => events.read(execution, from, limit),
      append: async (commit) => {
        if (writes.left === 0) return new Promise<never>(() => {});
        writes.left -= 1;
        return events.append(commit);
      },
    });
  }

  async function runOf(process: TestProcess, world: World): Promise<string> {
    const each = map({ Double: task('double') }, { MaxConcurrency: 2 });
    return process.start(await world.register('w', definition({ Each: each })), numbers(3), 'e');
  }

  test('after any write: the next one brings the run to the same end, and no child runs twice', async () => {
    const whole = { left: Number.POSITIVE_INFINITY };
    const first = new World({ handlers: { double }, log: dyingAfter(whole) });
    whole.left = 1_000;
    const only = first.process();
    await runOf(only, first);
    await only.run();
    const needed = 1_000 - whole.left;
    expect(needed).toBeGreaterThan(6);
    for (let survived = 1; survived < needed; survived += 1) {
      const writes = { left: survived };
      const world = new World({ handlers: { double }, log: dyingAfter(writes) });
      const dying = world.process();
      const execution = await runOf(dying, world);
      await dying.run();
      writes.left = 1_000;
      const next = world.process();
      await next.recover();
      await next.run();
      expect(await next.state(execution), `after ${survived} writes`).toMatchObject({
        status: 'SUCCEEDED',
        output: [0, 2, 4],
      });
      expect(await children(world, execution)).toHaveLength(3);
      expect(await open(world)).toEqual([]);
    }
  });

  test('between the end of a child and its telling so: the next one asks', async () => {
    const world = new World({ handlers: { double } });
    const process = world.process();
    const { inbox } = world.stores;
    const deposit = inbox.deposit.bind(inbox);
    inbox.deposit = () => new Promise<never>(() => {});
    const workflow = await world.register('w', definition({ Each: map({ Double: task('double') }) }));
    const execution = await process.start(workflow, numbers(3), 'e');
    await process.run();
    expect(await open(world)).toEqual([execution]);
    let isFirst = true;
    inbox.deposit = async (to, fact) => {
      if (!isFirst) return deposit(to, fact);
      isFirst = false;
      throw new StoreUnavailable('The store did not answer.');
    };
    const next = world.process();
    await next.recover();
    await next.run();
    expect(await next.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [0, 2, 4] });
  });
});
