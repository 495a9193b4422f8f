import { describe, expect, test } from 'vitest';
import type { EventStore, StoredCommit } from '../../lib/ports/event-store.ts';
import { StoreUnavailable } from '../../lib/ports/event-store.ts';
import { chain, task, World } from './harness.ts';

const increment = { increment: (value: number) => value + 1 };

describe('a turn', () => {
  test('runs an execution to its end, one commit a step', async () => {
    const world = new World({ handlers: increment });
    const process = world.process();
    const execution = await process.start(await world.register('chain', chain('increment', 10)), 0);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 10 });
    expect(await process.states.events(execution)).toHaveLength(11);
  });

  test('shares one commit between steps that are marked idempotent', async () => {
    const world = new World({ handlers: increment });
    const process = world.process();
    const execution = await process.start(
      await world.register('chain', chain('increment', 10, { Idempotent: true })),
      0,
    );
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 10 });
    expect(await process.states.events(execution)).toHaveLength(2);
  });

  test('commits the results that arrive together together', async () => {
    const gate = Promise.withResolvers<void>();
    const world = new World({ handlers: { wait: (item: number) => gate.promise.then(() => item) } });
    const process = world.process();
    const map = {
      StartAt: 'M',
      States: { M: { Type: 'Map', ItemProcessor: { StartAt: 'T', States: { T: task('wait') } }, End: true } },
    };
    const execution = await process.start(await world.register('fan', map), [1, 2, 3, 4, 5]);
    await process.run();
    gate.resolve();
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [1, 2, 3, 4, 5] });
    expect((await process.states.events(execution)).length).toBeLessThanOrEqual(3);
  });

  test('does not let a slow task hold up another branch', async () => {
    const never = new Promise(() => {});
    const seen: string[] = [];
    const world = new World({ handlers: { slow: () => never, quick: (value: string) => void seen.push(value) } });
    const process = world.process();
    const branch = (name: string) => ({
      StartAt: name,
      States: { [name]: task(name, { Next: `${name}2` }), [`${name}2`]: task('quick') },
    });
    const definition = {
      StartAt: 'P',
      States: { P: { Type: 'Parallel', Branches: [branch('slow'), branch('quick')], End: true } },
    };
    const execution = await process.start(await world.register('both', definition), 'x');
    await process.run();
    expect(seen).toEqual(['x', null]);
    expect((await process.state(execution)).status).toBe('RUNNING');
  });

  test('goes on through a loop of Pass states without filling a commit', async () => {
    const world = new World();
    const process = world.process();
    const states = {
      Count: { Type: 'Pass', Parameters: { 'n.$': 'States.MathAdd($.n, 1)' }, Next: 'More' },
      More: { Type: 'Choice', Choices: [{ Variable: '$.n', NumericLessThan: 3_000, Next: 'Count' }], Default: 'Done' },
      Done: { Type: 'Succeed' },
    };
    const execution = await process.start(await world.register('loop', { StartAt: 'Count', States: states }), { n: 0 });
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: { n: 3_000 } });
    const commits = await process.states.events(execution);
    expect(commits.length).toBeGreaterThan(5);
    expect(Math.max(...commits.map(({ events }) => events.length))).toBeLessThan(3_000);
  });

  test('waits by the clock: Wait, retry with backoff, task timeout', async () => {
    const calls: number[] = [];
    const world = new World({
      handlers: {
        fail: () => {
          calls.push(world.clock.now());
          throw new Error('no');
        },
      },
    });
    const process = world.process();
    const states = {
      W: { Type: 'Wait', Seconds: 3_600, Next: 'F' },
      F: task('fail', {
        Retry: [{ ErrorEquals: ['Error'], IntervalSeconds: 10, BackoffRate: 2, MaxAttempts: 2 }],
        End: true,
      }),
    };
    const began = world.clock.now();
    const execution = await process.start(await world.register('late', { StartAt: 'W', States: states }), {});
    await process.run();
    expect(calls.map((at) => (at - began) / 1000)).toEqual([3_600, 3_610, 3_630]);
    expect(await process.state(execution)).toMatchObject({ status: 'FAILED', failure: { error: 'Error' } });
  });
});

describe('starting', () => {
  test('is idempotent by name while the execution is open, and refuses the name for anything else', async () => {
    const world = new World({ handlers: { never: () => new Promise(() => {}) } });
    const process = world.process();
    const workflow = await world.register('w', chain('never', 1));
    const start = (input: number) => process.engine.start({ workflow, name: 'order-1', input }, { run: true });
    const [first, second] = await Promise.all([start(1), start(1)]);
    expect([first.kind, second.kind].toSorted()).toEqual(['repeated', 'started']);
    expect(await start(2)).toMatchObject({ kind: 'nameTaken' });
    expect(await process.states.events(first.execution)).toHaveLength(1);
  });
});

describe('facts from outside', () => {
  const definition = {
    StartAt: 'A',
    States: {
      A: {
        Type: 'Task',
        Resource: 'arn:aws:states:eu-central-1:123456789012:activity:a',
        HeartbeatSeconds: 60,
        End: true,
      },
    },
  };

  test('an activity is taken once, kept alive by heartbeats, and completed by its token', async () => {
    const world = new World();
    const process = world.process();
    const execution = await process.start(await world.register('w', definition), { n: 1 });
    const [one, two] = await Promise.all([
      process.activities.take('arn:aws:states:eu-central-1:123456789012:activity:a', 'anna', 0),
      process.activities.take('arn:aws:states:eu-central-1:123456789012:activity:a', 'bert', 0),
    ]);
    const taken = one ?? two;
    expect([one, two].filter((each) => each === undefined)).toHaveLength(1);
    expect(taken).toMatchObject({ input: { n: 1 }, execution });
    await process.engine.wake(execution);
    await process.run(50_000);
    const [active] = (await process.state(execution)).activations.values();
    if (active?.work.kind !== 'task') throw new Error('no task');
    expect(active.work).toMatchObject({ stage: 'started', token: taken?.token });
    const about = { activation: active.id, attempt: 1 };
    await process.engine.deliver(execution, { type: 'TaskHeartbeat', ...about });
    await process.run(50_000);
    expect((await process.state(execution)).status).toBe('RUNNING');
    const done = { type: 'TaskSucceeded', ...about, output: 'yes' } as const;
    expect(await process.engine.deliver(execution, done)).toBe('deposited');
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'yes' });
  });

  test('without a heartbeat the task times out', async () => {
    const world = new World();
    const process = world.process();
    const execution = await process.start(await world.register('w', definition), {});
    await process.run();
    expect(await process.state(execution)).toMatchObject({
      status: 'FAILED',
      failure: { error: 'States.Timeout' },
    });
  });

  test('a stop aborts the execution and its children, and tells the handler', async () => {
    const aborted: string[] = [];
    const world = new World({
      handlers: {
        slow: (_input: unknown, { signal, execution }) => {
          signal.addEventListener('abort', () => aborted.push(execution));
          return new Promise(() => {});
        },
      },
    });
    const process = world.process();
    await world.register('child', chain('slow', 1));
    const start = {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Parameters: {
        StateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:child',
        Name: 'c',
        Input: {},
      },
      End: true,
    };
    const parent = await process.start(await world.register('parent', { StartAt: 'C', States: { C: start } }), {});
    await process.run();
    await process.engine.deliver(parent, { type: 'StopExecution', error: 'Enough', cause: 'by hand' });
    await process.run();
    const child = 'arn:aws:states:eu-central-1:123456789012:execution:child:c';
    expect(await process.state(parent)).toMatchObject({
      status: 'ABORTED',
      failure: { error: 'Enough', cause: 'by hand' },
    });
    expect((await process.state(child)).status).toBe('ABORTED');
    expect(aborted).toEqual([child]);
  });
});

describe('children', () => {
  const nest = (resource: string) => ({
    StartAt: 'C',
    States: {
      C: {
        Type: 'Task',
        Resource: resource,
        Parameters: { StateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:child', 'Input.$': '$' },
        End: true,
      },
    },
  });

  test('sync:2 gives the output as JSON, sync as text, without either the parent does not wait', async () => {
    const world = new World({ handlers: increment });
    const process = world.process();
    await world.register('child', chain('increment', 2));
    const outputs: unknown[] = [];
    for (const suffix of ['.sync:2', '.sync', '']) {
      const workflow = await world.register(
        `parent${suffix.replace(':', '')}`,
        nest(`arn:aws:states:::states:startExecution${suffix}`),
      );
      const execution = await process.start(workflow, 5);
      await process.run();
      outputs.push((await process.state(execution)).output);
    }
    expect(outputs[0]).toMatchObject({ Output: 7, Status: 'SUCCEEDED' });
    expect(outputs[1]).toMatchObject({ Output: '7', Status: 'SUCCEEDED' });
    expect(Object.keys(outputs[2] as object).toSorted()).toEqual(['ExecutionArn', 'StartDate']);
  });

  test('a parent whose process died finds the child that ended meanwhile', async () => {
    const world = new World({ handlers: increment });
    await world.register('child', chain('increment', 1));
    const workflow = await world.register('parent', nest('arn:aws:states:::states:startExecution.sync:2'));
    const first = world.process({ increment: () => new Promise(() => {}) });
    const parent = await first.start(workflow, 1);
    await first.run();
    const second = world.process();
    const child = [...(await world.stores.index.list({ status: 'RUNNING', limit: 10 })).items].find(
      ({ execution }) => execution !== parent,
    );
    await second.engine.turn(child?.execution ?? '');
    await second.recover();
    await second.run();
    expect(await second.state(parent)).toMatchObject({ status: 'SUCCEEDED', output: { Output: 2 } });
  });
});

describe('a process that dies', () => {
  /** A log that fails for good at a given write, before or after it is done. */
  const dying =
    (at: number, written: boolean) =>
    (events: EventStore): EventStore => {
      let writes = 0;
      return {
        load: (execution) => events.load(execution),
        read: (execution, from, limit) => events.read(execution, from, limit),
        append: async (commit: StoredCommit) => {
          writes += 1;
          if (writes === at && written) await events.append(commit);
          if (writes === at) throw new StoreUnavailable('The process died here.');
          return events.append(commit);
        },
      };
    };

  test.each(
    [1, 2, 3, 4, 5].flatMap(
      (at) =>
        [
          [at, true],
          [at, false],
        ] as const,
    ),
  )('at write %i, done: %s, loses nothing and repeats nothing that was recorded', async (at, written) => {
    const calls: { step: string; result: number }[] = [];
    const step = (value: number, context: { idempotencyKey: string }) => {
      calls.push({ step: context.idempotencyKey, result: value + 1 });
      return value + 1;
    };
    const world = new World({ handlers: { step }, log: dying(at, written) });
    const process = world.process();
    const workflow = await world.register('chain', chain('step', 4));
    const execution = await process.start(workflow, 0, 'one').catch(async () => process.start(workflow, 0, 'one'));
    await process.recover();
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 4 });
    const perStep = Map.groupBy(calls, ({ step: key }) => key);
    expect(perStep.size).toBe(4);
    // Only the step whose result was lost may have run again.
    expect(calls.length).toBeLessThanOrEqual(5);
  });
});

describe('two processes on one store', () => {
  test('a second delivery keeps off while the first owns a live lease', async () => {
    const calls: string[] = [];
    const gate = Promise.withResolvers<number>();
    const handlers = {
      slow: () => {
        calls.push('call');
        return gate.promise;
      },
    };
    const world = new World({ handlers, exclusive: false });
    const [first, second] = [world.process(), world.process()];
    const execution = await first.start(await world.register('w', chain('slow', 1)), 0);
    await first.run(1_000);
    await second.engine.turn(execution);
    await first.run(10_000);
    expect(calls).toEqual(['call']);
    gate.resolve(7);
    await first.run();
    expect(await first.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 7 });
    expect(calls).toEqual(['call']);
  });

  test('when the owner dies, another takes over after the lease, and a late result of the dead one changes nothing', async () => {
    const world = new World({ exclusive: false });
    const late = Promise.withResolvers<string>();
    const first = world.process({ work: () => late.promise });
    const second = world.process({ work: () => 'second' });
    const execution = await first.start(await world.register('w', chain('work', 1)), 0);
    await first.run(1_000);
    // The first process hangs: it renews no lease.
    world.clock.advance(0);
    await second.engine.turn(execution);
    const before = await second.state(execution);
    expect(before.status).toBe('RUNNING');
    late.resolve('first');
    await first.run();
    expect(await second.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'first' });
  });

  test('a fact that a stale cache cannot place is not lost', async () => {
    const world = new World({ handlers: increment, exclusive: false });
    const [first, second] = [world.process(), world.process()];
    const states = {
      A: { Type: 'Task', Resource: 'arn:aws:states:eu-central-1:123456789012:activity:a', Next: 'B' },
      B: { Type: 'Task', Resource: 'arn:aws:states:eu-central-1:123456789012:activity:b', End: true },
    };
    const execution = await first.start(await world.register('w', { StartAt: 'A', States: states }), {});
    await first.run();
    const idOf = async () => [...(await first.state(execution)).activations.keys()][0] ?? 0;
    const a = await idOf();
    // The second process moves the execution on; the first still has it in its cache as it was.
    await second.engine.deliver(execution, { type: 'TaskSucceeded', activation: a, attempt: 1, output: 1 });
    await second.run();
    const b = await idOf();
    expect(b).not.toBe(a);
    await first.engine.deliver(execution, { type: 'TaskSucceeded', activation: b, attempt: 1, output: 2 });
    await first.run();
    expect(await first.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 2 });
  });

  test('what a turn may no longer start goes to the next one', async () => {
    const world = new World({
      handlers: {
        slow: (value: number) => {
          world.clock.advance(40_000);
          return value + 1;
        },
      },
      exclusive: false,
      startForMs: 60_000,
    });
    const process = world.process();
    const execution = await process.start(await world.register('w', chain('slow', 6)), 0);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 6 });
  });
});
