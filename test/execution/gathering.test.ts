import { describe, expect, test } from 'vitest';
import type { Json } from '../../lib/model/json.ts';
import { type TestProcess, task, World } from './harness.ts';

/** Many processes, to any of which a message may come, on a log that takes its time. */
class Cloud {
  readonly world: World;
  readonly processes: readonly TestProcess[];
  /** Of executions that are no children: commits, and attempts that lost a race. */
  commits = 0;
  defeats = 0;

  constructor(count: number, work: (item: unknown) => unknown) {
    const world: World = new World({
      exclusive: false,
      handlers: { work },
      log: (events) => ({
        load: async (execution) => {
          await world.later(8, undefined);
          return events.load(execution);
        },
        read: async (execution, from, limit) => {
          await world.later(5, undefined);
          return events.read(execution, from, limit);
        },
        append: async (commit) => {
          await world.later(12, undefined);
          const outcome = await events.append(commit);
          if (commit.execution.includes('/')) return outcome;
          if (outcome === 'appended') this.commits += 1;
          else this.defeats += 1;
          return outcome;
        },
      }),
    });
    this.world = world;
    this.processes = Array.from({ length: count }, () => world.process());
    const sends = this.processes.map(({ queue }) => queue.send.bind(queue));
    let turn = 0;
    for (const { queue } of this.processes) {
      queue.send = async (messages) => {
        for (const message of messages) await sends[turn++ % count]?.([message]);
      };
    }
  }

  get process(): TestProcess {
    const [first] = this.processes;
    if (first === undefined) throw new Error('There is no process.');
    return first;
  }

  /** Starts a map over so many items, and lets its children begin. */
  async start(items: number): Promise<string> {
    const processor = { StartAt: 'Work', States: { Work: task('work') } };
    const each: Json = {
      Type: 'Map',
      ItemProcessor: { ...processor, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
      End: true,
    };
    const workflow = await this.world.register('w', { StartAt: 'Each', States: { Each: each } });
    const starting = this.process.start(
      workflow,
      Array.from({ length: items }, (_, index) => index),
    );
    await this.process.run(1_000);
    return starting;
  }
}

describe('children that end at about the same time', () => {
  test('share the writes of their parent, however many processes hear of them', async () => {
    const cloud: Cloud = new Cloud(10, (item) => cloud.world.later(20_000 + ((Number(item) * 7919) % 5_000), item));
    const execution = await cloud.start(200);
    await cloud.process.run(60_000);
    expect((await cloud.world.stores.events.load(execution)).at(-1)?.row?.status).toBe('SUCCEEDED');
    expect(cloud.commits).toBeLessThan(60);
    expect(cloud.defeats).toBeLessThan(25);
  });

  test('leave their parent to anybody, once no more come', async () => {
    const cloud: Cloud = new Cloud(10, (item) =>
      cloud.world.later(item === 0 ? 90_000 : 20_000 + ((Number(item) * 7919) % 2_000), item),
    );
    const execution = await cloud.start(100);
    const lease = async () => (await cloud.world.stores.events.load(execution)).at(-1)?.lease;
    let held = 0;
    for (let at = 0; at < 25_000; at += 100) {
      await cloud.process.run(100);
      if (at > 15_000 && (await lease()) !== undefined) held += 100;
    }
    // They take 2 s to end; then it takes a second to see that no more come.
    expect(held).toBeGreaterThan(2_000);
    expect(held).toBeLessThan(3_500);
    expect(await lease()).toBeUndefined();
    await cloud.process.run(120_000);
    expect((await cloud.world.stores.events.load(execution)).at(-1)?.row?.status).toBe('SUCCEEDED');
  });
});

test('children that end one at a time cost their parent one write each, and no lease', async () => {
  const cloud: Cloud = new Cloud(10, (item) => cloud.world.later(20_000 + Number(item) * 2_000, item));
  const execution = await cloud.start(20);
  const before = cloud.commits;
  await cloud.process.run(30_000);
  expect((await cloud.world.stores.events.load(execution)).at(-1)?.lease).toBeUndefined();
  await cloud.process.run(60_000);
  expect((await cloud.world.stores.events.load(execution)).at(-1)?.row?.status).toBe('SUCCEEDED');
  expect(cloud.commits - before).toBe(20);
  expect(cloud.defeats).toBe(0);
});
