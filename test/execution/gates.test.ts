import { describe, expect, it } from 'vitest';
import type { Admission, CallEnd, TaskCall, TaskGate } from '../../lib/execution/gates.ts';
import { task, World, type WorldOptions } from './harness.ts';

/** Holds calls back, or refuses them, as it is told; remembers what it was asked and told. */
class Gate implements TaskGate {
  answer: 'admit' | { readonly laterMs: number } | 'refuse' | 'break' = 'admit';
  readonly asked: string[] = [];
  readonly ended: CallEnd[] = [];

  async admit({ target }: TaskCall): Promise<Admission> {
    this.asked.push(target);
    if (this.answer === 'break') throw new Error('The gate is broken.');
    if (this.answer === 'refuse') return { kind: 'refused', error: 'Test.Refused', cause: 'Not today.' };
    if (this.answer === 'admit') return { kind: 'admitted', ended: (end) => void this.ended.push(end) };
    return { kind: 'later', afterMs: this.answer.laterMs };
  }
}

function worldOf(gates: readonly TaskGate[], options: WorldOptions = {}) {
  const calls: string[] = [];
  const handlers = {
    work: (input: { readonly fail?: string }) => {
      calls.push('work');
      if (input.fail !== undefined) throw Object.assign(new Error('It failed.'), { name: input.fail });
      return 'done';
    },
  };
  const world = new World({ handlers, gates: () => gates, ...options });
  return { world, calls };
}

const once = { StartAt: 'Work', States: { Work: task('work') } };

describe('a task that a gate holds back', () => {
  it('is called once the gate admits it, and costs nothing in the log until then', async () => {
    const gate = new Gate();
    gate.answer = { laterMs: 10_000 };
    const { world, calls } = worldOf([gate]);
    const process = world.process();
    const execution = await process.start(await world.register('once', once), {});
    await process.run(5_000);
    const { number } = (await process.states.load(execution)) ?? {};
    await process.run(30_000);
    expect(gate.asked).toHaveLength(4);
    expect(calls).toEqual([]);
    expect((await process.states.load(execution))?.number).toBe(number);
    gate.answer = 'admit';
    await process.run(10_000);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(calls).toEqual(['work']);
    expect(gate.ended).toMatchObject([{ kind: 'succeeded' }]);
  });

  it('does not hold up what runs beside it', async () => {
    const gate = new Gate();
    gate.answer = { laterMs: 3_000 };
    const { world, calls } = worldOf([gate]);
    const process = world.process();
    const branch = (wait: number) => ({
      StartAt: `Pause${wait}`,
      States: { [`Pause${wait}`]: { Type: 'Wait', Seconds: wait, Next: `Work${wait}` }, [`Work${wait}`]: task('work') },
    });
    const both = {
      StartAt: 'Both',
      States: { Both: { Type: 'Parallel', Branches: [branch(0), branch(60)], End: true } },
    };
    const execution = await process.start(await world.register('both', both), {});
    await process.run(10_000);
    gate.answer = 'admit';
    await process.run(5_000);
    expect(calls).toEqual(['work']);
    await process.run(60_000);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(calls).toEqual(['work', 'work']);
  });

  it('times out where the gate holds it back too long', async () => {
    const gate = new Gate();
    gate.answer = { laterMs: 7_000 };
    const { world, calls } = worldOf([gate]);
    const process = world.process();
    const definition = { StartAt: 'Work', States: { Work: task('work', { TimeoutSeconds: 20, End: true }) } };
    const execution = await process.start(await world.register('once', definition), {});
    await process.run(60_000);
    expect(await process.state(execution)).toMatchObject({ status: 'FAILED', failure: { error: 'States.Timeout' } });
    expect(calls).toEqual([]);
    expect(gate.asked).toHaveLength(3);
  });

  it('is not called any more when its execution is stopped', async () => {
    const gate = new Gate();
    gate.answer = { laterMs: 10_000 };
    const { world, calls } = worldOf([gate]);
    const process = world.process();
    const execution = await process.start(await world.register('once', once), {});
    await process.run(1_000);
    await process.engine.deliver(execution, { type: 'StopExecution' });
    gate.answer = 'admit';
    await process.run(60_000);
    expect(await process.state(execution)).toMatchObject({ status: 'ABORTED' });
    expect(calls).toEqual([]);
    expect(gate.asked).toHaveLength(1);
  });

  it('is asked for again by the process that follows one that died', async () => {
    const gate = new Gate();
    gate.answer = { laterMs: 600_000 };
    const { world, calls } = worldOf([gate]);
    const first = world.process();
    const execution = await first.start(await world.register('once', once), {});
    await first.run(1_000);
    await first.engine.stop(0);
    first.queue.stop();
    gate.answer = 'admit';
    const second = world.process();
    await second.recover();
    await second.run(1_000);
    expect(await second.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(calls).toEqual(['work']);
  });

  it('is taken over by whichever process gets the message, without waiting for a lease', async () => {
    const gate = new Gate();
    gate.answer = { laterMs: 5_000 };
    const { world, calls } = worldOf([gate], { exclusive: false });
    const first = world.process();
    const second = world.process();
    const execution = await first.start(await world.register('once', once), {});
    await first.run(1_000);
    expect((await second.states.head(execution))?.lease).toBeUndefined();
    const before = (await first.states.load(execution))?.number ?? 0;
    await first.run(15_000);
    // Each look takes the lease, and gives it up.
    expect(gate.asked).toHaveLength(4);
    expect((await first.states.load(execution))?.number).toBe(before + 6);
    gate.answer = 'admit';
    await second.engine.turn(execution);
    await second.run(1_000);
    expect(await second.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
    await first.run(60_000);
    expect(calls).toEqual(['work']);
  });

  it('is called under a lease, also by a turn that something else keeps busy', async () => {
    let isOpen = false;
    const called: string[] = [];
    const works = (name: string, ms: number) => {
      called.push(name);
      return world.later(ms, name);
    };
    const gate: TaskGate = {
      admit: ({ target }) =>
        target.endsWith('work') && !isOpen ? { kind: 'later', afterMs: 5_000 } : { kind: 'admitted' },
    };
    const world: World = new World({
      handlers: {
        work: () => works('work', 20_000),
        other: () => works('other', 60_000),
        quick: () => works('quick', 1_000),
      },
      gates: () => [gate],
      exclusive: false,
    });
    const first = world.process();
    const branch = (name: string, fields: object) => ({
      StartAt: name,
      States: { [name]: task(name, { End: true, ...fields }) },
    });
    const both = {
      StartAt: 'Both',
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [branch('work', {}), branch('other', { Idempotent: true }), branch('quick', { Idempotent: true })],
          End: true,
        },
      },
    };
    const execution = await first.start(await world.register('both', both), {});
    await first.run(2_000);
    // What has ended was written, and nothing was under way that needed a lease.
    expect((await first.states.head(execution))?.lease).toBeUndefined();
    isOpen = true;
    await first.run(10_000);
    expect(called).toEqual(['other', 'quick', 'work']);
    expect((await first.states.head(execution))?.lease).toMatchObject({ owner: 'process-1' });
    await first.run(60_000);
    expect(await first.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is not called when its execution has failed while the gate was asked', async () => {
    const asked: (() => void)[] = [];
    const called: string[] = [];
    const gate: TaskGate = {
      admit: ({ target }) =>
        target.endsWith('work')
          ? new Promise((resolve) => {
              asked.push(() => resolve({ kind: 'admitted' }));
            })
          : { kind: 'admitted' },
    };
    const fails = () => {
      throw new Error('It failed.');
    };
    const world = new World({ handlers: { work: () => called.push('work'), fails }, gates: () => [gate] });
    const process = world.process();
    const both = {
      StartAt: 'Both',
      States: {
        Both: {
          Type: 'Parallel',
          Branches: ['work', 'fails'].map((name) => ({ StartAt: name, States: { [name]: task(name) } })),
          End: true,
        },
      },
    };
    const execution = await process.start(await world.register('both', both), {});
    await process.run(1_000);
    expect(await process.state(execution)).toMatchObject({ status: 'FAILED' });
    for (const answer of asked) answer();
    await process.run(1_000);
    expect(asked).toHaveLength(1);
    expect(called).toEqual([]);
  });
});

describe('a task that a gate refuses', () => {
  const caught = {
    StartAt: 'Work',
    States: {
      Work: task('work', { Catch: [{ ErrorEquals: ['Test.Refused'], Next: 'Instead' }], End: true }),
      Instead: { Type: 'Pass', End: true },
    },
  };

  it('fails with an error that its Catch may name', async () => {
    const gate = new Gate();
    gate.answer = 'refuse';
    const { world, calls } = worldOf([gate]);
    const process = world.process();
    const execution = await process.start(await world.register('caught', caught), {});
    await process.run(1_000);
    const output = { Error: 'Test.Refused', Cause: 'Not today.' };
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output });
    expect(calls).toEqual([]);
  });

  it('is retried as its Retry says', async () => {
    const gate = new Gate();
    gate.answer = 'refuse';
    const { world, calls } = worldOf([gate]);
    const process = world.process();
    const Retry = [{ ErrorEquals: ['Test.Refused'], IntervalSeconds: 10, MaxAttempts: 3, BackoffRate: 1 }];
    const definition = { StartAt: 'Work', States: { Work: task('work', { Retry, End: true }) } };
    const execution = await process.start(await world.register('retried', definition), {});
    await process.run(15_000);
    gate.answer = 'admit';
    await process.run(10_000);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(gate.asked).toHaveLength(3);
    expect(calls).toEqual(['work']);
  });
});

describe('several gates', () => {
  it('are asked in order, and the earlier are told when a later one holds the call back', async () => {
    const [first, second] = [new Gate(), new Gate()];
    second.answer = { laterMs: 1_000 };
    const { world } = worldOf([first, second]);
    const process = world.process();
    const execution = await process.start(await world.register('once', once), {});
    await process.run(500);
    expect(first.ended).toEqual([{ kind: 'notCalled', ms: 0 }]);
    second.answer = 'admit';
    await process.run(1_000);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(first.ended.map(({ kind }) => kind)).toEqual(['notCalled', 'succeeded']);
    expect(second.ended.map(({ kind }) => kind)).toEqual(['succeeded']);
  });

  it('do not lose the task where one of them fails', async () => {
    const [first, second] = [new Gate(), new Gate()];
    second.answer = 'break';
    const { world, calls } = worldOf([first, second]);
    const process = world.process();
    const execution = await process.start(await world.register('once', once), {});
    await process.run(1_000);
    expect(first.ended.every(({ kind }) => kind === 'notCalled')).toBe(true);
    second.answer = 'admit';
    await process.run(60_000);
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
    expect(calls).toEqual(['work']);
  });

  it('are told the error of a call that failed', async () => {
    const gate = new Gate();
    const { world } = worldOf([gate]);
    const process = world.process();
    await process.start(await world.register('once', once), { fail: 'Shop.Broken' });
    await process.run(1_000);
    expect(gate.ended).toMatchObject([{ kind: 'failed', error: 'Shop.Broken' }]);
  });
});
