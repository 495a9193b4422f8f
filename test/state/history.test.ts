import { describe, expect, it } from 'vitest';
import { historyOf } from '../../lib/state/history/history.ts';
import { ACTIVITY, identity, inOrder, LAMBDA, Scenario, START } from '../model/scenario.ts';

const boom = { Type: 'Fail', Error: 'Boom', Cause: 'because' };

describe('the history of an execution', () => {
  it('shows a function with its input and output', () => {
    const run = new Scenario(inOrder({ Work: { Type: 'Task', Resource: LAMBDA, TimeoutSeconds: 5 } }), { a: 1 });
    run.succeed('done');
    const truncated = { truncated: false };
    expect(run.history()).toEqual([
      {
        id: 1,
        previousEventId: 0,
        timestamp: START,
        type: 'ExecutionStarted',
        executionStartedEventDetails: {
          input: '{"a":1}',
          inputDetails: truncated,
          roleArn: identity.workflow.roleArn,
        },
      },
      {
        id: 2,
        previousEventId: 0,
        timestamp: START,
        type: 'TaskStateEntered',
        stateEnteredEventDetails: { name: 'Work', input: '{"a":1}', inputDetails: truncated },
      },
      {
        id: 3,
        previousEventId: 2,
        timestamp: START,
        type: 'LambdaFunctionScheduled',
        lambdaFunctionScheduledEventDetails: {
          resource: LAMBDA,
          input: '{"a":1}',
          inputDetails: truncated,
          timeoutInSeconds: 5,
        },
      },
      { id: 4, previousEventId: 3, timestamp: START, type: 'LambdaFunctionStarted' },
      {
        id: 5,
        previousEventId: 4,
        timestamp: START,
        type: 'LambdaFunctionSucceeded',
        lambdaFunctionSucceededEventDetails: { output: '"done"', outputDetails: truncated },
      },
      {
        id: 6,
        previousEventId: 5,
        timestamp: START,
        type: 'TaskStateExited',
        stateExitedEventDetails: { name: 'Work', output: '"done"', outputDetails: truncated },
      },
      {
        id: 7,
        previousEventId: 6,
        timestamp: START,
        type: 'ExecutionSucceeded',
        executionSucceededEventDetails: { output: '"done"', outputDetails: truncated },
      },
    ]);
  });

  it('shows variables as they were assigned', () => {
    const run = new Scenario(inOrder({ Set: { Type: 'Pass', Assign: { x: 'text', y: [1] } } }));
    expect(run.history()[2]).toMatchObject({
      type: 'PassStateExited',
      stateExitedEventDetails: {
        assignedVariables: { x: '"text"', y: '[1]' },
        assignedVariablesDetails: { truncated: false },
      },
    });
  });

  it('shows an activity from its offer to its worker', () => {
    const run = new Scenario(inOrder({ Pack: { Type: 'Task', Resource: ACTIVITY, HeartbeatSeconds: 9 } }));
    const { activation, attempt } = run.task();
    run.tell({ type: 'TaskStarted', activation, attempt, worker: 'w1' });
    run.fail({ error: 'Broken' });
    expect(run.outline()).toEqual([
      '1<0 ExecutionStarted',
      '2<0 TaskStateEntered',
      '3<2 ActivityScheduled',
      '4<3 ActivityStarted',
      '5<4 ActivityFailed',
      '6<5 ExecutionFailed',
    ]);
    const [, , scheduled, started, failed] = run.history();
    expect(scheduled).toHaveProperty('activityScheduledEventDetails.heartbeatInSeconds', 9);
    expect(started).toHaveProperty('activityStartedEventDetails', { workerName: 'w1' });
    expect(failed).toHaveProperty('activityFailedEventDetails', { error: 'Broken' });
  });

  it('shows a service with its resource, what it accepted and how it ended', () => {
    const Resource = 'arn:aws:states:::states:startExecution.sync:2';
    const Credentials = { RoleArn: 'arn:aws:iam::123456789012:role/other' };
    const Parameters = { StateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:child' };
    const run = new Scenario(inOrder({ Child: { Type: 'Task', Resource, Parameters, Credentials } }));
    const { activation, attempt } = run.task();
    run.tell({ type: 'TaskSubmitted', activation, attempt, output: { ExecutionArn: 'x' } });
    run.succeed({ Status: 'SUCCEEDED' });
    const names = { resourceType: 'states', resource: 'startExecution.sync:2' };
    const [, , scheduled, started, submitted, succeeded] = run.history();
    expect(scheduled?.['taskScheduledEventDetails']).toEqual({
      ...names,
      region: 'eu-west-1',
      parameters: JSON.stringify(Parameters),
      taskCredentials: { roleArn: Credentials.RoleArn },
    });
    expect(started).toMatchObject({ type: 'TaskStarted', taskStartedEventDetails: names });
    expect(submitted).toMatchObject({
      type: 'TaskSubmitted',
      taskSubmittedEventDetails: { ...names, output: '{"ExecutionArn":"x"}' },
    });
    expect(succeeded).toMatchObject({ type: 'TaskSucceeded', taskSucceededEventDetails: names });
  });

  it.each([
    ['notScheduled', LAMBDA, 'LambdaFunctionScheduleFailed'],
    ['notStarted', LAMBDA, 'LambdaFunctionStartFailed'],
    ['notScheduled', ACTIVITY, 'ActivityScheduleFailed'],
    ['notStarted', 'arn:aws:states:::sqs:sendMessage', 'TaskStartFailed'],
    ['notSubmitted', 'arn:aws:states:::sqs:sendMessage', 'TaskSubmitFailed'],
  ] as const)('names an attempt that was %s at %s', (reason, Resource, type) => {
    const Parameters = Resource.includes('sqs') ? { Parameters: { QueueUrl: 'q', MessageBody: 'm' } } : {};
    const run = new Scenario(inOrder({ Work: { Type: 'Task', Resource, ...Parameters } }));
    const { activation, attempt } = run.task();
    run.tell({ type: 'TaskFailed', activation, attempt, reason, error: 'E', cause: 'C' });
    expect(run.history().map((event) => event.type)).toContain(type);
  });

  it('chains the branches of a Parallel each on its own, and goes on from the last', () => {
    const branch = (a: string, b: string) => inOrder({ [a]: { Type: 'Pass' }, [b]: { Type: 'Pass' } });
    const run = new Scenario(inOrder({ P: { Type: 'Parallel', Branches: [branch('A', 'B'), branch('C', 'D')] } }));
    expect(run.outline()).toEqual([
      '1<0 ExecutionStarted',
      '2<0 ParallelStateEntered',
      '3<2 ParallelStateStarted',
      '4<3 PassStateEntered',
      '5<4 PassStateExited',
      '6<3 PassStateEntered',
      '7<6 PassStateExited',
      '8<5 PassStateEntered',
      '9<8 PassStateExited',
      '10<7 PassStateEntered',
      '11<10 PassStateExited',
      '12<11 ParallelStateSucceeded',
      '13<11 ParallelStateExited',
      '14<13 ExecutionSucceeded',
    ]);
  });

  it('starts a retried Parallel again after the failure', () => {
    const Retry = [{ ErrorEquals: ['Boom'], MaxAttempts: 1 }];
    const run = new Scenario(inOrder({ P: { Type: 'Parallel', Branches: [inOrder({ X: boom })], Retry } }));
    run.sleep();
    expect(run.outline().slice(2)).toEqual([
      '3<2 ParallelStateStarted',
      '4<3 FailStateEntered',
      '5<4 ParallelStateStarted',
      '6<5 FailStateEntered',
      '7<6 ParallelStateFailed',
      '8<7 ExecutionFailed',
    ]);
  });

  it('chains each item of a Map to the one before where one runs at a time', () => {
    const ItemProcessor = inOrder({ I: { Type: 'Pass' } });
    const run = new Scenario(inOrder({ M: { Type: 'Map', MaxConcurrency: 1, ItemProcessor } }), [1, 2]);
    expect(run.outline().slice(2)).toEqual([
      '3<2 MapStateStarted',
      '4<3 MapIterationStarted',
      '5<4 PassStateEntered',
      '6<5 PassStateExited',
      '7<6 MapIterationSucceeded',
      '8<6 MapIterationStarted',
      '9<8 PassStateEntered',
      '10<9 PassStateExited',
      '11<10 MapIterationSucceeded',
      '12<11 MapStateSucceeded',
      '13<11 MapStateExited',
      '14<13 ExecutionSucceeded',
    ]);
    expect(run.history()[7]).toHaveProperty('mapIterationStartedEventDetails', { name: 'M', index: 1 });
  });

  it('passes by the failure of an item', () => {
    const ItemProcessor = inOrder({ X: boom });
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'After' }];
    const run = new Scenario(inOrder({ M: { Type: 'Map', ItemProcessor, Catch }, After: { Type: 'Pass' } }), [1]);
    expect(run.outline().slice(2)).toEqual([
      '3<2 MapStateStarted',
      '4<3 MapIterationStarted',
      '5<4 FailStateEntered',
      '6<5 MapIterationFailed',
      '7<5 MapStateFailed',
      '8<7 MapStateExited',
      '9<8 PassStateEntered',
      '10<9 PassStateExited',
      '11<10 ExecutionSucceeded',
    ]);
  });

  it('shows what the failure of one item takes with it', () => {
    const ItemProcessor = inOrder({ Work: { Type: 'Task', Resource: LAMBDA } });
    const run = new Scenario(inOrder({ M: { Type: 'Map', ItemProcessor } }), [1, 2]);
    run.fail({ error: 'Boom' });
    expect(run.outline().slice(11)).toEqual([
      '12<8 LambdaFunctionFailed',
      '13<12 MapIterationFailed',
      '14<12 TaskStateAborted',
      '15<12 MapIterationAborted',
      '16<12 TaskStateAborted',
      '17<12 MapStateFailed',
      '18<17 ExecutionFailed',
    ]);
  });

  it('leaves out everything but the end where States.Runtime ends the execution', () => {
    const wait = inOrder({ W: { Type: 'Wait', Seconds: 9 } });
    const bad = inOrder({ X: { Type: 'Pass', InputPath: '$.missing' } });
    const run = new Scenario(inOrder({ P: { Type: 'Parallel', Branches: [wait, bad] } }));
    expect(run.outline().slice(3)).toEqual(['4<3 WaitStateEntered', '5<3 PassStateEntered', '6<5 ExecutionFailed']);
  });

  it('shows a distributed map as one run', () => {
    const ProcessorConfig = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
    const ItemProcessor = { ...inOrder({ I: { Type: 'Pass' } }), ProcessorConfig };
    const run = new Scenario(inOrder({ 'Big map': { Type: 'Map', ItemProcessor } }), [1, 2]);
    run.launch();
    run.endChild(1);
    run.endChild(0);
    expect(run.outline().slice(2)).toEqual([
      '3<2 MapStateStarted',
      '4<3 MapRunStarted',
      '5<4 MapRunSucceeded',
      '6<5 MapStateSucceeded',
      '7<4 MapStateExited',
      '8<7 ExecutionSucceeded',
    ]);
    expect(run.history()[3]).toHaveProperty(
      'mapRunStartedEventDetails.mapRunArn',
      'arn:aws:states:eu-west-1:123456789012:mapRun:shop/Bigmap:order-1-3',
    );
  });

  it('counts the items of a distributed map whose tolerance is no number', () => {
    const ProcessorConfig = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
    const ItemProcessor = { ...inOrder({ I: { Type: 'Pass' } }), ProcessorConfig };
    const map = { Type: 'Map', ItemsPath: '$.items', ToleratedFailureCountPath: '$.n', ItemProcessor };
    const run = new Scenario(inOrder({ M: map }), { items: [1], n: 'many' });
    expect(run.outline().slice(1)).toEqual(['2<0 MapStateEntered', '3<2 MapStateStarted', '4<3 ExecutionFailed']);
  });

  it('chains a failed evaluation to what came before the state', () => {
    const Output = '{% $missing %}';
    const run = new Scenario({
      QueryLanguage: 'JSONata',
      ...inOrder({ A: { Type: 'Pass' }, B: { Type: 'Pass', Output } }),
    });
    expect(run.outline().slice(3)).toEqual(['4<3 PassStateEntered', '5<3 EvaluationFailed', '6<5 ExecutionFailed']);
    expect(run.history()[4]?.['evaluationFailedEventDetails']).toMatchObject({
      error: 'States.QueryEvaluationError',
      location: 'Output',
      state: 'B',
    });
  });

  it.each([
    ['a stop', (run: Scenario) => run.tell({ type: 'StopExecution', error: 'E' }), 'ExecutionAborted'],
    ['the end of its time', (run: Scenario) => run.sleep(), 'ExecutionTimedOut'],
  ] as const)('lets %s follow on nothing', (_, end, type) => {
    const run = new Scenario({ TimeoutSeconds: 3, ...inOrder({ W: { Type: 'Wait', Seconds: 9 } }) });
    end(run);
    expect(run.outline().slice(1)).toEqual(['2<0 WaitStateEntered', `3<0 ${type}`]);
  });

  it('comes as a stream, and refuses a log without a beginning', () => {
    const run = new Scenario(inOrder({ A: { Type: 'Pass' } }));
    expect([...historyOf(run.plan, run.events)]).toEqual(run.history());
    expect(() => [...historyOf(run.plan, run.events.slice(1))]).toThrow('begins with StateEntered');
  });
});
