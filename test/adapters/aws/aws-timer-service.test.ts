import { expect, it } from 'vitest';
import { AwsTimerService, scheduleName } from '../../../lib/adapters/aws/aws-timer-service.ts';
import { describeTimerService } from '../../contracts/timer-service.ts';
import { emulatedClients } from './emulators.ts';
import { FakeScheduler } from './fake-scheduler.ts';
import { newExecution } from './fixtures.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:123456789012:work';
const ROLE = 'arn:aws:iam::123456789012:role/scheduler';
const minute = 60_000;
const hour = 60 * minute;

async function open(lingers = 0) {
  const scheduler = new FakeScheduler(lingers);
  const clients = emulatedClients({ scheduler: await scheduler.start() });
  const timers = new AwsTimerService({
    client: () => clients.scheduler(),
    queue: scheduler,
    clock: scheduler.clock,
    queueArn: QUEUE,
    roleArn: ROLE,
    group: 'knhk',
  });
  return {
    scheduler,
    timers,
    now: () => scheduler.clock.now(),
    advanceTo: async (at: number) => scheduler.advanceTo(at),
    woken: async () => scheduler.woken(),
    close: async () => {
      clients.destroy();
      scheduler.stop();
    },
  };
}

describeTimerService('EventBridge Scheduler', open);

it('asks for a one-time schedule that deletes itself', async () => {
  const { scheduler, timers, close } = await open();
  const execution = newExecution();
  await timers.wakeAt(execution, 'acme/order', Date.UTC(2026, 11, 24, 18, 0, 30, 900));
  expect(scheduler.requests).toEqual([
    {
      method: 'POST',
      name: scheduleName(execution),
      body: {
        ActionAfterCompletion: 'DELETE',
        ClientToken: expect.any(String),
        FlexibleTimeWindow: { Mode: 'OFF' },
        GroupName: 'knhk',
        ScheduleExpression: 'at(2026-12-24T17:59:30)',
        ScheduleExpressionTimezone: 'UTC',
        Target: { Arn: QUEUE, RoleArn: ROLE, Input: JSON.stringify({ execution, group: 'acme/order' }) },
      },
    },
  ]);
  await close();
});

it('needs no schedule up to 15 minutes ahead', async () => {
  const { scheduler, timers, now, close } = await open();
  await timers.wakeAt(newExecution(), 'g', now() + 15 * minute);
  expect(scheduler.requests).toEqual([]);
  await close();
});

it('asks twice for the same time without changing anything', async () => {
  const { scheduler, timers, now, close } = await open();
  const execution = newExecution();
  for (let i = 0; i < 2; i++) await timers.wakeAt(execution, 'g', now() + hour);
  expect(scheduler.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET']);
  await close();
});

it('loses no wake to a schedule that has fired and is not deleted yet', async () => {
  const { timers, now, advanceTo, woken, close } = await open(90_000);
  const execution = newExecution();
  const start = now();
  await timers.wakeAt(execution, 'g', start + hour);
  await advanceTo(start + hour);
  expect(await woken()).toEqual([execution]);
  await timers.wakeAt(execution, 'g', start + 3 * hour);
  await advanceTo(start + hour + 3 * minute);
  // What a turn does that comes too early: it asks again.
  expect(await woken()).toEqual([execution]);
  await timers.wakeAt(execution, 'g', start + 3 * hour);
  await advanceTo(start + 2 * hour);
  expect(await woken()).toEqual([]);
  await advanceTo(start + 3 * hour);
  expect(await woken()).toEqual([execution]);
  await close();
});
