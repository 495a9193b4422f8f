import { fileURLToPath } from 'node:url';
import { TaskFailure, TestError, testWorkflow } from 'knhk/testing';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/model/json.ts';

function task(fields: Readonly<Record<string, Json>> = { End: true }, name = 'work'): Json {
  return { Type: 'Task', Resource: `arn:aws:lambda:us-east-1:000000000000:function:${name}`, ...fields };
}

function single(fields?: Readonly<Record<string, Json>>): Json {
  return { StartAt: 'Work', States: { Work: task(fields) } };
}

const callback = {
  StartAt: 'Ask',
  States: {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      Parameters: { QueueUrl: 'q', MessageBody: { 'token.$': '$$.Task.Token' } },
      HeartbeatSeconds: 60,
      TimeoutSeconds: 600,
      End: true,
    },
  },
};

describe('time', () => {
  test('of a year passes at once, and counts', async () => {
    const states = { Pause: { Type: 'Wait', Seconds: 31_536_000, Next: 'Now' }, Now: clockState };
    const began = performance.now();
    const run = await testWorkflow(
      { QueryLanguage: 'JSONata', StartAt: 'Pause', States: states },
      { startTime: '2027-03-01T12:00:00Z' },
    );
    expect(run.output).toBe('2028-02-29T12:00:00.000Z');
    expect(run.elapsedSeconds).toBe(31_536_000);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('passes between retries as the back-off says', async () => {
    const Retry = [{ ErrorEquals: ['Busy'], IntervalSeconds: 10, BackoffRate: 3, MaxAttempts: 3 }];
    const mocks = { Work: { '0-2': { Throw: { Error: 'Busy', Cause: 'Later.' } }, '3': { Return: 'done' } } };
    const run = await testWorkflow(single({ Retry, End: true }), { mocks });
    expect(run.calls('Work').map(({ at, attempt, error }) => [at, attempt, error])).toEqual([
      [0, 1, 'Busy'],
      [10, 2, 'Busy'],
      [40, 3, 'Busy'],
      [130, 4, undefined],
    ]);
    expect(run.visits('Work')).toMatchObject([{ end: 'succeeded', retries: 3, output: 'done' }]);
  });

  test('of an answer that comes too late ends in a timeout', async () => {
    const definition = single({ TimeoutSeconds: 30, End: true });
    const late = await testWorkflow(definition, { mocks: { Work: { Return: 1, AfterSeconds: 31 } } });
    expect(late).toMatchObject({ status: 'FAILED', error: 'States.Timeout', elapsedSeconds: 30 });
    const inTime = await testWorkflow(definition, { mocks: { Work: { Return: 1, AfterSeconds: 29 } } });
    expect(inTime).toMatchObject({ status: 'SUCCEEDED', output: 1, elapsedSeconds: 29 });
  });

  test('stands still while a mock really works', async () => {
    const work = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return 'slow';
    };
    const run = await testWorkflow(single({ TimeoutSeconds: 1, End: true }), { mocks: { Work: work } });
    expect(run).toMatchObject({ output: 'slow', elapsedSeconds: 0 });
  });

  test('that never comes leaves the execution open', async () => {
    const run = await testWorkflow(single(), { mocks: { Work: { Never: true } } });
    expect(run.status).toBe('RUNNING');
    expect(run.waitsIn).toEqual(['Work']);
  });
});

const clockState = { Type: 'Pass', Output: '{% $states.context.State.EnteredTime %}', End: true };

describe('mocks', () => {
  test('are functions of what the task is called with', async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'Each',
      States: {
        Each: {
          Type: 'Map',
          Items: '{% [1..3] %}',
          ItemProcessor: { StartAt: 'Square', States: { Square: task() } },
          End: true,
        },
      },
    };
    const run = await testWorkflow(definition, { mocks: { Square: (n: number) => n * n } });
    expect(run.output).toEqual([1, 4, 9]);
    expect(run.visits('Square').map(({ within }) => within)).toEqual([['Each[0]'], ['Each[1]'], ['Each[2]']]);
  });

  test('may choose by the input, and count for each rule', async () => {
    const definition = {
      StartAt: 'Each',
      States: {
        Each: {
          Type: 'Map',
          ItemProcessor: {
            StartAt: 'Ship',
            States: { Ship: task({ Retry: [{ ErrorEquals: ['Busy'] }], End: true }) },
          },
          End: true,
        },
      },
    };
    const mocks = {
      Ship: [
        { When: { sku: 'lamp' }, Then: { '0': { Throw: { Error: 'Busy' } }, '*': { Return: 'lamp' } } },
        { Then: { Return: 'other' } },
      ],
    };
    const run = await testWorkflow(definition, { input: [{ sku: 'bulb' }, { sku: 'lamp', n: 1 }], mocks });
    expect(run.output).toEqual(['other', 'lamp']);
  });

  test('throw named errors with a cause, or any error as a function does', async () => {
    const named = await testWorkflow(single(), {
      mocks: {
        Work: () => {
          throw new TaskFailure('Declined', 'No money.');
        },
      },
    });
    expect(named).toMatchObject({ status: 'FAILED', error: 'Declined', cause: 'No money.' });
    const any = await testWorkflow(single(), {
      mocks: {
        Work: () => {
          throw new RangeError('Too much.');
        },
      },
    });
    expect(any.error).toBe('RangeError');
    expect(JSON.parse(any.cause ?? '')).toEqual({ errorType: 'RangeError', errorMessage: 'Too much.' });
  });

  test('call back with heartbeats in between, or let them stop', async () => {
    const alive = { Return: { yes: true }, AfterSeconds: 300, HeartbeatSeconds: 50 };
    const answered = await testWorkflow(callback, { mocks: { Ask: alive } });
    expect(answered).toMatchObject({ status: 'SUCCEEDED', output: { yes: true }, elapsedSeconds: 300 });
    expect(answered.history.map(({ type }) => type)).toContain('TaskSubmitted');
    const silent = await testWorkflow(callback, { mocks: { Ask: { Return: 1, AfterSeconds: 300 } } });
    expect(silent).toMatchObject({ status: 'FAILED', error: 'States.Timeout', elapsedSeconds: 60 });
  });

  test('call back from code', async () => {
    const tokens: (string | undefined)[] = [];
    const run = await testWorkflow(callback, {
      mocks: {
        Ask: async (input, call) => {
          tokens.push(call.token, input.MessageBody.token);
          await call.wait(40);
          await call.heartbeat();
          await call.wait(40);
          return { at: call.now };
        },
      },
    });
    expect(tokens[0]).toBe(tokens[1]);
    expect(run).toMatchObject({ status: 'SUCCEEDED', elapsedSeconds: 80 });
  });

  test('work as the worker of an activity', async () => {
    const Resource = 'arn:aws:states:us-east-1:000000000000:activity:inspect';
    const definition = { StartAt: 'Inspect', States: { Inspect: { Type: 'Task', Resource, End: true } } };
    const run = await testWorkflow(definition, { mocks: { Inspect: { Return: 'fine', AfterSeconds: 3_600 } } });
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: 'fine', elapsedSeconds: 3_600 });
    expect(run.history.map(({ type }) => type)).toContain('ActivityStarted');
  });

  test('that are missing, or too few, end the test and name the state, even where everything is caught', async () => {
    const definition = {
      StartAt: 'Work',
      States: {
        Work: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rescue' }], End: true }),
        Rescue: { Type: 'Pass', End: true },
      },
    };
    await expect(testWorkflow(definition)).rejects.toThrow(/State 'Work' calls .*function:work with \{\}/);
    const Retry = [{ ErrorEquals: ['Busy'] }];
    const mocks = { Work: { '0': { Throw: { Error: 'Busy' } } } };
    await expect(testWorkflow(single({ Retry, End: true }), { mocks })).rejects.toThrow(/call number 1/);
    await expect(testWorkflow(single(), { mocks: { Work: [{ When: { a: 1 }, Then: {} }] } })).rejects.toThrow(
      /No rule of the mock of state 'Work'/,
    );
  });

  test('that are no mocks are refused', async () => {
    const wrong = JSON.parse('{ "Work": { "Result": 1 } }');
    await expect(testWorkflow(single(), { mocks: wrong })).rejects.toThrow(/mocks.Work is no answer of a task/);
    await expect(testWorkflow(single(), { mocks: { Wrok: {} } })).rejects.toThrow(/mocks.Wrok is for no state/);
  });

  test('may be left out for functions that handlers carry out', async () => {
    const run = await testWorkflow(single(), { input: { n: 20 }, handlers: { work: ({ n }) => n + 1 } });
    expect(run.output).toBe(21);
    const caught = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }], Next: 'Done' };
    const definition = { StartAt: 'Work', States: { Work: task(caught), Done: { Type: 'Succeed' } } };
    await expect(testWorkflow(definition, { handlers: { other: () => 1 } })).rejects.toThrow(
      /add mocks.Work, or a handler named 'work'/,
    );
  });
});

describe('the run', () => {
  test('is the same for the same seed, and another for another', async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'Draw',
      States: { Draw: { Type: 'Pass', Output: '{% [$uuid(), $random()] %}', End: true } },
    };
    const [one, again, other] = await Promise.all([1, 1, 2].map((seed) => testWorkflow(definition, { seed })));
    expect(one?.output).toEqual(again?.output);
    expect(one?.output).not.toEqual(other?.output);
    expect(one?.history).toEqual(again?.history);
  });

  test('includes children whose definition is given', async () => {
    const parent = {
      StartAt: 'Child',
      States: {
        Child: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Parameters: { StateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:child', Input: { n: 2 } },
          OutputPath: '$.Output',
          End: true,
        },
      },
    };
    const workflows = { child: single() };
    const run = await testWorkflow(parent, { workflows, mocks: { 'child/Work': ({ n }: { n: number }) => n * 10 } });
    expect(run.output).toBe(20);
    expect(run.path).toEqual(['Child']);
    expect(run.children).toMatchObject([{ workflow: 'child', status: 'SUCCEEDED', input: { n: 2 }, output: 20 }]);
    expect(run.visits('Work')).toMatchObject([{ workflow: 'child', input: { n: 2 } }]);
    const mocked = await testWorkflow(parent, { mocks: { Child: { Return: { Output: 5 } } } });
    expect(mocked.output).toBe(5);
    await expect(testWorkflow(parent)).rejects.toThrow(/definition of the child among the workflows/);
  });

  test('knows which rule of a Choice and which catcher was followed, also if all lead to the same state', async () => {
    const definition = {
      StartAt: 'Sort',
      States: {
        Sort: {
          Type: 'Choice',
          Choices: [
            { Variable: '$.n', NumericLessThan: 0, Next: 'Work' },
            { Variable: '$.n', NumericGreaterThan: 10, Next: 'Work' },
          ],
          Default: 'Work',
        },
        Work: task({
          Catch: [
            { ErrorEquals: ['A'], Next: 'Done' },
            { ErrorEquals: ['States.ALL'], Next: 'Done' },
          ],
          Next: 'Done',
        }),
        Done: { Type: 'Succeed' },
      },
    };
    const run = await testWorkflow(definition, { input: { n: 11 }, mocks: { Work: { Throw: { Error: 'B' } } } });
    expect(run.path).toEqual(['Sort', 'Work', 'Done']);
    expect(run.coverage.missing.map(({ transition }) => transition)).toEqual([
      'Choices[0] → Work',
      'Default → Work',
      'Next → Done',
      'Catch[0] (A) → Done',
    ]);
  });

  test('gives the variables of the top level', async () => {
    const states = {
      A: { Type: 'Pass', Assign: { x: 1, y: 1 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { y: 2 }, End: true },
    };
    const run = await testWorkflow({ StartAt: 'A', States: states });
    expect(run.variables).toEqual({ x: 1, y: 2 });
  });

  test('of a workflow that goes in a circle is given up', async () => {
    const again = { Type: 'Choice', Choices: [{ Variable: '$.end', IsPresent: true, Next: 'C' }], Default: 'A' };
    const states = (A: Json) => ({ StartAt: 'A', States: { A, B: again, C: { Type: 'Succeed' } } });
    const busy = states({ Type: 'Pass', Next: 'B' });
    await expect(testWorkflow(busy, { maxEvents: 2_000 })).rejects.toThrow(/in a circle/);
    const patient = states({ Type: 'Wait', Seconds: 60, Next: 'B' });
    await expect(testWorkflow(patient, { maxEvents: 500 })).rejects.toBeInstanceOf(TestError);
  });

  test('of an invalid definition is refused with the reason', async () => {
    const definition = { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'Nowhere' } } };
    await expect(testWorkflow(definition)).rejects.toThrow(/definition of 'workflow' is refused.*Nowhere/s);
  });
});

describe('expect', () => {
  test('says nothing of what is as expected', async () => {
    const run = await testWorkflow(single(), { input: { a: 1 }, mocks: { Work: { Return: { b: [1, 2], c: 3 } } } });
    run.expect({
      status: 'SUCCEEDED',
      output: { c: 3, b: [1, 2] },
      outputContains: { c: 3 },
      path: ['Work'],
      pathContains: ['Work'],
      elapsedSeconds: 0,
      states: {
        Work: { entered: 1, input: { a: 1 }, calls: [{ a: 1 }], output: { b: [1, 2], c: 3 } },
      },
    });
  });

  test('names every difference by its path', async () => {
    const run = await testWorkflow(single(), {
      input: { a: 1 },
      mocks: { Work: { Throw: { Error: 'Broken', Cause: 'It fell.' } } },
    });
    const failed = () =>
      run.expect({
        status: 'SUCCEEDED',
        output: 1,
        causeMatches: '^It flew',
        path: ['Work', 'Done'],
        elapsedSeconds: { min: 5 },
        states: { Work: { inputContains: { a: 2 }, calls: 2 }, Wrok: { entered: 0 } },
        variables: { x: 1 },
      });
    expect(failed).toThrow(
      [
        'The execution is not as expected:',
        '  status: expected "SUCCEEDED", got "FAILED"',
        '  output: expected 1, got nothing',
        '  cause: expected "/^It flew/", got "It fell."',
        '  path: expected "Work → Done", got "Work"',
        '  states.Work.input.a: expected 2, got 1',
        '  states.Work.calls: expected 2, got 1',
        '  states.Wrok: expected "a state of the definition", got nothing',
        '  elapsedSeconds: expected "at least 5", got 0',
        '  variables.x: expected 1, got nothing',
        '  the execution ended as FAILED: Broken: It fell.',
      ].join('\n'),
    );
  });
});

test('a definition is a document, its text, its path or its URL', async () => {
  const definition = { StartAt: 'A', States: { A: { Type: 'Pass', Result: 1, End: true } } };
  const file = new URL('../../../examples/hello.asl.json', import.meta.url);
  for (const source of [definition, JSON.stringify(definition)]) {
    expect((await testWorkflow(source)).output).toBe(1);
  }
  for (const source of [file, fileURLToPath(file)]) {
    const run = await testWorkflow(source, { input: { name: 'you' } });
    expect(run.output).toEqual({ greeting: 'Hello, you!' });
    expect(run.execution).toBe('arn:aws:states:us-east-1:000000000000:execution:hello:test');
  }
});
