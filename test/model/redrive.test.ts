import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/model/json.ts';
import { matchOpenStates, redrivability } from '../../lib/model/redrive.ts';
import { identity, inOrder, LAMBDA, planOf, Scenario } from './scenario.ts';

const DAY_MS = 86_400_000;
const task = (fields: JsonObject = {}): JsonObject => ({ Type: 'Task', Resource: LAMBDA, ...fields });
const broken = { error: 'Broken', cause: 'It broke.' };

function branch(name: string): JsonObject {
  return inOrder({ [`${name}1`]: task(), [`${name}2`]: task() });
}

const parallel = inOrder({
  First: task(),
  Both: { Type: 'Parallel', Branches: [branch('A'), branch('B'), branch('C')] },
  Last: { Type: 'Pass' },
});

/** A is through, B fails in its second state, C is in its first. */
function failedInParallel(definition: JsonObject = parallel): Scenario {
  const run = new Scenario(definition, { n: 1 });
  run.succeed('first');
  run.succeed('a1', run.task('A1'));
  run.succeed('a2', run.task('A2'));
  run.succeed('b1', run.task('B1'));
  run.fail(broken, run.task('B2'));
  return run;
}

describe('A redriven execution', () => {
  it('runs the state again that failed, with the same input, and shows it in its history', () => {
    const run = new Scenario(
      inOrder({ First: { Type: 'Pass', Result: { n: 7 } }, Work: task(), End: { Type: 'Pass' } }),
    );
    const failed = run.task();
    run.fail(broken, failed);
    expect(run.state.status).toBe('FAILED');
    run.now += DAY_MS;
    run.redrive();
    expect(run.state).toMatchObject({ status: 'RUNNING', redriven: { count: 1, at: run.now } });
    expect(run.state).not.toHaveProperty('failure');
    expect(run.state).not.toHaveProperty('closedAt');
    const again = run.task();
    expect(again).toMatchObject({ state: 'Work', input: { n: 7 }, attempt: 2, idempotencyKey: failed.idempotencyKey });
    run.succeed('done', again);
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(run.outline()).toEqual([
      '1<0 ExecutionStarted',
      '2<0 PassStateEntered',
      '3<2 PassStateExited',
      '4<3 TaskStateEntered',
      '5<4 LambdaFunctionScheduled',
      '6<5 LambdaFunctionStarted',
      '7<6 LambdaFunctionFailed',
      '8<7 ExecutionFailed',
      '9<8 ExecutionRedriven',
      '10<4 LambdaFunctionScheduled',
      '11<10 LambdaFunctionStarted',
      '12<11 LambdaFunctionSucceeded',
      '13<12 TaskStateExited',
      '14<13 PassStateEntered',
      '15<14 PassStateExited',
      '16<15 ExecutionSucceeded',
    ]);
    expect(run.history()[8]).toMatchObject({ executionRedrivenEventDetails: { redriveCount: 1 } });
    expect(run.state.historyLength).toBe(16);
    expect(run.replay()).toEqual(run.state);
  });

  it('keeps the branches that are through, and goes on where each of the others was', () => {
    const run = failedInParallel();
    expect(run.state.status).toBe('FAILED');
    run.redrive();
    expect(run.tasks().map(({ state }) => state)).toEqual(['C1', 'B2']);
    run.succeed('b2', run.task('B2'));
    run.succeed('c1', run.task('C1'));
    run.succeed('c2', run.task('C2'));
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: ['a2', 'b2', 'c2'] });
    expect(run.replay()).toEqual(run.state);
    expect(run.history().map(({ id }) => id)).toEqual(run.history().map((_event, index) => index + 1));
  });

  it('keeps the items of a Map that are through, and starts those that had not begun', () => {
    const map = inOrder({ Each: { Type: 'Map', MaxConcurrency: 2, ItemProcessor: inOrder({ Work: task() }) } });
    const run = new Scenario(map, ['a', 'b', 'c', 'd']);
    run.succeed('A');
    run.fail(broken);
    expect(run.state.status).toBe('FAILED');
    run.redrive();
    expect(run.tasks().map(({ input }) => input)).toEqual(['b', 'c']);
    run.succeed('B');
    run.succeed('C');
    run.succeed('D');
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: ['A', 'B', 'C', 'D'] });
    expect(run.replay()).toEqual(run.state);
  });

  it('has all its retries again, and never gives the number of an attempt twice', () => {
    const retry = [{ ErrorEquals: ['Broken'], IntervalSeconds: 1, MaxAttempts: 1 }];
    const run = new Scenario(inOrder({ Work: task({ Retry: retry }) }));
    run.fail(broken);
    run.sleep();
    run.fail(broken);
    expect(run.state.status).toBe('FAILED');
    run.redrive();
    const stale = { ...run.task(), attempt: 2 };
    expect(run.succeed('late', stale)).toEqual([]);
    run.fail(broken);
    expect(run.state.status).toBe('RUNNING');
    run.sleep();
    expect(run.task().attempt).toBe(4);
    run.fail(broken);
    expect(run.state.status).toBe('FAILED');
  });

  it('goes to its catcher when it fails again with an error that is caught', () => {
    const caught = task({ Catch: [{ ErrorEquals: ['Other'], Next: 'End' }] });
    const run = new Scenario(inOrder({ Work: caught, End: { Type: 'Pass', Result: 'caught' } }));
    run.fail(broken);
    run.redrive();
    run.fail({ error: 'Other' });
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: 'caught' });
  });

  it('can be redriven after a stop, again and again; a stop of an earlier life changes nothing', () => {
    const run = new Scenario(inOrder({ Work: task() }));
    run.tell({ type: 'StopExecution', error: 'Enough' });
    expect(run.state).toMatchObject({ status: 'ABORTED', failure: { error: 'Enough' } });
    run.redrive();
    expect(run.tell({ type: 'StopExecution', error: 'Enough' })).toEqual([]);
    run.tell({ type: 'StopExecution', redriveCount: 1 });
    expect(run.state.status).toBe('ABORTED');
    run.redrive();
    expect(run.state.redriven?.count).toBe(2);
    run.succeed('done');
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(run.replay()).toEqual(run.state);
  });

  it('has its whole time again after it timed out', () => {
    const run = new Scenario({ ...inOrder({ Work: task() }), TimeoutSeconds: 60 });
    run.sleep();
    expect(run.state.status).toBe('TIMED_OUT');
    run.now += DAY_MS;
    run.redrive();
    expect(run.state.timeoutAt).toBe(run.now + 60_000);
    run.succeed('in time');
    expect(run.state.status).toBe('SUCCEEDED');
  });

  it('waits again where it waited, and fails again where nothing has changed', () => {
    const waiting = new Scenario(inOrder({ Pause: { Type: 'Wait', Seconds: 10 } }));
    waiting.tell({ type: 'StopExecution' });
    waiting.redrive();
    waiting.sleep();
    expect(waiting.state.status).toBe('SUCCEEDED');
    const failing = new Scenario(inOrder({ Stop: { Type: 'Fail', Error: 'No' } }));
    failing.redrive();
    expect(failing.state).toMatchObject({ status: 'FAILED', failure: { error: 'No' } });
    expect(failing.types).toEqual([
      'ExecutionStarted',
      'StateEntered',
      'ExecutionFailed',
      'ExecutionRedriven',
      'ExecutionFailed',
    ]);
  });

  it('tells expressions how often and when it was redriven', () => {
    const named = { 'count.$': '$$.Execution.RedriveCount', 'time.$': '$$.Execution.RedriveTime' };
    const run = new Scenario(inOrder({ Work: task(), End: { Type: 'Pass', Parameters: named } }));
    run.fail(broken);
    run.redrive();
    run.succeed('x');
    expect(run.state.output).toEqual({ count: 1, time: new Date(run.now).toISOString() });
  });

  it('makes the output of a Parallel again, and not its branches, when that was all that failed', () => {
    const states = { Both: { Type: 'Parallel', OutputPath: '$.none', Branches: [inOrder({ A: task() })] } };
    const run = new Scenario(inOrder(states));
    run.succeed('a');
    expect(run.state.status).toBe('FAILED');
    const fixed = { Both: { Type: 'Parallel', OutputPath: '$[0]', Branches: [inOrder({ A: task() })] } };
    run.redrive(inOrder(fixed));
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: 'a' });
    expect(run.replay()).toEqual(run.state);
  });
});

describe('A changed definition', () => {
  it('is what the execution goes on with, and its log is read by each for its own part', () => {
    const run = failedInParallel();
    const more = inOrder({
      New: { Type: 'Parallel', Branches: [branch('X')] },
      Both: {
        Type: 'Parallel',
        Branches: [inOrder({ A1: task() }), inOrder({ B1: task(), B2: task(), B3: task() }), branch('C')],
      },
      Last: { Type: 'Pass', Result: 'new' },
    });
    run.redrive(more);
    expect(run.state.identity.workflow).toMatchObject({ revision: '2', roleArn: 'arn:aws:iam::1:role/new' });
    run.succeed('b2', run.task('B2'));
    run.succeed('b3', run.task('B3'));
    run.succeed('c1', run.task('C1'));
    run.succeed('c2', run.task('C2'));
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: 'new' });
    expect(run.replay()).toEqual(run.state);
    expect(run.history()).toHaveLength(run.state.historyLength);
  });

  it('is refused, state by state, where it does not fit', () => {
    const before = planOf(parallel);
    const running = new Scenario(parallel);
    running.succeed('first');
    const problems = (definition: JsonObject) => matchOpenStates(running.state, before, planOf(definition)).problems;
    expect(problems(parallel)).toEqual([]);
    expect(problems(inOrder({ Other: task() }))).toEqual([
      'State "Both" is open and not in the new definition, or not in the same place.',
    ]);
    expect(problems(inOrder({ Both: task() }))).toEqual(['State "Both" was a Parallel and is a Task now.']);
    expect(problems(inOrder({ Both: { Type: 'Parallel', Branches: [branch('A'), branch('B')] } }))).toEqual([
      'State "Both" had 3 branches and has 2 now.',
    ]);
    const renamed = inOrder({ Both: { Type: 'Parallel', Branches: [branch('A'), branch('D'), branch('C')] } });
    expect(problems(renamed)).toEqual(['State "B1" is open and not in the new definition, or not in the same place.']);
  });
});

describe('An execution can be redriven', () => {
  const closed = () => {
    const run = new Scenario(inOrder({ Work: task() }));
    run.fail(broken);
    return run.state;
  };
  const reason = (state: Scenario['state'], now: number, period?: number) => {
    const redrivable = redrivability(state, now, period);
    return 'reason' in redrivable ? redrivable.reason : redrivable.status;
  };

  it('when it did not succeed, within the redrivable period, and in the year after its start', () => {
    const failed = closed();
    const end = failed.closedAt ?? 0;
    expect(reason(failed, end + 14 * DAY_MS)).toBe('REDRIVABLE');
    expect(reason(failed, end + 14 * DAY_MS + 1)).toBe('Execution redrivable period exceeded');
    expect(reason(failed, end + 60 * DAY_MS, 90 * DAY_MS)).toBe('REDRIVABLE');
    expect(reason(failed, end + 366 * DAY_MS, 900 * DAY_MS)).toBe('Execution has exceeded the max execution time');
  });

  it('not while it runs, not after it has succeeded, and not if it is an express one', () => {
    const run = new Scenario(inOrder({ Work: task() }));
    expect(reason(run.state, run.now)).toBe('Execution is RUNNING and cannot be redriven');
    run.succeed('x');
    expect(reason(run.state, run.now)).toBe('Execution is SUCCEEDED and cannot be redriven');
    const workflow = { ...identity.workflow, type: 'EXPRESS' } as const;
    const express = new Scenario(inOrder({ Work: task() }), {}, { ...identity, workflow });
    express.fail(broken);
    expect(redrivability(express.state, express.now).status).toBe('NOT_REDRIVABLE');
  });
});
