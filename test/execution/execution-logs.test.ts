import { beforeEach, describe, expect, it } from 'vitest';
import { memoryStores, SimulatedClock } from '../../lib/adapters/memory/index.ts';
import { ExecutionLogs } from '../../lib/execution/execution-logs.ts';
import { OwedLogs } from '../../lib/execution/owed-logs.ts';
import type { Workflow } from '../../lib/execution/workflows.ts';
import { StoreUnavailable } from '../../lib/ports/event-store.ts';
import { LogRefused } from '../../lib/ports/execution-log.ts';
import type { CommitSource } from '../../lib/state/history/history-reader.ts';
import { identity, inOrder, LAMBDA, Scenario } from '../model/scenario.ts';

const task = { Type: 'Task', Resource: LAMBDA };
const workflow: Workflow = {
  ...{ id: identity.workflow.id, name: identity.workflow.name, type: 'STANDARD', roleArn: '', createdAt: 0 },
  ...{ revision: '1', revisedAt: 0 },
  settings: { logging: { level: 'ALL', includeExecutionData: true, destinations: ['group'] } },
};

describe('the log of an execution', () => {
  let source: CommitSource & { reads: number };
  let clock: SimulatedClock;
  let logged: string[];
  let failure: Error | undefined;
  let whole: readonly string[];
  let last: number;

  beforeEach(() => {
    const run = new Scenario(inOrder({ One: task, Two: task, Three: task }), {});
    run.succeed(1);
    run.succeed(2);
    run.succeed(3);
    // A commit for each event.
    const commits = run.events.map((event, number) => ({ number, events: [event] }));
    last = commits.length - 1;
    source = {
      reads: 0,
      events: async (_execution, from) => {
        source.reads += 1;
        return commits.slice(from, from + 3);
      },
      plan: async () => run.plan,
    };
    clock = new SimulatedClock();
    logged = [];
    failure = undefined;
    whole = run.history().map(({ id }) => String(id));
  });

  function newLogs(): ExecutionLogs {
    return new ExecutionLogs({
      states: source,
      workflows: { find: async (name) => (name === workflow.name ? workflow : undefined) },
      delivery: {
        deliver: async (_destination, entries) => {
          if (failure !== undefined) throw failure;
          logged.push(...entries.map(({ message }) => (JSON.parse(message) as { id: string }).id));
        },
      },
      clock,
      freshForMs: 60_000,
    });
  }

  const commit = (number: number) => ({ from: number, to: number });

  it('goes on where it stands, commit by commit', async () => {
    const logs = newLogs();
    for (let number = 0; number <= last; number += 1) await logs.deliver(identity.id, commit(number));
    expect(logged).toEqual(whole);
    expect(source.reads).toBeLessThanOrEqual(Math.ceil((last + 1) / 3) + 1);
  });

  it('is taken up by another process where the one before stopped', async () => {
    for (let number = 0; number <= last; number += 1) await newLogs().deliver(identity.id, commit(number));
    expect(logged).toEqual(whole);
  });

  it('has what comes late, and nothing twice for a second delivery', async () => {
    const logs = newLogs();
    await logs.deliver(identity.id, commit(0));
    await logs.deliver(identity.id, commit(3));
    await logs.deliver(identity.id, commit(1));
    await logs.deliver(identity.id, { from: 2, to: last - 1 });
    await logs.deliver(identity.id, { from: 0, to: last - 1 });
    const before = logged.length;
    expect(logged).toEqual(whole.slice(0, before));
    // In a new process, what comes before the first to be delivered comes when it is its turn.
    logged = [];
    const others = newLogs();
    await others.deliver(identity.id, { from: 3, to: last - 1 });
    await others.deliver(identity.id, { from: 0, to: 2 });
    expect([...logged].sort((a, b) => Number(a) - Number(b))).toEqual(whole.slice(0, before));
  });

  it('is owed while it cannot be delivered, and whole after the sweep', async () => {
    const logs = newLogs();
    const { keyValues: store } = memoryStores();
    const messages: string[] = [];
    const telemetry = { log: (level: string) => void messages.push(level) };
    const owed = new OwedLogs({ logs, store, clock, telemetry });
    await owed.deliver(identity.id, { from: 0, to: 2 });
    failure = new StoreUnavailable('down');
    await owed.deliver(identity.id, commit(3));
    // Not even tried: nothing should wait for a service that is down.
    await owed.deliver(identity.id, commit(4));
    expect(messages).toEqual(['warn']);
    expect(await owed.sweep()).toBe(0);
    failure = undefined;
    expect(await owed.sweep()).toBe(1);
    await owed.deliver(identity.id, { from: 5, to: last });
    expect(logged).toEqual(whole);
    expect(await owed.sweep()).toBe(0);
  });

  it('is given up where it is refused', async () => {
    const { keyValues: store } = memoryStores();
    const levels: string[] = [];
    const telemetry = { log: (level: string) => void levels.push(level) };
    const owed = new OwedLogs({ logs: newLogs(), store, clock, telemetry });
    failure = new LogRefused('There is no such group.');
    await owed.deliver(identity.id, commit(0));
    failure = undefined;
    expect(await owed.sweep()).toBe(0);
    expect([levels, logged]).toEqual([['error'], []]);
  });

  it('is not read for a workflow that has none, which is known for a while', async () => {
    const logs = newLogs();
    const other = identity.id.replace(`:${workflow.name}:`, ':other:');
    expect(logs.isKnownOff(other)).toBe(false);
    await logs.deliver(other, commit(0));
    expect([logs.isKnownOff(other), logs.isKnownOff(identity.id), source.reads]).toEqual([true, false, 0]);
  });
});
