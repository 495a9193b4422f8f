import { describe, expect, it } from 'vitest';
import { AwsTimerService } from '../../lib/adapters/aws/aws-timer-service.ts';
import type { TaskAssignment } from '../../lib/model/effect.ts';
import type { TaskOutcome } from '../../lib/ports/task-invoker.ts';
import type { WorkMessage } from '../../lib/ports/work-queue.ts';
import { type TestProcess, World } from './harness.ts';

/** A process whose timers are those of AWS: what is due within a quarter of an hour is a message on its way. */
function onAws(world: World): { readonly process: TestProcess; readonly sent: WorkMessage[] } {
  const process = world.process();
  const sent: WorkMessage[] = [];
  const send = process.queue.send.bind(process.queue);
  process.queue.send = (messages) => {
    sent.push(...messages);
    return send(messages);
  };
  const timers = new AwsTimerService({
    client: () => Promise.reject(new Error('Nothing here is due later than a message can be.')),
    queue: process.queue,
    clock: world.clock,
    queueArn: 'arn:aws:sqs:eu-central-1:123456789012:work',
    roleArn: 'arn:aws:iam::123456789012:role/timers',
    group: 'timers',
  });
  process.timers.wakeAt = (execution, group, at) => timers.wakeAt(execution, group, at);
  return { process, sent };
}

/** Has the execution looked at a hundred times, for nothing, a third of a second apart. */
async function disturb({ engine, run }: Pick<TestProcess, 'engine' | 'run'>, execution: string): Promise<void> {
  for (let time = 0; time < 100; time += 1) {
    await engine.turn(execution);
    await run(300);
  }
}

describe('the messages that wake an execution', () => {
  it('do not become more while the execution is looked at for other reasons', async () => {
    const world = new World({
      exclusive: false,
      services: {
        async invoke({ submitted }: TaskAssignment): Promise<TaskOutcome> {
          return { kind: 'submitted', output: submitted ?? 'job', askAfterMs: 60_000 };
        },
      },
    });
    const { process, sent } = onAws(world);
    const job = { Type: 'Task', Resource: 'arn:aws:states:::glue:startJobRun.sync', Parameters: { JobName: 'j' } };
    const workflow = await world.register('w', { StartAt: 'Job', States: { Job: { ...job, End: true } } });
    const execution = await process.start(workflow, {});
    await process.run(1_000);
    await disturb({ engine: process.engine, run: (ms) => process.run(ms) }, execution);
    await process.run(120_000);
    sent.length = 0;
    await process.run(600_000);
    expect(sent).toHaveLength(10);
  });

  it('are one for each moment that something falls due', async () => {
    const world = new World({ exclusive: false });
    const { process, sent } = onAws(world);
    const states = {
      Wait: { Type: 'Wait', Seconds: 60, Next: 'Again' },
      Again: { Type: 'Choice', Choices: [{ Variable: '$.no', IsPresent: false, Next: 'Wait' }], Default: 'End' },
      End: { Type: 'Succeed' },
    };
    const execution = await process.start(await world.register('w', { StartAt: 'Wait', States: states }), {});
    await process.run(1_000);
    await disturb({ engine: process.engine, run: (ms) => process.run(ms) }, execution);
    await process.run(120_000);
    sent.length = 0;
    await process.run(600_000);
    expect(sent).toHaveLength(10);
  });

  it('count as well if they come to a turn that stands still over an old state', async () => {
    const world = new World({ exclusive: false });
    const standing = world.process();
    const other = world.process();
    const activity = 'arn:aws:states:eu-central-1:123456789012:activity:a';
    const states = {
      Ask: { Type: 'Task', Resource: activity, Next: 'Wait' },
      Wait: { Type: 'Wait', Seconds: 60, End: true },
    };
    const execution = await standing.start(await world.register('w', { StartAt: 'Ask', States: states }), {});
    await standing.run(1_000);
    const [activation = -1] = (await standing.state(execution)).activations.keys();

    const { inbox } = world.stores;
    const facts = inbox.facts.bind(inbox);
    const pause = Promise.withResolvers<void>();
    // Once: its last look into the inbox, at a state that is the latest yet.
    inbox.facts = async () => {
      inbox.facts = facts;
      await pause.promise;
      return [];
    };
    const turn = standing.engine.turn(execution);
    await standing.run(1_000);
    // What is due goes to whoever comes first.
    other.timers.wakeAt = async (of, _group, at) => {
      world.clock.after(at - world.clock.now(), () => void standing.engine.turn(of));
      return { from: at, at };
    };
    await other.engine.deliver(execution, { type: 'TaskSucceeded', activation, attempt: 1, output: 1 });
    await other.run(100_000);
    expect((await other.state(execution)).status).toBe('RUNNING');
    pause.resolve();
    await turn;
    await standing.run(100_000);
    expect((await standing.state(execution)).status).toBe('SUCCEEDED');
  });
});
