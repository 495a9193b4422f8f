import { expect, test } from 'vitest';
import { World } from './harness.ts';

const states = {
  Either: { Type: 'Place', Next: ['A', 'Late'] },
  A: {
    Type: 'Task',
    Resource: 'arn:aws:states:::knhk:workItem',
    Parameters: { Assignee: 'anna' },
    TimeoutSeconds: 60,
    Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 1, MaxAttempts: 1 }],
    End: true,
  },
  Late: { Type: 'Wait', Seconds: 3_600, End: true },
};

test('a work item is listed again by the process that takes its execution up, and leaves the list when time is over', async () => {
  const world = new World();
  const first = world.process();
  const execution = await first.start(await world.register('either', { StartAt: 'Either', States: states }), {});
  await first.run(100);
  const listed = async () => (await first.workItems.list({ assignee: 'anna' }, { limit: 10 })).items;
  const [item] = await listed();
  expect(item).toMatchObject({ execution, attempt: 1 });
  await item?.drop();
  expect(await listed()).toEqual([]);

  const second = world.process();
  await second.recover();
  await second.run(100);
  const { drop: _, ...again } = item ?? {};
  expect(await listed()).toMatchObject([again]);

  await second.run(3_600_000);
  expect(await second.state(execution)).toMatchObject({ status: 'SUCCEEDED' });
  expect(await listed()).toEqual([]);
});

test('an attempt that has timed out is withdrawn, and the next one is offered', async () => {
  const world = new World();
  const process = world.process();
  const execution = await process.start(await world.register('either', { StartAt: 'Either', States: states }), {});
  await process.run(100);
  const listed = async () => (await process.workItems.list({}, { limit: 10 })).items;
  const [{ activation } = { activation: 0 }] = await listed();
  await process.engine.submit(execution, { type: 'TaskStarted', activation, attempt: 1, worker: 'anna' }, 1_000);
  await process.run(62_000);
  expect(await listed()).toMatchObject([{ activation, attempt: 2 }]);
  await process.run(61_000);
  expect(await process.state(execution)).toMatchObject({ status: 'FAILED', failure: { error: 'States.Timeout' } });
  expect(await listed()).toEqual([]);
});
