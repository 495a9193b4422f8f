import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import type { WorkflowRef } from '../../lib/model/state.ts';
import { decodeLog } from '../../lib/state/commit.ts';
import type { Moment } from '../../lib/state/past.ts';
import { chain, type TestProcess, task, World } from './harness.ts';

const STATES = 'arn:aws:states:eu-central-1:123456789012:';

interface Changes {
  readonly name?: string;
  readonly input?: Json;
  readonly variables?: JsonObject;
  readonly workflow?: Partial<WorkflowRef>;
}

async function fork(
  process: TestProcess,
  execution: string,
  moment: Moment,
  { name = 'forked', input, variables, workflow = {} }: Changes = {},
) {
  const past = (await process.states.past.at(execution, moment)) ?? expect.fail('There is no such moment.');
  const id = `${STATES}execution:flow:${name}`;
  const identity = { id, name, workflow: { ...past.state.identity.workflow, ...workflow } };
  return { id, outcome: await process.engine.fork({ past, identity, input, variables }) };
}

/** A world whose function takes a second, and tells what it was called with. */
function world(): { world: World; calls: Json[] } {
  const calls: Json[] = [];
  const made: World = new World({
    handlers: {
      work: async (input: number) => {
        calls.push(input);
        await made.later(1_000, undefined);
        return input + 1;
      },
    },
  });
  return { world: made, calls };
}

async function historyOf(process: TestProcess, execution: string): Promise<readonly string[]> {
  const reader = await process.states.histories.take(execution, 0);
  const types: string[] = [];
  for (let event = await reader.next(); event !== undefined; event = await reader.next()) types.push(event.type);
  return types;
}

describe('A fork', () => {
  test('ends as the other one did, whatever moment it goes on from, and calls only what comes after that', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.nat(), async (length, when) => {
        const { world: made, calls } = world();
        const process = made.process();
        const startedAt = made.clock.now();
        const execution = await process.start(await made.register('flow', chain('work', length)), 0);
        await process.run();
        const ms = when % (length * 1_000);
        calls.length = 0;
        const { id, outcome } = await fork(process, execution, { time: startedAt + ms });
        expect(outcome).toEqual({ kind: 'forked' });
        await process.run();
        expect(await process.state(id)).toMatchObject({ status: 'SUCCEEDED', output: length });
        expect(calls).toEqual(Array.from({ length }, (_, i) => i).slice(Math.floor(ms / 1_000)));
        expect((await process.state(id)).historyLength).toBe((await historyOf(process, id)).length);
        decodeLog(await made.stores.events.read(id, 0, 1_000));
        expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: length });
      }),
      { numRuns: 40 },
    );
  });

  test('goes on with another input, other variables, or another definition', async () => {
    const { world: made } = world();
    const process = made.process();
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'Price',
      States: {
        Price: { Type: 'Pass', Assign: { price: '{% $states.input.price %}' }, Next: 'Hold' },
        Hold: { Type: 'Wait', Seconds: 60, Next: 'Say' },
        Say: { Type: 'Pass', Output: '{% [$price, $states.context.Execution.Input.price] %}', End: true },
      },
    };
    const workflow = await made.register('flow', definition);
    const execution = await process.start(workflow, { price: 1 });
    await process.run();
    const ends = async (name: string, moment: Moment, changes: Changes) => {
      const { id } = await fork(process, execution, moment, { name, ...changes });
      await process.run();
      return (await process.state(id)).output;
    };
    expect(await ends('variables', { event: 4 }, { variables: { price: 2 } })).toEqual([2, 1]);
    expect(await ends('input', { event: 4 }, { input: { price: 3 } })).toEqual([1, 3]);
    expect(await ends('start', { event: 1 }, { input: { price: 3 } })).toEqual([3, 3]);
    expect(await ends('first', { event: 2 }, { input: { price: 3 } })).toEqual([3, 3]);
    const states = { ...definition.States, Say: { Type: 'Pass', Output: 'another', End: true } };
    const revision = { revision: '2', roleArn: 'arn:aws:iam::123456789012:role/r' };
    await process.engine.workflows.addRevision(workflow.id, {
      ...revision,
      definition: JSON.stringify({ ...definition, States: states }),
      createdAt: 0,
    });
    expect(await ends('definition', { event: 4 }, { workflow: revision })).toBe('another');
  });

  test('goes on inside branches and items, with what was through there', async () => {
    const { world: made, calls } = world();
    const process = made.process();
    const items = { StartAt: 'Each', States: { Each: task('work', { Next: 'Again' }), Again: task('work') } };
    const definition = {
      StartAt: 'Both',
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'All',
              States: { All: { Type: 'Map', MaxConcurrency: 1, ItemsPath: '$', ItemProcessor: items, End: true } },
            },
            { StartAt: 'Hold', States: { Hold: { Type: 'Wait', Seconds: 100, End: true } } },
          ],
          End: true,
        },
      },
    };
    const startedAt = made.clock.now();
    const execution = await process.start(await made.register('flow', definition), [10, 20, 30]);
    await process.run();
    const { output } = await process.state(execution);
    calls.length = 0;
    const { id } = await fork(process, execution, { time: startedAt + 2_500 });
    await process.run();
    expect((await process.state(id)).output).toEqual(output);
    // The first item was through; the second one's first task was at work.
    expect(calls).toEqual([20, 21, 30, 31]);
    expect((await process.state(id)).historyLength).toBe((await historyOf(process, id)).length);
  });

  test('is there once, survives a crash, and can be forked and redriven itself', async () => {
    const made = new World();
    const first = made.process({ work: (n: number) => n + 1 });
    const execution = await first.start(await made.register('flow', chain('work', 3)), 0);
    await first.run();
    const { id } = await fork(first, execution, { commit: 1 });
    expect((await fork(first, execution, { commit: 2 })).outcome).toEqual({ kind: 'nameTaken' });
    // Another process takes it up: here its function fails.
    const second = made.process({ work: () => Promise.reject(new Error('broken')) });
    await second.recover();
    await second.run();
    const third = made.process({ work: (n: number) => n + 1 });
    if ((await third.state(id)).status === 'FAILED') await third.engine.redrive({ execution: id });
    await third.run();
    expect(await third.state(id)).toMatchObject({
      status: 'SUCCEEDED',
      output: 3,
      forkedFrom: { execution, commit: 1 },
    });
    const again = await fork(third, id, { event: 2 }, { name: 'again' });
    await third.run();
    expect(await third.state(again.id)).toMatchObject({ status: 'SUCCEEDED', output: 3 });
  });

  test('is refused where nothing can go on', async () => {
    const { world: made } = world();
    const process = made.process();
    const workflow = await made.register('flow', chain('work', 1));
    const execution = await process.start(workflow, 0);
    await process.run();
    const last = (await process.states.load(execution))?.number ?? 0;
    expect((await fork(process, execution, { commit: last })).outcome).toEqual({
      kind: 'mismatch',
      problems: ['Nothing was open at that moment: the execution had ended.'],
    });
    const revision = { revision: '2', roleArn: 'arn:aws:iam::123456789012:role/r' };
    const other = { StartAt: 'Other', States: { Other: task('work') } };
    await process.engine.workflows.addRevision(workflow.id, {
      ...revision,
      definition: JSON.stringify(other),
      createdAt: 0,
    });
    expect((await fork(process, execution, { event: 2 }, { workflow: revision })).outcome).toEqual({
      kind: 'mismatch',
      problems: ['State "S0" is open and not in the new definition, or not in the same place.'],
    });
  });
});
