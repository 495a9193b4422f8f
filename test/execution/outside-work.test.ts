import { describe, expect, test } from 'vitest';
import { memoryStores } from '../../lib/adapters/memory/index.ts';
import type { OfferingExecutions } from '../../lib/execution/activities.ts';
import { outsideTasks } from '../../lib/execution/outside-work.ts';
import { WorkItemRegistry } from '../../lib/execution/work-items.ts';
import type { TaskAssignment } from '../../lib/model/effect.ts';
import type { Json } from '../../lib/model/json.ts';
import { type Staffing, workItemArguments } from '../../lib/model/work-item.ts';
import { type TestProcess, task, World } from './harness.ts';

const ACTIVITY = 'arn:aws:states:eu-central-1:123456789012:activity:pack';
const WORK_ITEM = 'arn:aws:states:::knhk:workItem';

/** One branch is at work in a process, which owns the execution meanwhile; the other offers something. */
const beside = (resource: string): Json => ({
  StartAt: 'Split',
  States: {
    Split: { Type: 'Pass', Next: ['Slow', 'Offered'] },
    Slow: task('slow'),
    Offered: { Type: 'Task', Resource: resource, End: true },
  },
});

/** Two processes, of which the first is at work on an execution for a minute. */
async function atWork(resource: string) {
  const world: World = new World({ exclusive: false, handlers: { slow: () => world.later(60_000, 'done') } });
  const [owner, other] = [world.process(), world.process()];
  const execution = await owner.start(await world.register('beside', beside(resource)), {});
  await owner.run(1_000);
  const [offer] = await open(other, execution);
  if (offer === undefined) throw new Error('Nothing is on offer.');
  return { world, owner, other, execution, offer };
}

async function open(process: TestProcess, execution: string) {
  const live = await process.states.load(execution);
  return live === undefined ? [] : outsideTasks(live.plan, live.state);
}

describe('telling an execution something', () => {
  test('waits until the process that owns it has decided', async () => {
    const { owner, other, execution, offer } = await atWork(WORK_ITEM);
    const { activation, attempt } = offer;
    const start = { type: 'TaskStarted', activation, attempt, worker: 'anna' } as const;
    const soon = other.engine.submit(execution, start, 2_000);
    await other.run(3_000);
    expect(await soon).toBe('pending');
    expect(await open(other, execution)).toMatchObject([{ status: 'offered' }]);

    let answer: string | undefined;
    other.engine.submit(execution, start, 60_000).then((outcome) => {
      answer = outcome;
    });
    await owner.run(40_000);
    expect(answer).toBe('exists');
    expect(await open(other, execution)).toMatchObject([{ status: 'started', worker: 'anna', isOffer: false }]);
  });

  test('is told at once where the turn runs in this process', async () => {
    const { owner, execution, offer } = await atWork(WORK_ITEM);
    const { activation, attempt } = offer;
    const before = owner.engine.now();
    expect(await owner.engine.submit(execution, { type: 'TaskSucceeded', activation, attempt, output: 1 }, 1_000)).toBe(
      'deposited',
    );
    expect(owner.engine.now()).toBe(before);
    expect(await open(owner, execution)).toEqual([]);
  });
});

describe('a task of an activity that is only offered', () => {
  test('is had by the worker who waits for its start, however long that takes', async () => {
    const { owner, other, execution, offer } = await atWork(ACTIVITY);
    const executions: OfferingExecutions = {
      standing: async ({ activation }) => {
        const found = (await open(other, execution)).find((one) => one.activation === activation);
        if (found === undefined) return 'gone';
        return found.isOffer ? 'offered' : 'started';
      },
      start: async (_offer, command) => {
        const outcome = await other.engine.submit(execution, command, 2_000);
        return outcome === 'pending' ? 'pending' : 'started';
      },
    };
    const take = async (worker: string, ms: number) => {
      const taken = other.activities.take(ACTIVITY, worker, 0, executions);
      await owner.run(ms);
      return taken;
    };
    expect(await take('anna', 3_000)).toBeUndefined();
    // She waits for it.
    expect(await take('bert', 3_000)).toBeUndefined();
    await owner.run(35_000);
    expect(await open(other, execution)).toMatchObject([{ status: 'started', worker: 'anna' }]);
    expect(await take('anna', 0)).toMatchObject({ token: offer.token, input: {} });
    expect(await take('anna', 0)).toBeUndefined();
  });

  test('is dropped where the execution offers it no more', async () => {
    const { other, offer } = await atWork(ACTIVITY);
    const none: OfferingExecutions = { standing: async () => 'gone', start: async () => 'refused' };
    expect(await other.activities.take(ACTIVITY, 'anna', 0, none)).toBeUndefined();
    const any: OfferingExecutions = { standing: async () => 'waits', start: async () => 'refused' };
    expect(await other.activities.take(ACTIVITY, 'anna', 0, any)).toBeUndefined();
    expect(offer.kind).toBe('activity');
  });
});

function namedIn(input: Json): Staffing {
  const { Assignee, Candidates } = workItemArguments(input);
  return {
    ...(Assignee === undefined ? {} : { assignee: Assignee }),
    ...(Candidates === undefined ? {} : { candidates: Candidates }),
  };
}

describe('the lists of work items', () => {
  const item = (input: Json, fields: Partial<TaskAssignment> = {}): TaskAssignment => ({
    execution: 'arn:aws:states:eu-central-1:123456789012:execution:w:e',
    ...{ activation: 7, attempt: 1, state: 'S', idempotencyKey: 'k', workflowRoleArn: 'r', token: 't', scheduledAt: 5 },
    resource: { kind: 'workItem', arn: WORK_ITEM },
    input,
    staffing: namedIn(input),
    ...fields,
  });
  const tokens = async (registry: WorkItemRegistry, filter: { assignee?: string; candidate?: string } = {}) =>
    (await registry.list(filter, { limit: 10 })).items.map(({ token }) => token);

  test('hold an item once however often it is offered, and nothing of it when it is withdrawn', async () => {
    const registry = new WorkItemRegistry(memoryStores().keyValues);
    const offered = item({ Assignee: 'anna', Candidates: ['bert', 'bert'] });
    for (let i = 0; i < 2; i += 1) await registry.offer(offered);
    await registry.started(item({}) as TaskAssignment & { token: string }, 'carl');
    await registry.offer({ ...offered, scheduledAt: 99 });
    for (const filter of [{}, { assignee: 'anna' }, { candidate: 'bert' }, { assignee: 'carl' }]) {
      expect(await tokens(registry, filter)).toEqual(['t']);
    }
    await registry.withdraw({ ...offered, scheduledAt: 1_000 });
    for (const filter of [{}, { assignee: 'anna' }, { candidate: 'bert' }, { assignee: 'carl' }]) {
      expect(await tokens(registry, filter)).toEqual([]);
    }
  });

  test('are oldest first for a person', async () => {
    const registry = new WorkItemRegistry(memoryStores().keyValues);
    for (const [token, scheduledAt, activation] of [
      ['late', 20, 1],
      ['early', 3, 2],
      ['later', 100, 3],
    ] as const) {
      await registry.offer(item({ Assignee: 'anna' }, { token, scheduledAt, activation }));
    }
    expect(await tokens(registry, { assignee: 'anna' })).toEqual(['early', 'late', 'later']);
  });
});
