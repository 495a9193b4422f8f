import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../lib/model/json.ts';
import { chain, type TestProcess, task, World } from './harness.ts';

const ID = 'arn:aws:states:eu-central-1:123456789012:stateMachine:flow';
const roleArn = 'arn:aws:iam::123456789012:role/r';

function flow(states: Readonly<Record<string, Json>>, startAt = 'First'): Json {
  return { StartAt: startAt, States: states };
}

const last = (result: Json): Json => ({ Type: 'Pass', Result: result, End: true });
const before = flow({
  First: task('work', { Next: 'Hold' }),
  Hold: { Type: 'Wait', Seconds: 60, Next: 'Last' },
  Last: last('old'),
});
const after = flow({
  First: task('work', { Next: 'Hold' }),
  Hold: { Type: 'Wait', Seconds: 60, Next: 'Between' },
  Between: task('work', { Next: 'Last' }),
  Last: last('new'),
});

async function migrate(process: TestProcess, execution: string, definition: Json, revision = '2') {
  await process.engine.workflows.addRevision(ID, {
    revision,
    roleArn,
    definition: JSON.stringify(definition),
    createdAt: 0,
  });
  return process.engine.migrate({ execution, to: { revision, roleArn } });
}

describe('An execution that runs', () => {
  test('goes on with another definition, and nothing is called again', async () => {
    const calls: Json[] = [];
    const world = new World({ handlers: { work: (input: Json) => void calls.push(input) } });
    const process = world.process();
    const execution = await process.start(await world.register('flow', before), 1);
    await process.run(10_000);
    expect(await migrate(process, execution, after)).toEqual({ kind: 'migrated' });
    expect(await process.engine.migrate({ execution, to: { revision: '2', roleArn } })).toEqual({ kind: 'same' });
    await process.run();
    expect(await process.state(execution)).toMatchObject({
      status: 'SUCCEEDED',
      output: 'new',
      identity: { workflow: { revision: '2' } },
    });
    expect(calls).toHaveLength(2);
    expect(await process.engine.migrate({ execution, to: { revision: '1', roleArn } })).toEqual({ kind: 'closed' });
  });

  test('keeps the tasks that are at work, whoever has them', async () => {
    for (const exclusive of [true, false]) {
      const calls: Json[] = [];
      const gate = Promise.withResolvers<void>();
      const handlers = {
        work: async (input: Json) => {
          calls.push(input);
          await gate.promise;
          return 'done';
        },
      };
      const world = new World({ handlers, exclusive });
      const process = world.process();
      const execution = await process.start(await world.register('flow', before), 1);
      await process.run(1_000);
      const other = exclusive ? process : world.process();
      expect(await migrate(other, execution, after)).toEqual({ kind: 'migrated' });
      gate.resolve();
      await process.run();
      expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'new' });
      expect(calls).toEqual([1, 'done']);
    }
  });

  test('goes on with it after a crash, and its history is read by both definitions', async () => {
    const world = new World({ handlers: { work: () => 'done' } });
    const first = world.process();
    const execution = await first.start(await world.register('flow', before), 1);
    await first.run(10_000);
    await migrate(first, execution, after);
    const second = world.process();
    await second.recover();
    await second.run();
    expect(await second.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'new' });
    const reader = await second.states.histories.take(execution, 0);
    const types: string[] = [];
    for (let event = await reader.next(); event !== undefined; event = await reader.next()) types.push(event.type);
    expect(types).toContain('ExecutionMigrated');
    expect(types.filter((type) => type === 'TaskStateEntered')).toHaveLength(2);
    expect((await second.state(execution)).historyLength).toBe(types.length);
  });

  test('is left alone where what is open does not fit', async () => {
    const world = new World({ handlers: { work: () => 'done' } });
    const process = world.process();
    const execution = await process.start(await world.register('flow', before), 1);
    await process.run(10_000);
    const without = flow({ First: task('work', { Next: 'Last' }), Last: last('new') });
    expect(await migrate(process, execution, without)).toEqual({
      kind: 'mismatch',
      problems: ['State "Hold" is open and not in the new definition, or not in the same place.'],
    });
    const other = flow({ First: task('work', { Next: 'Hold' }), Hold: { Type: 'Pass', End: true } });
    expect(await migrate(process, execution, other, '3')).toEqual({
      kind: 'mismatch',
      problems: ['State "Hold" was a Wait and is a Pass now.'],
    });
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'old' });
  });

  test('may become a net, inside branches and items too', async () => {
    const hold = (next: Json) => ({ Type: 'Wait', Seconds: 60, ...(next === null ? { End: true } : { Next: next }) });
    const parallel = (first: Readonly<Record<string, Json>>) => ({
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Hold', States: first },
        { StartAt: 'Other', States: { Other: hold(null) } },
      ],
      End: true,
    });
    const plain = flow({ First: parallel({ Hold: hold(null) }) });
    const split = { A: { Type: 'Pass', Next: 'C' }, B: { Type: 'Pass', Next: 'C' } };
    const joined = { C: { Type: 'Pass', Join: 'all', Result: 'joined', End: true } };
    const net = flow({ First: parallel({ Hold: hold(['A', 'B']), ...split, ...joined }) });
    const world = new World();
    const process = world.process();
    const execution = await process.start(await world.register('flow', plain), 1);
    await process.run(10_000);
    expect(await migrate(process, execution, net)).toEqual({ kind: 'migrated' });
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: ['joined', 1] });
  });

  test('ends as it would have, migrated to the same at any moment', async () => {
    const ends = async (atMs: number | undefined, length: number) => {
      const seen: Json[] = [];
      const world: World = new World({
        handlers: {
          work: async (input: number) => {
            seen.push(input);
            await world.later(1_000, undefined);
            return input + 1;
          },
        },
      });
      const process = world.process();
      const execution = await process.start(await world.register('flow', chain('work', length)), 0);
      if (atMs !== undefined) {
        await process.run(atMs);
        await migrate(process, execution, chain('work', length));
      }
      await process.run();
      const { status, output } = await process.state(execution);
      return { status, output, seen };
    };
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 6_500 }), fc.integer({ min: 1, max: 6 }), async (atMs, length) => {
        expect(await ends(atMs, length)).toEqual(await ends(undefined, length));
      }),
      { numRuns: 40 },
    );
  });
});
