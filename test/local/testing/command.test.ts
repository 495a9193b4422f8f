import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/model/json.ts';
import { knhk, temporaryFolder } from '../knhk-process.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  await write('greet.asl.json', greet);
  await write('handlers.mjs', 'export const hello = ({ name }) => ({ text: "Hi, " + name + "!" });');
});

afterAll(() => folder.remove());

async function write(name: string, content: Json): Promise<string> {
  const file = join(folder.path, name);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const greet = {
  StartAt: 'Greet',
  States: {
    Greet: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'hello', 'Payload.$': '$' },
      OutputPath: '$.Payload',
      Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 2, MaxAttempts: 5 }],
      End: true,
    },
  },
};

describe.concurrent('knhk test', () => {
  test('reports case by case, state by state, and the coverage', async () => {
    const file = await write('mixed/greet.test.json', {
      definition: '../greet.asl.json',
      mocks: { Greet: { Return: { Payload: { text: 'Hi' } } } },
      cases: [
        { name: 'greets', expect: { output: { text: 'Hi' }, path: ['Greet'] } },
        { name: 'greets wrongly', expect: { output: { text: 'Ho', more: 1 }, states: { Greet: { calls: 2 } } } },
        { name: 'has no answer', mocks: { Greet: { '1': {} } }, expect: { status: 'FAILED' } },
      ],
    });
    const { code, out } = await knhk('test', file);
    expect(out.split('\n')).toEqual([
      file,
      '  ✓ greets  1 state, 0.00 s of simulated time',
      '  ✗ greets wrongly  1 state, 0.00 s of simulated time',
      '      output.text: expected "Ho", got "Hi"',
      '      output.more: expected 1, got nothing',
      '      states.Greet.calls: expected 2, got 1',
      '      the execution ended as SUCCEEDED',
      '      on the path Greet',
      '  ✗ has no answer',
      '      The mock of state \'Greet\' has no answer to its call number 0 (the first is number 0). Add "0" or "*" to mocks.Greet.',
      'Coverage of greet: 1 of 1 states, 0 of 0 transitions',
      '1 passed, 2 failed',
      '',
    ]);
    expect(code).toBe(2);
  });

  test('finds the files of a folder, calls handlers, and gives JSON', async () => {
    const expected = { name: 'greets', input: { name: 'Ada' }, expect: { output: { text: 'Hi, Ada!' } } };
    await write('suite/deep/greet.test.json', { definition: '../../greet.asl.json', cases: [expected] });
    const args = ['--handlers', join(folder.path, 'handlers.mjs'), '--json'];
    const { code, out } = await knhk('test', join(folder.path, 'suite'), ...args);
    const { files, coverage } = JSON.parse(out);
    expect(files).toMatchObject([{ cases: [{ name: 'greets', passed: true, status: 'SUCCEEDED', path: ['Greet'] }] }]);
    expect(coverage).toEqual({ percent: 100, missing: [] });
    expect(code).toBe(0);
  });

  test('takes the mock configuration of Step Functions Local', async () => {
    await write('local/Greeter.asl.json', greet);
    const file = await write('local/MockConfigFile.json', {
      StateMachines: { Greeter: { TestCases: { Happy: { Greet: 'Good' }, Retry: { Greet: 'Late' } } } },
      MockedResponses: {
        Good: { '0': { Return: { StatusCode: 200, Payload: { text: 'Hi' } } } },
        Late: {
          '0': { Throw: { Error: 'Busy', Cause: 'A moment.' } },
          '1-2': { Throw: { Error: 'Busy', Cause: 'Another.' } },
          '3': { Return: { StatusCode: 200, Payload: { text: 'At last' } } },
        },
      },
    });
    const { code, out } = await knhk('test', file, '--case', 'Greeter#');
    expect(out).toContain('✓ Greeter#Happy  1 state, 0.00 s');
    expect(out).toContain('✓ Greeter#Retry  1 state, 14.0 s');
    expect(code).toBe(0);
    const test = await write('local/more.test.json', {
      definition: 'Greeter.asl.json',
      mockConfig: 'MockConfigFile.json',
      cases: [{ name: 'in the end', testCase: 'Retry', expect: { output: { text: 'At last' }, elapsedSeconds: 14 } }],
    });
    expect(await knhk('test', test)).toMatchObject({ code: 0 });
  });

  test('fails where coverage is too low', async () => {
    const states = {
      Sort: { Type: 'Choice', Choices: [{ Variable: '$.a', IsPresent: true, Next: 'A' }], Default: 'B' },
      A: { Type: 'Succeed' },
      B: { Type: 'Succeed' },
    };
    await write('sort/sort.asl.json', { StartAt: 'Sort', States: states });
    const file = await write('sort/sort.test.json', { cases: [{ name: 'b', expect: { path: ['Sort', 'B'] } }] });
    const { code, out } = await knhk('test', file, '--min-coverage', '80');
    expect(out).toContain(
      'Coverage of sort: 2 of 3 states, 1 of 2 transitions\n  never entered: A\n  never taken: Sort Choices[0] → A\n',
    );
    expect(out).toContain('Coverage is 60.0 %, and must be 80 % at least.');
    expect(code).toBe(2);
  });

  test('says what is wrong with a test file', async () => {
    const file = await write('wrong.test.json', { cases: [{ name: 'x', expect: { state: 'FAILED' } }] });
    const { code, err } = await knhk('test', file);
    expect(err).toContain('is no test file');
    expect(err).toContain('cases[0].expect');
    expect(code).toBe(1);
    expect(await knhk('test', join(folder.path, 'nowhere.test.json'))).toMatchObject({ code: 3 });
  });
});

describe('knhk record', () => {
  test('makes a test of a history that AWS gives', async () => {
    const history = await write('greet.history.json', { events: awsHistory });
    const { out, code } = await knhk('record', history, '--definition', 'greet.asl.json');
    expect(code).toBe(0);
    const recorded = JSON.parse(out);
    expect(recorded).toMatchObject({
      definition: 'greet.asl.json',
      cases: [
        {
          startTime: '2026-05-01T10:00:00.000Z',
          input: { name: 'Ada' },
          mocks: {
            Greet: {
              '0': { Throw: { Error: 'Busy', Cause: 'A moment.' }, AfterSeconds: 1.5 },
              '1': { Return: { Payload: { text: 'Hi' } }, AfterSeconds: 0.5 },
            },
          },
          expect: { status: 'SUCCEEDED', output: { text: 'Hi' }, path: ['Greet'] },
        },
      ],
    });
    const test = await write('recorded.test.json', out);
    expect(await knhk('test', test)).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(test, 'utf8'))).toEqual(recorded);
  });
});

const service = { resourceType: 'lambda', resource: 'invoke' };
const awsHistory = [
  event(1, 0, 0, 'ExecutionStarted', { executionStartedEventDetails: { input: '{"name":"Ada"}' } }),
  event(2, 0, 0, 'TaskStateEntered', { stateEnteredEventDetails: { name: 'Greet', input: '{"name":"Ada"}' } }),
  event(3, 2, 0, 'TaskScheduled', { taskScheduledEventDetails: { ...service, parameters: '{}' } }),
  event(4, 3, 0.1, 'TaskStarted', { taskStartedEventDetails: service }),
  event(5, 4, 1.5, 'TaskFailed', { taskFailedEventDetails: { ...service, error: 'Busy', cause: 'A moment.' } }),
  event(6, 5, 3.5, 'TaskScheduled', { taskScheduledEventDetails: { ...service, parameters: '{}' } }),
  event(7, 6, 3.6, 'TaskStarted', { taskStartedEventDetails: service }),
  event(8, 7, 4, 'TaskSucceeded', {
    taskSucceededEventDetails: { ...service, output: '{"Payload":{"text":"Hi"}}' },
  }),
  event(9, 8, 4, 'TaskStateExited', { stateExitedEventDetails: { name: 'Greet', output: '{"text":"Hi"}' } }),
  event(10, 9, 4, 'ExecutionSucceeded', { executionSucceededEventDetails: { output: '{"text":"Hi"}' } }),
];

function event(id: number, previousEventId: number, after: number, type: string, details: Json): Json {
  const timestamp = Date.parse('2026-05-01T12:00:00+02:00') / 1000 + after;
  return { timestamp, type, id, previousEventId, ...(details as object) };
}
