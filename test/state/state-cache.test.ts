import { expect, test } from 'vitest';
import { SeededIds } from '../../lib/adapters/memory/index.ts';
import type { EventStore } from '../../lib/ports/event-store.ts';
import { StateManager } from '../../lib/state/state-manager.ts';
import { World } from '../execution/harness.ts';

const WAIT = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } };

/** Executions that wait, with inputs of so many characters, and who opens them. */
async function waiting(sizes: Readonly<Record<string, number>>, cache: { size?: number; weight?: number }) {
  const loaded: string[] = [];
  const noted = (events: EventStore): EventStore => {
    const load = events.load.bind(events);
    events.load = (execution) => {
      loaded.push(execution.slice(execution.lastIndexOf(':') + 1));
      return load(execution);
    };
    return events;
  };
  const world = new World({ log: noted });
  const process = world.process();
  const workflow = await world.register('w', WAIT);
  const arns = new Map<string, string>();
  for (const [name, size] of Object.entries(sizes)) {
    arns.set(name, await process.start(workflow, 'x'.repeat(size), name));
  }
  await process.run(1_000);
  const states = new StateManager({
    store: world.log,
    planOf: () => process.engine.workflows.plan({ id: workflow.id, revision: workflow.revision }),
    ids: new SeededIds(1),
    exclusive: true,
    cache,
  });
  /** Looks at them one after the other; which of them had to be loaded. */
  const look = async (...names: readonly string[]) => {
    loaded.length = 0;
    for (const name of names) {
      const live = await states.open(arns.get(name) ?? '');
      expect(live?.state.input).toHaveLength(sizes[name] ?? -1);
      if (live !== undefined) states.release(live);
    }
    return loaded.join('');
  };
  return look;
}

test('as many executions are kept as there is room for: those that were looked at last', async () => {
  const look = await waiting({ a: 1, b: 1, c: 1 }, { size: 2 });
  expect(await look('a', 'b', 'c')).toBe('abc');
  expect(await look('c', 'b')).toBe('');
  expect(await look('a')).toBe('a');
  expect(await look('b', 'c')).toBe('c');
});

test('executions that are kept weigh no more together than they may', async () => {
  const look = await waiting({ a: 10_000, b: 10_000, c: 10_000, d: 10 }, { weight: 23_000 });
  expect(await look('a', 'b', 'd')).toBe('abd');
  expect(await look('a', 'b', 'd')).toBe('');
  expect(await look('c')).toBe('c');
  expect(await look('b', 'd', 'c')).toBe('');
  expect(await look('a')).toBe('a');
});

test('what is too heavy by itself is loaded each time, and drives out nothing', async () => {
  const look = await waiting({ a: 100, b: 30_000 }, { weight: 23_000 });
  expect(await look('a', 'b', 'b', 'a')).toBe('abb');
});
