import { describe, expect, test } from 'vitest';
import type { Json } from '../../lib/model/json.ts';
import { type EventStore, StoreUnavailable } from '../../lib/ports/event-store.ts';
import type { TaskInvoker } from '../../lib/ports/task-invoker.ts';
import { chain, type TestProcess, task, World } from './harness.ts';

/** What once went wrong in the simulation, or could have: one bad moment at a time. */

const ARN = 'arn:aws:states:eu-central-1:123456789012';
const activity = (name: string, fields: Readonly<Record<string, Json>>): Json => ({
  Type: 'Task',
  Resource: `${ARN}:activity:${name}`,
  ...fields,
});
const never = () => new Promise<never>(() => {});

/** A log that fails once, at the given write. */
function failingAt(write: number, options: { readonly written: boolean }) {
  let writes = 0;
  return (events: EventStore): EventStore => ({
    load: (execution) => events.load(execution),
    read: (execution, from, limit) => events.read(execution, from, limit),
    append: async (commit) => {
      writes += 1;
      if (writes !== write) return events.append(commit);
      if (options.written) await events.append(commit);
      throw new StoreUnavailable('The store did not answer.');
    },
  });
}

async function openTask(process: TestProcess, execution: string): Promise<{ activation: number; attempt: number }> {
  for (const { id, work } of (await process.state(execution)).activations.values()) {
    if (work.kind === 'task') return { activation: id, attempt: work.attempt };
  }
  throw new Error('No task is open.');
}

describe('what goes on with an execution, and of which the store does not say whether it was written', () => {
  const failing = { work: () => Promise.reject(new Error('no')) };

  test('a redrive runs', async () => {
    // Start, failure, redrive.
    const world = new World({ handlers: failing, log: failingAt(3, { written: true }) });
    const process = world.process();
    const execution = await process.start(await world.register('w', chain('work', 1)), {}, 'one');
    await process.run();
    await expect(process.engine.redrive({ execution })).rejects.toThrow(StoreUnavailable);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'FAILED', redriven: { count: 1 } });
  });

  test('a fork runs', async () => {
    const world = new World({ handlers: failing, log: failingAt(3, { written: true }) });
    const process = world.process();
    const execution = await process.start(await world.register('w', chain('work', 1)), {}, 'one');
    await process.run();
    const before = await process.states.past.beforeEnd(execution, 1);
    const identity = { id: `${ARN}:execution:w:two`, name: 'two', workflow: before.state.identity.workflow };
    const order = { past: { ...before, commit: 1, at: 0 }, identity };
    await expect(process.engine.fork(order)).rejects.toThrow(StoreUnavailable);
    await process.run();
    expect(await process.state(identity.id)).toMatchObject({ status: 'FAILED' });
  });

  test('one that was resumed goes on, and one that was suspended does not', async () => {
    const waiting = {
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Seconds: 60, Next: 'End' }, End: { Type: 'Succeed' } },
    };
    // Start, suspension.
    const world = new World({ log: failingAt(2, { written: true }) });
    const process = world.process();
    const execution = await process.start(await world.register('w', waiting), {}, 'one');
    await process.run(1_000);
    await expect(process.engine.suspend(execution)).rejects.toThrow(StoreUnavailable);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'RUNNING' });
    const next = new World({ log: failingAt(3, { written: true }) });
    const other = next.process();
    const resumed = await other.start(await next.register('w', waiting), {}, 'one');
    await other.run(1_000);
    await other.engine.suspend(resumed);
    await expect(other.engine.resume(resumed)).rejects.toThrow(StoreUnavailable);
    await other.run();
    expect(await other.state(resumed)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a start whose outcome is unknown', () => {
  test.each([true, false])('runs if it was written: %s', async (written) => {
    const world = new World({ handlers: { work: () => 'done' }, log: failingAt(1, { written }) });
    const process = world.process();
    const workflow = await world.register('w', chain('work', 1));
    await expect(process.start(workflow, {}, 'one')).rejects.toThrow(StoreUnavailable);
    await process.run();
    const execution = `${ARN}:execution:w:one`;
    const live = await process.states.load(execution);
    expect(live?.state.status).toBe(written ? 'SUCCEEDED' : undefined);
  });
});

describe('time', () => {
  test('a worker that sent heartbeats and then fell silent is given up', async () => {
    const world = new World();
    const process = world.process();
    const definition = { StartAt: 'A', States: { A: activity('a', { HeartbeatSeconds: 60, End: true }) } };
    const execution = await process.start(await world.register('w', definition), {});
    for (const _beat of [1, 2]) {
      await process.run(25_000);
      const about = await openTask(process, execution);
      await process.engine.deliver(execution, { type: 'TaskHeartbeat', ...about });
    }
    await process.run();
    expect(await process.state(execution)).toMatchObject({ failure: { error: 'States.Timeout' } });
  });

  test('a wake-up that comes early is asked for again', async () => {
    const world = new World();
    const process = world.process();
    const definition = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 3_600, End: true } } };
    const execution = await process.start(await world.register('w', definition), {});
    await process.run(3_599_500);
    process.timers.stop();
    await process.engine.turn(execution);
    await process.run();
    expect((await process.state(execution)).status).toBe('SUCCEEDED');
  });

  test('an answer that was accepted in time counts, however late the turn that reads it', async () => {
    const world = new World();
    const process = world.process();
    const definition = { StartAt: 'A', States: { A: activity('a', { TimeoutSeconds: 60, End: true }) } };
    const execution = await process.start(await world.register('w', definition), {});
    await process.run(50_000);
    await process.queue.stop();
    const about = await openTask(process, execution);
    await process.engine.deliver(execution, { type: 'TaskSucceeded', ...about, output: 'in time' });
    world.clock.advance(50_000);
    await process.engine.turn(execution);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'in time' });
  });

  test('a lease is renewed once every half of its time', async () => {
    const world = new World({ exclusive: false, handlers: { slow: () => world.later(200_000, 'done') } });
    const process = world.process();
    const execution = await process.start(await world.register('w', chain('slow', 1)), 0);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect((await process.states.events(execution)).length).toBeLessThan(12);
  });

  test('the owner of the lease finds facts whose messages went to others', async () => {
    const world = new World({ exclusive: false });
    const [owner, other] = [world.process({ slow: never }), world.process()];
    const execution = await owner.start(await world.register('w', chain('slow', 1)), 0);
    await owner.run(1_000);
    await other.engine.deliver(execution, { type: 'StopExecution' });
    await owner.run(40_000);
    expect((await owner.state(execution)).status).toBe('ABORTED');
  });

  test('of the messages that find a lease, one comes back', async () => {
    let died = false;
    const world = new World({
      exclusive: false,
      log: (events) => ({
        load: (execution) => events.load(execution),
        read: (execution, from, limit) => events.read(execution, from, limit),
        append: (commit) => (died && commit.lease?.owner === 'process-1' ? never() : events.append(commit)),
      }),
    });
    const [owner, other] = [world.process({ slow: never }), world.process({ slow: () => 'again' })];
    const execution = await owner.start(await world.register('w', chain('slow', 1)), 0);
    await owner.run(1_000);
    const delays: (number | undefined)[] = [];
    const send = other.queue.send.bind(other.queue);
    other.queue.send = (messages) => {
      delays.push(...messages.map(({ delaySeconds }) => delaySeconds));
      return send(messages);
    };
    // A timer may come early, while the lease lasts, and would be taken for one message too many.
    other.timers.wakeAt = () => Promise.reject(new Error('No timer is wanted.'));
    for (let message = 0; message < 100; message += 1) await other.engine.turn(execution);
    expect(delays).toEqual([59]);
    died = true;
    await other.run(150_000);
    expect(await other.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'again' });
  });
});

test('an answer that was accepted while a process stood still, reading, counts', async () => {
  const world = new World();
  const process = world.process();
  const definition = { StartAt: 'A', States: { A: activity('a', { TimeoutSeconds: 60, End: true }) } };
  const execution = await process.start(await world.register('w', definition), {});
  await process.run(50_000);
  const about = await openTask(process, execution);
  process.timers.stop();
  const { inbox } = world.stores;
  const facts = inbox.facts.bind(inbox);
  let isSlow = true;
  inbox.facts = async (of) => {
    const found = await facts(of);
    if (isSlow) await world.later(30_000, undefined);
    isSlow = false;
    return found;
  };
  const turn = process.engine.turn(execution);
  await process.run(5_000);
  // The message about it went to another process.
  const answer = { type: 'TaskSucceeded', ...about, output: 'in time' };
  await inbox.deposit(execution, { id: 'answer', at: world.clock.now(), body: JSON.stringify(answer) });
  await process.run();
  await turn;
  expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'in time' });
});

describe('a write that fails', () => {
  test.each([true, false])('calls nothing twice that is still under way, written: %s', async (written) => {
    const calls: string[] = [];
    const world = new World({
      log: failingAt(2, { written }),
      handlers: {
        quick: () => void calls.push('quick'),
        slow: () => {
          calls.push('slow');
          return world.later(30_000, 'slow');
        },
      },
    });
    const process = world.process();
    const branch = (name: string): Json => ({ StartAt: name, States: { [name]: task(name) } });
    const definition = {
      StartAt: 'P',
      States: { P: { Type: 'Parallel', Branches: [branch('quick'), branch('slow')], End: true } },
    };
    const execution = await process.start(await world.register('w', definition), 0);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [null, 'slow'] });
    expect(calls).toEqual(['quick', 'slow']);
  });

  test('each time, in the background too, is given up in the end, and harms nobody else', async () => {
    let poison = '';
    let failures = 0;
    const world = new World({
      log: (events) => ({
        load: (execution) => events.load(execution),
        read: (execution, from, limit) => events.read(execution, from, limit),
        append: async (commit) => {
          if (commit.execution !== poison || commit.number === 0) return events.append(commit);
          failures += 1;
          throw new StoreUnavailable('The store did not answer.');
        },
      }),
      handlers: { add: (n: number) => n + 1 },
    });
    const process = world.process();
    const workflow = await world.register('w', chain('add', 2));
    poison = `${ARN}:execution:w:bad`;
    expect(await process.start(workflow, 0, 'bad')).toBe(poison);
    const good = await process.start(workflow, 0, 'good');
    await process.run();
    expect(await process.state(good)).toMatchObject({ status: 'SUCCEEDED', output: 2 });
    // The turn of the start, and five deliveries of the message that it left.
    expect({ failures, gaveUp: process.gaveUp }).toEqual({ failures: 6, gaveUp: [poison] });
    poison = '';
    await process.engine.wake(good);
    await process.engine.wake(`${ARN}:execution:w:bad`);
    await process.run();
    expect(await process.state(`${ARN}:execution:w:bad`)).toMatchObject({ status: 'SUCCEEDED', output: 2 });
    expect(failures).toBe(6);
  });

  test('while others ask for turns is counted on, as they are not', async () => {
    let failures = 0;
    const world = new World({
      log: (events) => ({
        load: (execution) => events.load(execution),
        read: (execution, from, limit) => events.read(execution, from, limit),
        append: async (commit) => {
          if (commit.number === 0) return events.append(commit);
          failures += 1;
          // Whoever asks for a turn meanwhile only tells this one to look again.
          await process.engine.wake(commit.execution);
          throw new StoreUnavailable('The store did not answer.');
        },
      }),
      handlers: { add: (n: number) => n + 1 },
    });
    const process = world.process();
    const execution = await process.start(await world.register('w', chain('add', 1)), 0);
    await process.run();
    expect({ failures, gaveUp: process.gaveUp }).toEqual({ failures: 6, gaveUp: [execution] });
  });

  test('at the start: starting again gets the execution going', async () => {
    const world = new World({ log: failingAt(1, { written: true }), handlers: { add: (n: number) => n + 1 } });
    const process = world.process();
    const workflow = await world.register('w', chain('add', 1));
    await expect(process.start(workflow, 0, 'one')).rejects.toThrow(StoreUnavailable);
    const execution = await process.start(workflow, 0, 'one');
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 1 });
  });
});

test('a message that comes while the same name is started again is not lost', async () => {
  const world = new World();
  const process = world.process();
  const definition = { StartAt: 'A', States: { A: activity('a', { End: true }) } };
  const workflow = await world.register('w', definition);
  const execution = await process.start(workflow, {}, 'one');
  await process.run();
  const about = await openTask(process, execution);
  const again = process.start(workflow, {}, 'one');
  await world.stores.inbox.deposit(execution, {
    id: `${about.activation}.1.ended`,
    at: world.clock.now(),
    body: JSON.stringify({ type: 'TaskSucceeded', ...about, output: 'yes' }),
  });
  await process.engine.turn(execution);
  await again;
  await process.run();
  expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'yes' });
});

describe('a process that others have left behind', () => {
  test('does not take its old state for the present one when a message asks it to go on', async () => {
    const world = new World({ exclusive: false, startForMs: 60_000 });
    const handlers = {
      slow: () => {
        world.clock.advance(70_000);
        return 'slow';
      },
    };
    const [first, second] = [world.process(handlers), world.process(handlers)];
    const states = { A: activity('a', { Next: 'B' }), B: task('slow', { Next: 'C' }), C: task('slow') };
    const execution = await first.start(await world.register('w', { StartAt: 'A', States: states }), {});
    await first.run();
    await second.queue.stop();
    const about = await openTask(first, execution);
    await second.engine.deliver(execution, { type: 'TaskSucceeded', ...about, output: 1 });
    await second.engine.turn(execution);
    expect((await second.state(execution)).status).toBe('RUNNING');
    // What the second one may no longer start, it leaves to whoever gets its message.
    await first.engine.turn(execution);
    await first.run();
    expect(await first.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'slow' });
  });

  test('leaves facts alone that only the present state can place', async () => {
    const world = new World({ exclusive: false });
    const first = world.process({ work: () => world.later(30_000, 'late') });
    const second = world.process({ work: () => 'quick' });
    const states = { A: task('work', { Idempotent: true, Next: 'B' }), B: activity('b', { End: true }) };
    const execution = await first.start(await world.register('w', { StartAt: 'A', States: states }), {});
    await first.run(1_000);
    await second.engine.turn(execution);
    const about = await openTask(second, execution);
    await first.engine.deliver(execution, { type: 'TaskSucceeded', ...about, output: 'answer' });
    await first.run();
    expect(await second.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'answer' });
  });

  test('keeps results to itself whose tasks the log does not know: their numbers may mean other tasks', async () => {
    const world = new World({ exclusive: false });
    const processor = {
      StartAt: 'S',
      States: { S: task('first', { Next: 'T' }), T: task('second', { End: true }) },
    };
    const definition = {
      Idempotent: true,
      StartAt: 'M',
      States: { M: { Type: 'Map', ItemProcessor: processor, End: true } },
    };
    // Of the two items, one process is quicker with one, the other with the other.
    const first = world.process({
      first: (item: number) => world.later(item === 0 ? 1_000 : 50_000, item),
      second: (item: number) => world.later(30_000, `item ${item}`),
    });
    const second = world.process({
      first: (item: number) => world.later(item === 1 ? 1_000 : 50_000, item),
      second: (item: number) => world.later(item === 1 ? 5_000 : 40_000, `item ${item}`),
    });
    const execution = await first.start(await world.register('w', definition), [0, 1]);
    void second.engine.turn(execution);
    await first.run(10_000);
    await first.engine.wake(execution);
    await first.run();
    expect(await first.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: ['item 0', 'item 1'] });
  });
});

test('an item keeps its idempotency key when a crash loses the order in which items went on', async () => {
  const keys = new Map<string, Set<number>>();
  let quick = 0;
  const world = new World({ exclusive: true });
  const handlers = {
    first: (item: number) => world.later(item === quick ? 1 : 50, item),
    second: (item: number, { idempotencyKey: key }: { idempotencyKey: string }) => {
      keys.set(key, (keys.get(key) ?? new Set()).add(item));
      return quick === 0 ? never() : item;
    },
  };
  const processor = { StartAt: 'S', States: { S: task('first', { Next: 'T' }), T: task('second', { End: true }) } };
  const definition = {
    Idempotent: true,
    StartAt: 'M',
    States: { M: { Type: 'Map', ItemProcessor: processor, End: true } },
  };
  const first = world.process(handlers);
  const execution = await first.start(await world.register('w', definition), [0, 1]);
  // Not long enough for anything to be saved.
  await first.run(60);
  quick = 1;
  const second = world.process(handlers);
  await second.recover();
  await second.run(70);
  expect(keys.size).toBe(2);
  expect([...keys.values()].map((items) => items.size)).toEqual([1, 1]);
  await second.run();
  expect((await second.state(execution)).status).toBe('SUCCEEDED');
});

test('a token is on record before it is handed out, also by a task that is idempotent', async () => {
  const known: boolean[] = [];
  const world = new World({
    handlers: {
      first: () => null,
      ask: async ({ token }: { token: string }, { execution }) => {
        const { activations } = await process.state(execution);
        known.push([...activations.values()].some(({ work }) => work.kind === 'task' && work.token === token));
      },
    },
  });
  const process = world.process();
  const ask = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
    End: true,
  };
  const definition = { Idempotent: true, StartAt: 'A', States: { A: task('first', { Next: 'B' }), B: ask } };
  await process.start(await world.register('w', definition), {});
  await process.run();
  expect(known).toEqual([true]);
});

describe('children without a name', () => {
  const nest: Json = {
    StartAt: 'C',
    States: {
      C: {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution',
        Parameters: { StateMachineArn: `${ARN}:stateMachine:child`, Input: {} },
        End: true,
      },
    },
  };

  test('of parents of the same name in two workflows are two', async () => {
    const world = new World({ handlers: { work: () => null } });
    const process = world.process();
    await world.register('child', chain('work', 1));
    for (const workflow of ['one', 'two']) {
      const parent = await process.start(await world.register(workflow, nest), {}, 'order-1');
      await process.run();
      expect((await process.state(parent)).status).toBe('SUCCEEDED');
    }
  });

  test('are found again after a crash, also when they have closed meanwhile', async () => {
    let dead = false;
    const log = (events: EventStore): EventStore => ({
      load: (execution) => events.load(execution),
      read: (execution, from, limit) => events.read(execution, from, limit),
      append: (commit) => {
        // The first process dies before it has recorded that the child was started.
        const dies = !dead && commit.number === 1 && commit.execution.includes(':w:');
        if (dies) dead = true;
        return dies ? new Promise(() => {}) : events.append(commit);
      },
    });
    const world = new World({ log, handlers: { work: () => null } });
    const first = world.process();
    await world.register('child', chain('work', 1));
    const parent = await first.start(await world.register('w', nest), {});
    await first.run();
    const second = world.process();
    await second.recover();
    await second.run();
    expect((await second.state(parent)).status).toBe('SUCCEEDED');
    expect((await world.stores.index.list({ limit: 10 })).items).toHaveLength(2);
  });
});

test('a call that fails while a commit is under way is made again, also if it was the last one', async () => {
  let calls = 0;
  const service: TaskInvoker = {
    invoke: async () => {
      calls += 1;
      if (calls === 1) await world.later(50, undefined);
      if (calls === 1) throw new StoreUnavailable('The store did not answer.');
      return { kind: 'succeeded', output: 'called' };
    },
  };
  const world: World = new World({
    services: service,
    log: (events) => ({
      load: (execution) => events.load(execution),
      read: (execution, from, limit) => events.read(execution, from, limit),
      append: async (commit) => {
        // Of the quick one's result; the other call fails meanwhile.
        if (commit.number === 1) await world.later(100, undefined);
        return events.append(commit);
      },
    }),
    handlers: { quick: () => 'quick' },
  });
  const process = world.process();
  const sqs = { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:sqs:listQueues', End: true };
  const branch = (name: string, state: Json) => ({ StartAt: name, States: { [name]: state } });
  const Branches = [branch('Quick', task('quick')), branch('Queues', sqs)];
  const definition = { StartAt: 'P', States: { P: { Type: 'Parallel', Branches, End: true } } };
  const execution = await process.start(await world.register('w', definition), 0);
  await process.run();
  expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: ['quick', 'called'] });
  expect(calls).toBe(2);
});

test('a message about a redrive is not lost on a turn that still takes the execution for closed', async () => {
  const gate = Promise.withResolvers<void>();
  let isHeld = false;
  let calls = 0;
  const world = new World({
    log: (events) => ({
      append: (commit) => events.append(commit),
      read: (execution, from, limit) => events.read(execution, from, limit),
      load: async (execution) => {
        const log = await events.load(execution);
        if (isHeld) {
          isHeld = false;
          await gate.promise;
        }
        return log;
      },
    }),
    handlers: {
      work: () => {
        calls += 1;
        if (calls === 1) throw new Error('Not now.');
        return 'done';
      },
    },
  });
  const process = world.process();
  const execution = await process.start(await world.register('w', chain('work', 1)), 0);
  await process.run();
  expect((await process.state(execution)).status).toBe('FAILED');
  isHeld = true;
  const turn = process.engine.turn(execution);
  await process.engine.redrive({ execution });
  await process.run(1_000);
  gate.resolve();
  await turn;
  await process.run();
  expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
});
