import { describe, expect, test } from 'vitest';
import { type OutsideTask, outsideTasks } from '../../lib/execution/outside-work.ts';
import type { TaskCommand } from '../../lib/model/command.ts';
import type { Json } from '../../lib/model/json.ts';
import type { Participant } from '../../lib/resources/allocation/participant.ts';
import { historyOf } from '../../lib/state/history/history.ts';
import { type TestProcess, World } from './harness.ts';

const item = (fields: Json, next: object = { End: true }): Json => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::knhk:workItem',
  Arguments: fields,
  ...next,
});
const flow = (states: Record<string, Json>): Json => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0] ?? '',
  States: states,
});
const clerk = (id: string, more: Partial<Participant> = {}): Participant => ({
  ...{ id, roles: ['clerk'], capabilities: [], available: true },
  ...more,
});

async function world(people: readonly Participant[] = []) {
  const all: World = new World();
  const process = all.process();
  for (const person of people) await process.allocator.participants.put(person);
  return { world: all, process };
}

async function started(all: World, process: TestProcess, name: string, definition: Json): Promise<string> {
  const execution = await process.start(await all.register(name, definition), {});
  await process.run(1_000);
  return execution;
}

async function open(process: TestProcess, execution: string): Promise<readonly OutsideTask[]> {
  const live = await process.states.load(execution);
  return live === undefined ? [] : outsideTasks(live.plan, live.state);
}

async function only(process: TestProcess, execution: string): Promise<OutsideTask> {
  const [task, ...others] = await open(process, execution);
  if (task === undefined || others.length > 0) throw new Error('There is not one open item.');
  return task;
}

type Told<C> = C extends unknown ? Omit<C, 'activation' | 'attempt'> : never;

async function tell(process: TestProcess, task: OutsideTask, command: Told<TaskCommand>): Promise<void> {
  const { activation, attempt, execution } = task;
  // Asserted: what was left out is put back.
  await process.engine.submit(execution, { ...command, activation, attempt } as TaskCommand, 5_000);
  await process.run(100);
}

async function done(process: TestProcess, execution: string, worker: string): Promise<void> {
  const task = await only(process, execution);
  await tell(process, task, { type: 'TaskStarted', worker });
  await tell(process, task, { type: 'TaskSucceeded', output: {}, worker });
}

const fourEyes = flow({
  Propose: item({ Role: 'clerk' }, { Next: 'Approve' }),
  Approve: item({ Role: 'clerk', Separate: ['Propose'] }),
});

describe('separation of duties', () => {
  test('leaves the one who did the other state out, and refuses that one at the start and at the end', async () => {
    const { world: all, process } = await world([clerk('anna'), clerk('bert')]);
    const execution = await started(all, process, 'eyes', fourEyes);
    expect((await only(process, execution)).staffing).toEqual({ candidates: ['anna', 'bert'] });
    await done(process, execution, 'anna');
    const approve = await only(process, execution);
    expect(approve).toMatchObject({ state: 'Approve', staffing: { candidates: ['bert'] } });
    await tell(process, approve, { type: 'TaskStarted', worker: 'anna' });
    expect(await only(process, execution)).toMatchObject({ status: 'offered' });
    await tell(process, approve, { type: 'TaskSucceeded', output: {}, worker: 'anna' });
    expect(await only(process, execution)).toMatchObject({ status: 'offered' });
    await done(process, execution, 'bert');
    expect((await process.states.load(execution))?.state.status).toBe('SUCCEEDED');
  });

  test('holds where people are named, and both ways while both are at work', async () => {
    const { world: all, process } = await world();
    const definition = flow({
      Both: { Type: 'Pass', Next: ['Pay', 'Check'] },
      Pay: item({ Candidates: ['anna', 'bert'] }),
      Check: item({ Candidates: ['anna', 'bert'], Separate: ['Pay'] }),
    });
    const execution = await started(all, process, 'both', definition);
    const task = async (state: string) => {
      const found = (await open(process, execution)).find((one) => one.state === state);
      if (found === undefined) throw new Error(`${state} is not open.`);
      return found;
    };
    await tell(process, await task('Check'), { type: 'TaskStarted', worker: 'anna' });
    await tell(process, await task('Pay'), { type: 'TaskStarted', worker: 'anna' });
    expect(await task('Pay')).toMatchObject({ status: 'offered' });
    await tell(process, await task('Check'), { type: 'TaskSucceeded', output: {}, worker: 'anna' });
    await tell(process, await task('Pay'), { type: 'TaskStarted', worker: 'anna' });
    expect(await task('Pay')).toMatchObject({ status: 'offered' });
    await tell(process, await task('Pay'), { type: 'TaskStarted', worker: 'bert' });
    expect(await task('Pay')).toMatchObject({ status: 'started', worker: 'bert' });
    await tell(process, await task('Pay'), { type: 'TaskSucceeded', output: {}, worker: 'anna' });
    expect(await task('Pay')).toMatchObject({ status: 'started', worker: 'bert' });
  });
});

test('retain goes to whoever did the earlier state, and to others once that one has left', async () => {
  const { world: all, process } = await world([clerk('anna'), clerk('bert'), clerk('carl')]);
  const definition = flow({
    First: item({ Role: 'clerk' }, { Next: 'Second' }),
    Second: item({ Role: 'clerk', Retain: 'First' }, { Next: 'Third' }),
    Third: item({ Role: 'clerk', Retain: 'First' }),
  });
  const execution = await started(all, process, 'retain', definition);
  await done(process, execution, 'bert');
  expect((await only(process, execution)).staffing).toEqual({ assignee: 'bert' });
  await process.allocator.participants.put(clerk('bert', { available: false }));
  await done(process, execution, 'bert');
  expect((await only(process, execution)).staffing).toEqual({ candidates: ['anna', 'carl'] });
});

describe('a strategy', () => {
  const fan = (strategy: string, count: number): Json =>
    flow({
      All: {
        Type: 'Map',
        Items: Array.from({ length: count }, (_, i) => i),
        ItemProcessor: { StartAt: 'Do', States: { Do: item({ Role: 'clerk', Allocation: strategy }) } },
        End: true,
      },
    });
  const load = async (process: TestProcess, execution: string) => {
    const counts: Record<string, number> = {};
    for (const { staffing } of await open(process, execution)) {
      const who = staffing?.assignee ?? '';
      counts[who] = (counts[who] ?? 0) + 1;
    }
    return counts;
  };

  test('in turns is even over three people', async () => {
    const { world: all, process } = await world([clerk('anna'), clerk('bert'), clerk('carl')]);
    const execution = await started(all, process, 'turns', fan('roundRobin', 9));
    expect(await load(process, execution)).toEqual({ anna: 3, bert: 3, carl: 3 });
  });

  test('of the shortest queue fills up whoever has less', async () => {
    const { world: all, process } = await world([clerk('anna'), clerk('bert')]);
    const busy = flow({
      Map: {
        Type: 'Map',
        Items: [1, 2, 3],
        ItemProcessor: { StartAt: 'I', States: { I: item({ Assignee: 'anna' }) } },
        End: true,
      },
    });
    await started(all, process, 'busy', busy);
    const execution = await started(all, process, 'queue', fan('shortestQueue', 5));
    expect(await load(process, execution)).toEqual({ anna: 1, bert: 4 });
  });

  test('by chance names somebody who fits', async () => {
    const { world: all, process } = await world([clerk('anna'), clerk('bert', { roles: [] })]);
    const execution = await started(all, process, 'chance', fan('random', 2));
    expect(await load(process, execution)).toEqual({ anna: 2 });
  });
});

test('what was given back goes to somebody else', async () => {
  const { world: all, process } = await world([clerk('anna'), clerk('bert')]);
  const execution = await started(
    all,
    process,
    'back',
    flow({ Do: item({ Role: 'clerk', Allocation: 'roundRobin' }) }),
  );
  const task = await only(process, execution);
  expect(task.staffing).toEqual({ assignee: 'anna' });
  await tell(process, task, { type: 'TaskStarted', worker: 'anna' });
  await tell(process, task, { type: 'TaskReturned' });
  expect(await only(process, execution)).toMatchObject({ status: 'offered', staffing: { assignee: 'bert' } });
});

test('what is handed on is the other one’s, and the history tells', async () => {
  const { world: all, process } = await world([clerk('anna'), clerk('bert')]);
  const execution = await started(all, process, 'on', flow({ Do: item({ Role: 'clerk', Allocation: 'roundRobin' }) }));
  const task = await only(process, execution);
  await tell(process, task, { type: 'DelegateTask', worker: 'bert', to: 'anna' });
  expect((await only(process, execution)).staffing).toEqual({ assignee: 'anna' });
  await tell(process, task, { type: 'TaskStarted', worker: 'anna' });
  await tell(process, task, { type: 'DelegateTask', worker: 'anna', to: 'bert' });
  expect(await only(process, execution)).toMatchObject({ status: 'started', worker: 'bert' });
  await tell(process, task, { type: 'TaskSucceeded', output: {}, worker: 'anna' });
  expect(await only(process, execution)).toMatchObject({ status: 'started', worker: 'bert' });
  await tell(process, task, { type: 'TaskSucceeded', output: {}, worker: 'bert' });
  const live = await process.states.load(execution);
  const commits = await process.states.events(execution, 0, 100);
  if (live === undefined) throw new Error('It is gone.');
  const history = [
    ...historyOf(
      live.plan,
      commits.flatMap(({ events }) => events),
    ),
  ];
  expect(history.map(({ id }) => id)).toEqual(history.map((_, i) => i + 1));
  expect(history.length).toBe(live.state.historyLength);
  expect(history.filter(({ type }) => type.startsWith('WorkItem')).map(({ type }) => type)).toEqual([
    ...['WorkItemAllocated', 'WorkItemScheduled', 'WorkItemStarted', 'WorkItemDelegated', 'WorkItemSucceeded'],
  ]);
});

describe('an escalation', () => {
  const definition = flow({
    Do: item({
      Role: 'clerk',
      Allocation: 'roundRobin',
      Escalate: [
        { AfterSeconds: 60, To: { Role: 'boss' } },
        { AfterSeconds: 120, To: { Assignee: 'zoe' } },
      ],
    }),
  });
  const people = [clerk('anna'), clerk('dora', { roles: ['boss'] })];

  test('goes to the next ones when nobody has taken it in time, also after a restart', async () => {
    const { world: all, process } = await world(people);
    const execution = await started(all, process, 'late', definition);
    expect((await only(process, execution)).staffing).toEqual({ assignee: 'anna' });
    await process.run(30_000);
    await process.engine.stop(0);
    const next = all.process();
    await next.recover();
    await next.run(31_000);
    expect(await only(next, execution)).toMatchObject({ escalated: { step: 1 }, staffing: { candidates: ['dora'] } });
    await next.run(60_000);
    expect(await only(next, execution)).toMatchObject({ escalated: { step: 2 }, staffing: { assignee: 'zoe' } });
    await done(next, execution, 'zoe');
    expect((await next.states.load(execution))?.state.status).toBe('SUCCEEDED');
  });

  test('does not touch what somebody has taken', async () => {
    const { world: all, process } = await world(people);
    const execution = await started(all, process, 'taken', definition);
    await tell(process, await only(process, execution), { type: 'TaskStarted', worker: 'anna' });
    await process.run(300_000);
    expect(await only(process, execution)).toMatchObject({ status: 'started', worker: 'anna' });
    expect(await only(process, execution)).not.toHaveProperty('escalated');
  });
});

test('where nobody fits, nobody may take it, and it is looked at again when somebody comes', async () => {
  const { world: all, process } = await world();
  const execution = await started(all, process, 'nobody', flow({ Do: item({ Role: 'clerk' }) }));
  expect(await only(process, execution)).toMatchObject({ staffing: { candidates: [], wanted: { role: 'clerk' } } });
  const [unfilled] = await process.allocator.unfilled(10);
  expect(unfilled?.execution).toBe(execution);
});

test('an item that says nothing of all that costs no commit more', async () => {
  const { world: all, process } = await world([clerk('anna')]);
  const execution = await started(all, process, 'plain', flow({ Do: item({ Candidates: ['anna'] }) }));
  expect(
    (await process.states.events(execution, 0, 100)).flatMap(({ events }) => events.map(({ type }) => type)),
  ).toEqual([...['ExecutionStarted', 'OffersChanged']]);
});
