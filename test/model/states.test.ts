import { describe, expect, it } from 'vitest';
import { ACTIVITY, identity, inOrder, LAMBDA, Scenario, START } from './scenario.ts';

const SECOND = 1000;

describe('Pass, Choice, Succeed, Fail', () => {
  it('passes its input on, or what it makes of it', () => {
    const run = new Scenario(
      inOrder({ A: { Type: 'Pass' }, B: { Type: 'Pass', Result: { n: 1 }, ResultPath: '$.b' } }),
      {
        a: 0,
      },
    );
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: { a: 0, b: { n: 1 } }, closedAt: START });
  });

  it('does not repeat in the log a value that is passed on', () => {
    const run = new Scenario(inOrder({ A: { Type: 'Pass' } }), { big: 'x'.repeat(1000) });
    expect(JSON.stringify(run.events.slice(1)).length).toBeLessThan(300);
  });

  const choice = (rest: object) => ({
    ...inOrder({
      C: { Type: 'Choice', Choices: [{ Variable: '$.n', NumericGreaterThan: 1, Next: 'Big' }], ...rest },
      Big: { Type: 'Pass', Result: 'big', Next: 'End' },
      Small: { Type: 'Pass', Result: 'small', Next: 'End' },
      End: { Type: 'Succeed' },
    }),
  });

  it('goes where the first rule that matches points, otherwise to the default', () => {
    expect(new Scenario(choice({ Default: 'Small' }), { n: 2 }).state.output).toBe('big');
    expect(new Scenario(choice({ Default: 'Small' }), { n: 1 }).state.output).toBe('small');
  });

  it('fails where no rule matches and there is no default', () => {
    const definition = inOrder({
      C: { Type: 'Choice', Choices: [{ Variable: '$.n', NumericGreaterThan: 1, Next: 'Big' }] },
      Big: { Type: 'Succeed' },
    });
    const run = new Scenario(definition, { n: 0 });
    expect(run.state.status).toBe('FAILED');
    expect(run.state.failure?.cause).toMatch(
      /^An error occurred while executing the state 'C' \(entered at the event id #2\)/,
    );
  });

  it('fails with the error and cause that Fail names, or without', () => {
    expect(new Scenario(inOrder({ F: { Type: 'Fail', Error: 'E', Cause: 'C' } })).state.failure).toEqual({
      error: 'E',
      cause: 'C',
    });
    expect(new Scenario(inOrder({ F: { Type: 'Fail' } })).state).toMatchObject({ status: 'FAILED', failure: {} });
  });
});

describe('Wait', () => {
  it('is over when its time has come, and not before', () => {
    const run = new Scenario(inOrder({ W: { Type: 'Wait', Seconds: 5 } }));
    run.now = START + 5 * SECOND - 1;
    expect(run.tell({ type: 'Wake' })).toEqual([]);
    run.now += 1;
    expect(run.tell({ type: 'Wake' }).map(({ type }) => type)).toEqual(['StateExited', 'ExecutionSucceeded']);
  });

  it('does not wait for a moment that is past', () => {
    const run = new Scenario(inOrder({ W: { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z' } }));
    expect(run.types).not.toContain('WaitStarted');
    expect(run.state.status).toBe('SUCCEEDED');
  });
});

describe('Task', () => {
  it('is handed out with what it needs, and goes on with its result', () => {
    const run = new Scenario(inOrder({ T: { Type: 'Task', Resource: LAMBDA, ResultPath: '$.t' } }), { a: 1 });
    const task = run.task();
    expect(task).toMatchObject({
      execution: identity.id,
      state: 'T',
      attempt: 1,
      input: { a: 1 },
      idempotencyKey: `${identity.id}#T-1`,
      scheduledAt: START,
    });
    expect(task.token).toBeUndefined();
    run.succeed(2);
    expect(run.state.output).toEqual({ a: 1, t: 2 });
  });

  it('gives a token that nobody can guess to what is completed from outside', () => {
    const first = new Scenario(inOrder({ T: { Type: 'Task', Resource: ACTIVITY } })).task();
    const other = new Scenario(inOrder({ T: { Type: 'Task', Resource: ACTIVITY } }));
    expect(first.token).toBeDefined();
    expect(other.effects).toMatchObject([{ type: 'OfferTask' }]);

    const Resource = 'arn:aws:states:::sqs:sendMessage.waitForTaskToken';
    const Parameters = { QueueUrl: 'q', MessageBody: { 'token.$': '$$.Task.Token' } };
    const callback = new Scenario(inOrder({ T: { Type: 'Task', Resource, Parameters } }));
    expect(callback.task().input).toMatchObject({ MessageBody: { token: callback.task().token } });
  });

  it('makes another token of other randomness', () => {
    const tokens = [0.1, 0.2].map((draw) => {
      const run = new Scenario(inOrder({ W: { Type: 'Wait', Seconds: 1 }, T: { Type: 'Task', Resource: ACTIVITY } }));
      run.draws.push(draw, draw, draw, draw);
      run.sleep();
      return run.task().token;
    });
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  it('ignores an answer to an attempt that is over, twice the same answer, and an answer after the end', () => {
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1 }];
    const run = new Scenario(
      inOrder({ T: { Type: 'Task', Resource: LAMBDA, Retry }, W: { Type: 'Wait', Seconds: 1 } }),
    );
    const first = run.task();
    run.fail({ error: 'E' });
    expect(run.fail({ error: 'E' }, first)).toEqual([]);
    run.sleep();
    expect(run.succeed('late', first)).toEqual([]);
    const second = run.task();
    expect(second.attempt).toBe(2);
    run.succeed('good', second);
    expect(run.succeed('again', second)).toEqual([]);
    run.sleep();
    expect(run.state).toMatchObject({ status: 'SUCCEEDED', output: 'good' });
    expect(run.succeed('too late', second)).toEqual([]);
    expect(run.tell({ type: 'StopExecution' })).toEqual([]);
  });

  it('is started and accepted once', () => {
    const run = new Scenario(inOrder({ T: { Type: 'Task', Resource: ACTIVITY } }));
    const { activation, attempt } = run.task();
    expect(run.tell({ type: 'TaskStarted', activation, attempt, worker: 'w' })).toHaveLength(1);
    expect(run.tell({ type: 'TaskStarted', activation, attempt, worker: 'w2' })).toEqual([]);
    expect(run.tell({ type: 'TaskSubmitted', activation, attempt, output: 1 })).toHaveLength(1);
    expect(run.tell({ type: 'TaskSubmitted', activation, attempt, output: 2 })).toEqual([]);
  });

  it('times out', () => {
    const run = new Scenario(inOrder({ T: { Type: 'Task', Resource: LAMBDA, TimeoutSeconds: 3 } }));
    run.sleep();
    expect(run.now).toBe(START + 3 * SECOND);
    expect(run.state.failure).toEqual({ error: 'States.Timeout' });
    expect(run.cancelled).toEqual(['T']);
  });

  it('times out without a heartbeat, and lives on with one', () => {
    const run = new Scenario(inOrder({ T: { Type: 'Task', Resource: ACTIVITY, HeartbeatSeconds: 3 } }));
    const { activation, attempt } = run.task();
    run.now += 2 * SECOND;
    run.tell({ type: 'TaskHeartbeat', activation, attempt });
    run.now += 2 * SECOND;
    expect(run.tell({ type: 'Wake' })).toEqual([]);
    run.sleep();
    expect(run.now).toBe(START + 5 * SECOND);
    expect(run.state.failure).toEqual({ error: 'States.Timeout' });
  });

  it.each([
    ['HeartbeatSeconds', true],
    ['TimeoutSeconds', false],
  ])('lets a rule tell a missing heartbeat from another timeout: %s', (field, caught) => {
    const Catch = [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Late' }];
    const run = new Scenario(
      inOrder({ T: { Type: 'Task', Resource: ACTIVITY, [field]: 3, Catch }, Late: { Type: 'Pass' } }),
    );
    run.sleep();
    expect(run.state.status).toBe(caught ? 'SUCCEEDED' : 'FAILED');
    expect(caught ? run.state.output : run.state.failure).toMatchObject(
      caught ? { Error: 'States.Timeout', Cause: '' } : { error: 'States.Timeout' },
    );
  });

  it('fails on an expression that cannot be evaluated, before it is handed out', () => {
    const run = new Scenario(inOrder({ T: { Type: 'Task', Resource: LAMBDA, InputPath: '$.missing' } }));
    expect(run.effects).toEqual([]);
    expect(run.state.failure?.error).toBe('States.Runtime');
  });
});

describe('the end of an execution', () => {
  it('comes at its time limit, before what would be due later', () => {
    const definition = { TimeoutSeconds: 4, ...inOrder({ W: { Type: 'Wait', Seconds: 9 }, X: { Type: 'Fail' } }) };
    const run = new Scenario(definition);
    run.now = START + 60 * SECOND;
    run.tell({ type: 'Wake' });
    expect(run.state).toMatchObject({ status: 'TIMED_OUT', closedAt: run.now });
    expect(run.types).not.toContain('StateExited');
  });

  it('lets happen first what was due before the time limit', () => {
    const run = new Scenario({ TimeoutSeconds: 4, ...inOrder({ W: { Type: 'Wait', Seconds: 2 } }) });
    run.now = START + 60 * SECOND;
    run.tell({ type: 'Wake' });
    expect(run.state.status).toBe('SUCCEEDED');
  });

  it('withdraws all work when it is stopped', () => {
    const branch = (name: string) => inOrder({ [name]: { Type: 'Task', Resource: LAMBDA } });
    const run = new Scenario(inOrder({ P: { Type: 'Parallel', Branches: [branch('A'), branch('B')] } }));
    run.tell({ type: 'StopExecution', error: 'Enough', cause: 'really' });
    expect(run.state).toMatchObject({ status: 'ABORTED', failure: { error: 'Enough', cause: 'really' } });
    expect(run.cancelled).toEqual(['A', 'B']);
    expect(run.state.activations.size + run.state.tokens.size + run.state.scopes.size).toBe(0);
  });

  it('is told to the execution that waits for it, once', () => {
    const parent = { execution: `${identity.id}0`, activation: 3, attempt: 1, pattern: 'sync:2' } as const;
    const run = new Scenario(inOrder({ T: { Type: 'Task', Resource: LAMBDA } }), {}, { ...identity, parent });
    run.succeed(1);
    run.tell({ type: 'Wake' });
    expect(run.effects.filter(({ type }) => type === 'NotifyParent')).toEqual([{ type: 'NotifyParent', parent }]);
  });
});

describe('a decision', () => {
  it('is bounded: a loop of Pass states hangs nothing, and can be stopped', () => {
    const definition = inOrder({
      A: { Type: 'Pass' },
      B: { Type: 'Choice', Choices: [{ Variable: '$.stop', IsPresent: true, Next: 'C' }], Default: 'A' },
      C: { Type: 'Succeed' },
    });
    const run = new Scenario(definition);
    expect(run.more).toBe(true);
    expect(run.types.filter((type) => type === 'StateEntered')).toHaveLength(1000);
    run.tell({ type: 'Wake' });
    expect(run.types.filter((type) => type === 'StateEntered')).toHaveLength(2000);
    expect(run.more).toBe(true);
    run.tell({ type: 'StopExecution' });
    expect(run).toMatchObject({ more: false, state: { status: 'ABORTED' } });
  });
});
