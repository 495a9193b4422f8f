import { describe, expect, it } from 'vitest';
import { matches } from '../../lib/model/failure.ts';
import type { JsonObject } from '../../lib/model/json.ts';
import type { Retrier } from '../../lib/model/plan.ts';
import { retryDelay } from '../../lib/model/retry.ts';
import { inOrder, LAMBDA, Scenario, START } from './scenario.ts';

const SECOND = 1000;

describe('what an ErrorEquals covers', () => {
  it.each([
    [['E'], 'E', true],
    [['E'], 'F', false],
    [['States.ALL'], 'E', true],
    [['States.ALL'], undefined, true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.Runtime', false],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.Runtime'], 'States.Runtime', true],
    [['States.TaskFailed'], 'E', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.TaskFailed'], 'States.HeartbeatTimeout', false],
    [['States.Timeout'], 'States.HeartbeatTimeout', true],
    [['States.HeartbeatTimeout'], 'States.Timeout', false],
    [[], 'E', false],
  ] as const)('%j covers %s: %s', (errorEquals, error, expected) => {
    expect(matches(errorEquals, error)).toBe(expected);
  });
});

describe('the delay before a retry', () => {
  const rule: Retrier = { errorEquals: [], intervalSeconds: 2, maxAttempts: 9, backoffRate: 3, jitter: 'NONE' };

  it('grows with each retry, up to its limit', () => {
    expect([0, 1, 2].map((used) => retryDelay(rule, used, 0.5))).toEqual([2 * SECOND, 6 * SECOND, 18 * SECOND]);
    expect(retryDelay({ ...rule, maxDelaySeconds: 10 }, 2, 0.5)).toBe(10 * SECOND);
    expect(retryDelay(rule, 1e6, 0.5)).toBe(99_999_999 * SECOND);
  });

  it('is drawn from zero to the whole with full jitter', () => {
    const jittered: Retrier = { ...rule, jitter: 'FULL', maxDelaySeconds: 4 };
    expect([0, 0.25, 1].map((fraction) => retryDelay(jittered, 1, fraction))).toEqual([0, SECOND, 4 * SECOND]);
  });
});

const task = (rest: JsonObject) => inOrder({ T: { Type: 'Task', Resource: LAMBDA, ...rest }, After: { Type: 'Pass' } });

describe('Retry', () => {
  it('runs the task again after its delay, then gives up', () => {
    const Retry = [{ ErrorEquals: ['E'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 2 }];
    const run = new Scenario(task({ Retry }), { a: 1 });
    run.fail({ error: 'E' });
    expect(run.tasks()).toEqual([]);
    run.sleep();
    expect(run.now).toBe(START + 2 * SECOND);
    expect(run.task()).toMatchObject({ attempt: 2, input: { a: 1 } });
    run.fail({ error: 'E' });
    run.sleep();
    expect(run.now).toBe(START + 6 * SECOND);
    run.fail({ error: 'E', cause: 'last' });
    expect(run.state).toMatchObject({ status: 'FAILED', failure: { error: 'E', cause: 'last' } });
  });

  it('keeps the same idempotency key for all attempts', () => {
    const run = new Scenario(task({ Retry: [{ ErrorEquals: ['E'] }] }));
    const first = run.task().idempotencyKey;
    run.fail({ error: 'E' });
    run.sleep();
    expect(run.task().idempotencyKey).toBe(first);
  });

  it('counts the attempts of each retrier by itself', () => {
    const Retry = [
      { ErrorEquals: ['A'], MaxAttempts: 1 },
      { ErrorEquals: ['B'], MaxAttempts: 1 },
    ];
    const run = new Scenario(task({ Retry }));
    for (const error of ['A', 'B']) {
      run.fail({ error });
      run.sleep();
    }
    expect(run.task().attempt).toBe(3);
    run.fail({ error: 'A' });
    expect(run.state.status).toBe('FAILED');
  });

  it('never retries where MaxAttempts is 0, though a later retrier would match', () => {
    const Retry = [{ ErrorEquals: ['E'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }];
    const run = new Scenario(task({ Retry }));
    run.fail({ error: 'E' });
    expect(run.state.status).toBe('FAILED');
  });

  it('draws the jittered delay from the randomness it is lent', () => {
    const run = new Scenario(task({ Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 8, JitterStrategy: 'FULL' }] }));
    run.draws.push(0.25);
    run.fail({ error: 'E' });
    run.sleep();
    expect(run.now).toBe(START + 2 * SECOND);
  });

  it('comes before Catch, also after a timeout', () => {
    const Retry = [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 1 }];
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'After' }];
    const run = new Scenario(task({ TimeoutSeconds: 3, Retry, Catch }));
    run.sleep();
    run.sleep();
    expect(run.task().attempt).toBe(2);
    run.sleep();
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'States.Timeout' } });
  });
});

describe('Catch', () => {
  it('takes over with the first catcher that matches', () => {
    const Catch = [
      { ErrorEquals: ['Other'], Next: 'Nowhere' },
      { ErrorEquals: ['States.ALL'], Next: 'After', ResultPath: '$.error' },
    ];
    const definition = inOrder({
      T: { Type: 'Task', Resource: LAMBDA, Catch, Next: 'Nowhere' },
      Nowhere: { Type: 'Fail' },
      After: { Type: 'Succeed' },
    });
    const run = new Scenario(definition, { a: 1 });
    run.fail({ error: 'E', cause: 'C' });
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: { a: 1, error: { Error: 'E', Cause: 'C' } } });
  });

  it('is not asked about an error in itself', () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'After', Output: '{% $missing %}' }];
    const run = new Scenario({ QueryLanguage: 'JSONata', ...task({ Catch }) });
    run.fail({ error: 'E' });
    expect(run.state.failure?.error).toBe('States.QueryEvaluationError');
  });

  it('does not see States.Runtime through a wildcard', () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'After' }];
    const run = new Scenario(task({ InputPath: '$.missing', Catch }));
    expect(run.state.failure?.error).toBe('States.Runtime');
  });
});

describe('the failure of a state with branches', () => {
  const working = (name: string) => inOrder({ [name]: { Type: 'Task', Resource: LAMBDA } });
  const parallel = (rest: JsonObject) =>
    inOrder({ P: { Type: 'Parallel', Branches: [working('A'), working('B')], ...rest }, After: { Type: 'Pass' } });

  it('withdraws the other branches and tells whoever works on them', () => {
    const run = new Scenario(parallel({}));
    const [, b] = run.tasks();
    run.fail({ error: 'E' });
    expect(run.cancelled).toEqual(['B']);
    expect(run.state.failure).toEqual({ error: 'E' });
    expect(run.succeed('late', b)).toEqual([]);
  });

  it('goes up through all levels until somebody catches it', () => {
    const Catch = [{ ErrorEquals: ['E'], Next: 'After' }];
    const inner = inOrder({ M: { Type: 'Map', ItemProcessor: working('I') } });
    const run = new Scenario(
      inOrder({ P: { Type: 'Parallel', Branches: [inner, working('B')], Catch }, After: { Type: 'Pass' } }),
      [1, 2],
    );
    run.fail({ error: 'E' }, run.task('I'));
    expect(run.cancelled).toEqual(['I', 'B']);
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'E' } });
  });

  it('starts all branches again on a retry', () => {
    const run = new Scenario(parallel({ Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }] }));
    run.succeed('old', run.task('A'));
    run.fail({ error: 'E' }, run.task('B'));
    run.sleep();
    run.succeed('a', run.task('A'));
    run.succeed('b', run.task('B'));
    expect(run.state.output).toEqual(['a', 'b']);
  });
});
