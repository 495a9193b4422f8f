import { describe, expect, test } from 'vitest';
import { sweepStarts } from '../../lib/execution/sweep.ts';
import { chain, type TestProcess, World } from './harness.ts';

function sweep(world: World, process: TestProcess): Promise<number> {
  const { index, keyValues } = world.stores;
  return sweepStarts({ index, states: process.states, queue: process.queue, store: keyValues, clock: world.clock });
}

describe('the sweep', () => {
  test('finds a start whose message was lost, once it is a minute old', async () => {
    const world = new World({ handlers: { increment: (value: number) => value + 1 }, exclusive: false });
    const process = world.process();
    const workflow = await world.register('w', chain('increment', 2));
    await process.queue.stop();
    const { execution } = await process.engine.start({ workflow, input: 0 }, { run: false });
    const other = world.process();
    world.clock.advance(30_000);
    expect(await sweep(world, other)).toBe(0);
    world.clock.advance(40_000);
    expect(await sweep(world, other)).toBe(1);
    await other.run();
    expect(await other.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 2 });
  });

  test('finds an execution whose process died in its first turn, once the lease has run out, and nothing that is alive', async () => {
    let killed = false;
    const world = new World({
      exclusive: false,
      // Writes of the dead process never happen: it renews no lease.
      log: (events) => ({
        load: (execution) => events.load(execution),
        read: (execution, from, limit) => events.read(execution, from, limit),
        append: (commit) =>
          killed && commit.lease?.owner === 'process-1' ? new Promise(() => {}) : events.append(commit),
      }),
    });
    const dead = world.process({ work: () => new Promise(() => {}) });
    const execution = await dead.start(await world.register('w', chain('work', 1)), 0);
    await dead.run(1_000);
    const held = await dead.states.head(execution);
    expect(held?.lease?.owner).toBe('process-1');
    const other = world.process({ work: () => 'done' });
    killed = true;
    const until = held?.lease?.until ?? 0;
    expect(await sweep(world, other)).toBe(0);
    world.clock.advance(until + 30_000 - world.clock.now());
    expect(await sweep(world, other)).toBe(1);
    await other.run();
    expect(await other.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(await sweep(world, other)).toBe(0);
  });
});
