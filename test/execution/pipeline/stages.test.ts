import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../lib/adapters/memory/index.ts';
import type { TaskGate } from '../../../lib/execution/gates.ts';
import { HOOK_LIMIT_MS } from '../../../lib/execution/pipeline/hooks.ts';
import { ExecutionPipeline } from '../../../lib/execution/pipeline/pipeline.ts';
import type { PipelineStage } from '../../../lib/execution/pipeline/stage.ts';
import type { Json } from '../../../lib/model/json.ts';
import { task, World, type WorldOptions } from '../harness.ts';

const never = () => new Promise<never>(() => {});
const broken = () => {
  throw new Error('It is broken.');
};

function worldOf(stages: readonly PipelineStage[], options: WorldOptions = {}) {
  const calls: Json[] = [];
  const handlers = {
    work: (input: Json) => {
      calls.push(input);
      if (input === 'fail') throw Object.assign(new Error('It failed.'), { name: 'Work.Failed' });
      return 'done';
    },
  };
  const world = new World({ handlers, stages, ...options });
  return { world, process: world.process(), calls };
}

const once = { StartAt: 'Work', States: { Work: task('work') } };
const caught = {
  StartAt: 'Work',
  States: {
    Work: task('work', { End: true, Catch: [{ ErrorEquals: ['Knhk.StageFailed'], Next: 'Caught' }] }),
    Caught: { Type: 'Pass', End: true },
  },
};

/** Writes down which hooks are called, and marks what passes. */
function marking(name: string, told: string[]): PipelineStage {
  return {
    name,
    beforeStart: async ({ input }) => {
      told.push(`${name} start`);
      return { input: `${input}>${name}` };
    },
    beforeTask: ({ input, state, attempt }) => {
      told.push(`${name} before ${state} ${attempt}`);
      return { input: `${input}+${name}` };
    },
    afterTask: (_task, end) => {
      told.push(`${name} after ${end.kind}`);
      return end.kind === 'succeeded' ? { ...end, output: `${end.output}<${name}` } : undefined;
    },
  };
}

describe('stages of a pipeline', () => {
  it('come first to last before a start and a task, and last to first after it', async () => {
    const told: string[] = [];
    const { world, process, calls } = worldOf([marking('a', told), marking('b', told)]);
    const execution = await process.start(await world.register('once', once), 'in');
    await process.run();
    expect(told).toEqual([
      'a start',
      'b start',
      'a before Work 1',
      'b before Work 1',
      'b after succeeded',
      'a after succeeded',
    ]);
    expect(calls).toEqual(['in>a>b+a+b']);
    // What a stage made for the task alone is not on record; what it made of its result is.
    expect(await process.state(execution)).toMatchObject({ input: 'in>a>b', output: 'done<b<a', status: 'SUCCEEDED' });
    const events = await process.events(execution);
    expect(JSON.stringify(events)).not.toContain('+a');
  });

  it('let nothing start that one of them refuses', async () => {
    const { world, process } = worldOf([
      { name: 'closed', beforeStart: ({ workflow }) => ({ refused: `${workflow} is closed on Sundays.` }) },
    ]);
    const workflow = await world.register('once', once);
    expect(await process.engine.start({ workflow, name: 'n', input: {} }, { run: true })).toMatchObject({
      kind: 'refused',
      reason: 'startRefused',
      message: "The stage 'closed' refuses the start: once is closed on Sundays.",
    });
    expect((await world.stores.index.list({ limit: 10 })).items).toEqual([]);
  });

  it.each([
    ['throws', broken],
    ['rejects', async () => broken()],
    ['answers with a cycle', () => ({ input: cycle() })],
    ['answers with what JSON does not have', () => ({ input: undefined as unknown as Json })],
  ])('refuse a start where one %s', async (_how, beforeStart) => {
    const { world, process } = worldOf([{ name: 'odd', beforeStart }]);
    const workflow = await world.register('once', once);
    const outcome = await process.engine.start({ workflow, name: 'n', input: {} }, { run: true });
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'stageFailed' });
    expect(outcome.kind === 'refused' && outcome.message).toContain("the stage 'odd'");
    expect((await world.stores.index.list({ limit: 10 })).items).toEqual([]);
  });

  it('refuse a start where one never answers', async () => {
    const { world, process } = worldOf([{ name: 'slow', beforeStart: never }]);
    const started = process.engine.start({ workflow: await world.register('once', once), input: {} }, { run: true });
    await process.run(HOOK_LIMIT_MS - 1);
    await process.run(1);
    expect(await started).toMatchObject({ kind: 'refused', reason: 'stageFailed' });
  });

  it.each<[string, Partial<PipelineStage>, number]>([
    ['beforeTask throws', { beforeTask: broken }, 0],
    ['beforeTask rejects', { beforeTask: async () => broken() }, 0],
    ['beforeTask never answers', { beforeTask: never }, 0],
    ['beforeTask answers with a cycle', { beforeTask: () => ({ input: cycle() }) }, 0],
    ['afterTask throws', { afterTask: broken }, 1],
    ['afterTask never answers', { afterTask: never }, 1],
    ['afterTask answers with a cycle', { afterTask: () => ({ kind: 'succeeded', output: cycle() }) }, 1],
  ])('fail the task where %s, and the state can catch that', async (_how, hooks, called) => {
    const { world, process, calls } = worldOf([{ name: 'odd', ...hooks }]);
    const execution = await process.start(await world.register('caught', caught), {});
    await process.run();
    const state = await process.state(execution);
    expect(state).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'Knhk.StageFailed' } });
    expect(JSON.stringify(state.output)).toContain("the stage 'odd'");
    expect(calls).toHaveLength(called);
  });

  it('can fail a task in their own words, also one that succeeded, and mend one that failed', async () => {
    const stage: PipelineStage = {
      name: 'judge',
      beforeTask: ({ input }) => (input === 'forbidden' ? { error: 'Judge.Forbidden', cause: 'Not this.' } : undefined),
      afterTask: ({ input }, end) => {
        if (input === 'worthless') return { kind: 'failed', error: 'Judge.Worthless' };
        return end.kind === 'failed' && input === 'fail' ? { kind: 'succeeded', output: end.error } : undefined;
      },
    };
    const { world, process, calls } = worldOf([stage]);
    const workflow = await world.register('once', once);
    const outcomes = [];
    for (const input of ['forbidden', 'worthless', 'fail']) {
      const execution = await process.start(workflow, input);
      await process.run();
      outcomes.push(await process.state(execution));
    }
    expect(outcomes).toMatchObject([
      { status: 'FAILED', failure: { error: 'Judge.Forbidden', cause: 'Not this.' } },
      { status: 'FAILED', failure: { error: 'Judge.Worthless' } },
      { status: 'SUCCEEDED', output: 'Work.Failed' },
    ]);
    expect(calls).toEqual(['worthless', 'fail']);
  });

  it('are told the end only of what they have let pass', async () => {
    const told: string[] = [];
    const stages: PipelineStage[] = [
      { name: 'outer', afterTask: (_task, end) => void told.push(`outer ${end.kind}`) as undefined },
      {
        name: 'refusing',
        beforeTask: () => ({ error: 'No' }),
        afterTask: () => void told.push('refusing') as undefined,
      },
      { name: 'inner', afterTask: () => void told.push('inner') as undefined },
    ];
    const { world, process } = worldOf(stages);
    await process.start(await world.register('once', once), {});
    await process.run();
    expect(told).toEqual(['outer failed']);
  });

  it('stand behind the gates: what is held back passes them once', async () => {
    const told: string[] = [];
    let asked = 0;
    const gate: TaskGate = {
      admit: () => {
        asked += 1;
        return asked < 4 ? { kind: 'later', afterMs: 1_000 } : { kind: 'admitted' };
      },
    };
    const { world, process } = worldOf([marking('a', told)], { gates: () => [gate] });
    await process.start(await world.register('once', once), 'in');
    await process.run();
    expect(asked).toBe(4);
    expect(told).toEqual(['a start', 'a before Work 1', 'a after succeeded']);
  });

  it('say nothing about what is called where they refuse or fail', async () => {
    const ends: string[] = [];
    const gate: TaskGate = {
      admit: () => ({ kind: 'admitted', ended: ({ kind }) => void ends.push(kind) }),
    };
    const stages: readonly PipelineStage[] = [
      { name: 'refusing', beforeTask: () => ({ error: 'No' }) },
      { name: 'breaking', beforeTask: broken },
      { name: 'spoiling', afterTask: broken },
      { name: 'judging', afterTask: () => ({ kind: 'failed', error: 'Judge.Worthless' }) },
    ];
    for (const stage of stages) {
      const { world, process } = worldOf([stage], { gates: () => [gate] });
      await process.start(await world.register('once', once), {});
      await process.run();
    }
    expect(ends).toEqual(['notCalled', 'notCalled', 'notCalled', 'failed']);
  });

  it('look at each attempt', async () => {
    const told: string[] = [];
    const { world, process } = worldOf([marking('a', told)]);
    const retry = [{ ErrorEquals: ['Work.Failed'], MaxAttempts: 1 }];
    const definition = {
      StartAt: 'Work',
      States: { Work: { ...(task('work', { End: true, Retry: retry }) as object) } },
    } as Json;
    const stages: PipelineStage = { name: 'failing', beforeTask: () => ({ input: 'fail' }) };
    const failing = worldOf([marking('a', told), stages]);
    await failing.process.start(await failing.world.register('retried', definition), 'in');
    await failing.process.run();
    expect(told).toEqual(['a start', 'a before Work 1', 'a after failed', 'a before Work 2', 'a after failed']);
    expect(process).toBeDefined();
    expect(world).toBeDefined();
  });

  it('see the starts of children, and not those of map runs', async () => {
    const told: string[] = [];
    const stage: PipelineStage = {
      name: 'told',
      beforeStart: ({ workflow, parent }) =>
        void told.push(`${workflow} ${parent === undefined ? '' : 'child'}`) as undefined,
    };
    const { world, process } = worldOf([stage]);
    const child = await world.register('once', once);
    const map = {
      Type: 'Map',
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...once },
      End: true,
    };
    const call = {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Parameters: { StateMachineArn: child.id, Input: {} },
      ResultSelector: {},
      OutputPath: '$$.Execution.Input',
      Next: 'Each',
    };
    const parent = await world.register('parent', { StartAt: 'Call', States: { Call: call, Each: map } });
    const execution = await process.start(parent, [1, 2]);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: ['done', 'done'] });
    expect(told).toEqual(['parent ', 'once child']);
  });
});

describe('a start that comes again', () => {
  const waiting = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, End: true } } };
  let nonce = 0;
  const numbered: PipelineStage = {
    name: 'numbered',
    beforeStart: ({ input }) => {
      nonce += 1;
      return { input: { nonce, input } };
    },
  };
  const comparable = (input: Json): Json => (input as { readonly input: Json }).input;

  async function startTwice(stages: readonly PipelineStage[], first: Json, second: Json): Promise<string[]> {
    const { world, process } = worldOf(stages);
    const workflow = await world.register('waiting', waiting);
    const start = (input: Json) => process.engine.start({ workflow, name: 'n', input }, { run: true });
    return [(await start(first)).kind, (await start(second)).kind];
  }

  it('is known where its stages answer the same', async () => {
    const told: string[] = [];
    expect(await startTwice([marking('a', told)], 'x', 'x')).toEqual(['started', 'repeated']);
    expect(await startTwice([marking('a', told)], 'x', 'y')).toEqual(['started', 'nameTaken']);
  });

  it('is known by what its stages can compare, also through several of them', async () => {
    const stage = { ...numbered, comparable };
    const outer = { ...stage, name: 'outer' };
    expect(await startTwice([outer, stage], { x: 1, y: 2 }, { y: 2, x: 1 })).toEqual(['started', 'repeated']);
    expect(await startTwice([outer, stage], 'x', 'y')).toEqual(['started', 'nameTaken']);
  });

  it('is another one where they cannot', async () => {
    expect(await startTwice([numbered], 'x', 'x')).toEqual(['started', 'nameTaken']);
    expect(await startTwice([{ ...numbered, comparable: broken }], 'x', 'x')).toEqual(['started', 'nameTaken']);
  });
});

describe('a pipeline', () => {
  it('refuses stages without a name, of one name, or with hooks that are none', () => {
    const of = (stages: unknown) => () => new ExecutionPipeline(stages as PipelineStage[], new SimulatedClock());
    expect(of([{}])).toThrow('name');
    expect(of([{ name: 'a' }, { name: 'a' }])).toThrow("'a' is there twice");
    expect(of([{ name: 'a', beforeTask: 1 }])).toThrow('beforeTask');
  });

  it('without stages stands in no way', async () => {
    const pipeline = new ExecutionPipeline([], new SimulatedClock());
    const invoker = { invoke: async () => ({ kind: 'succeeded' as const, output: 1 }) };
    expect(pipeline.around(invoker)).toBe(invoker);
    expect(
      new ExecutionPipeline([{ name: 'a', beforeStart: () => undefined }], new SimulatedClock()).around(invoker),
    ).toBe(invoker);
  });
});

function cycle(): Json {
  const value: { self?: unknown } = {};
  value.self = value;
  return value as Json;
}
