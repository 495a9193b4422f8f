import { expect, test } from 'vitest';
import type { Json } from '../../lib/model/json.ts';
import type { EventStore } from '../../lib/ports/event-store.ts';
import { task, World } from './harness.ts';

/** What a step costs does not depend on how much came before it: characters written are what write units are made of. */

interface Written {
  /** Characters of each commit, its snapshot included. */
  readonly commits: number[];
  /** Of snapshots. */
  readonly snapshots: number[];
}

const increment = { increment: (value: number) => value + 1 };

async function run(definition: Json, input: Json): Promise<{ written: Written; loaded: number; output: Json }> {
  const written: Written = { commits: [], snapshots: [] };
  const log = (events: EventStore): EventStore => ({
    load: (execution) => events.load(execution),
    read: (execution, from, limit) => events.read(execution, from, limit),
    append: (commit) => {
      if (commit.snapshot !== undefined) written.snapshots.push(commit.snapshot.length);
      written.commits.push(commit.body.length + (commit.snapshot?.length ?? 0));
      return events.append(commit);
    },
  });
  const world = new World({ handlers: increment, log });
  const process = world.process();
  const execution = await process.start(await world.register('large', definition), input);
  await process.run();
  const state = await process.state(execution);
  expect(state.status).toBe('SUCCEEDED');
  const loaded = (await world.stores.events.load(execution)).length;
  return { written, loaded, output: state.output ?? null };
}

/** Characters a commit, of each tenth of them. */
function tenths(commits: readonly number[]): readonly number[] {
  const size = Math.floor(commits.length / 10);
  return Array.from({ length: 10 }, (_, i) => commits.slice(i * size, (i + 1) * size)).map(
    (some) => some.reduce((sum, one) => sum + one, 0) / some.length,
  );
}

test('100,000 tasks one after another: the last ones cost what the first ones did', { timeout: 300_000 }, async () => {
  const steps = 100_000;
  const loop = {
    QueryLanguage: 'JSONata',
    StartAt: 'Do',
    States: {
      Do: {
        ...{ Type: 'Task', Resource: 'arn:aws:lambda:eu-central-1:123456789012:function:increment' },
        ...{ Arguments: '{% $states.input %}', Output: '{% $states.result %}', Next: 'More' },
      },
      More: {
        Type: 'Choice',
        Choices: [{ Condition: `{% $states.input < ${steps} %}`, Next: 'Do' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
    },
  };
  const { written, loaded, output } = await run(loop, 0);
  expect(output).toBe(steps);
  expect(written.commits).toHaveLength(steps + 1);
  const [first = 0, ...others] = tenths(written.commits);
  // Numbers have more digits later on, and nothing else has.
  for (const later of others) expect(later / first).toBeLessThan(1.05);
  expect(Math.max(...written.snapshots) / (written.snapshots[0] ?? 0)).toBeLessThan(1.05);
  // Some 16 KB of commits since the last snapshot.
  expect(loaded).toBeLessThan(60);
});

test('10,000 items: none costs more than those before it, whatever runs at the same time', async () => {
  const items = Array.from({ length: 10_000 }, (_, i) => i);
  for (const MaxConcurrency of [1, 40]) {
    const ItemProcessor = { StartAt: 'T', States: { T: task('increment') } };
    const map = { StartAt: 'M', States: { M: { Type: 'Map', MaxConcurrency, ItemProcessor, End: true } } };
    const { written, output } = await run(map, items);
    expect(output).toEqual(items.map((item) => item + 1));
    const average = written.commits.reduce((sum, one) => sum + one, 0) / written.commits.length;
    for (const tenth of tenths(written.commits)) expect(tenth / average).toBeLessThan(1.5);
    // Snapshots weigh no more together than all that happened between them.
    const snapshots = written.snapshots.reduce((sum, one) => sum + one, 0);
    expect(snapshots).toBeLessThanOrEqual(written.commits.reduce((sum, one) => sum + one, 0) - snapshots);
  }
});
