import { type InspectionData, TestStateCommand, type TestStateInput } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLE, type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  const handlers = {
    greet: (event: unknown) => ({ hello: event }),
    refuse: () => {
      throw new RangeError('too far');
    },
    sleep: () => new Promise(() => {}),
  };
  api = await startApi({ handlers });
});
afterAll(() => api.close());

interface Tried extends Omit<TestStateInput, 'definition' | 'input'> {
  readonly input?: unknown;
}

async function tryState(definition: object, { input = {}, ...options }: Tried = {}) {
  const request = { inspectionLevel: 'TRACE', ...options } as const;
  const { $metadata, output, inspectionData, ...rest } = await api.client.send(
    new TestStateCommand({ definition: JSON.stringify(definition), input: JSON.stringify(input), ...request }),
  );
  return {
    ...rest,
    ...(output === undefined ? {} : { output: JSON.parse(output) }),
    ...(inspectionData === undefined ? {} : { data: readable(inspectionData) }),
  };
}

function readable(data: InspectionData): object {
  return Object.fromEntries(
    Object.entries(data).map(([step, value]) => [step, typeof value === 'string' ? JSON.parse(value) : value]),
  );
}

const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true };
const call = (FunctionName: string) => ({ ...task, Parameters: { FunctionName, 'Payload.$': '$' } });
const result = (value: unknown) => ({ result: JSON.stringify(value) });
const inline = { StartAt: 'Inside', States: { Inside: { Type: 'Pass', End: true } } };
const distributed = { ...inline, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } };

describe('what is shown of a state', () => {
  const input = { order: { id: 7, total: 12 } };

  it('shows each step of a Pass', async () => {
    const state = {
      Type: 'Pass',
      InputPath: '$.order',
      Parameters: { 'number.$': '$.id' },
      ResultPath: '$.made',
      OutputPath: '$.made',
      Next: 'Later',
    };
    expect(await tryState(state, { input })).toEqual({
      status: 'SUCCEEDED',
      nextState: 'Later',
      output: { number: 7 },
      data: {
        input,
        afterInputPath: input.order,
        afterParameters: { number: 7 },
        afterResultSelector: { number: 7 },
        afterResultPath: { ...input, made: { number: 7 } },
      },
    });
  });

  it('shows the result of a Pass, and not the filters that it passes by', async () => {
    const state = { Type: 'Pass', InputPath: '$.order', Result: [1], ResultPath: '$.list', End: true };
    const after = { ...input, list: [1] };
    expect(await tryState(state, { input })).toEqual({
      status: 'SUCCEEDED',
      output: after,
      data: { input, result: [1], afterResultSelector: [1], afterResultPath: after },
    });
  });

  it.each([
    ['Succeed', { Type: 'Succeed', InputPath: '$.order' }, { status: 'SUCCEEDED', output: input.order }],
    [
      'Wait',
      { Type: 'Wait', Seconds: 200, InputPath: '$.order', Next: 'Go' },
      { status: 'SUCCEEDED', output: input.order, nextState: 'Go' },
    ],
    [
      'Choice',
      {
        Type: 'Choice',
        InputPath: '$.order',
        Choices: [{ Variable: '$.total', NumericGreaterThan: 10, Next: 'Dear' }],
        Default: 'Cheap',
      },
      { status: 'SUCCEEDED', output: input.order, nextState: 'Dear' },
    ],
  ])('shows what a %s lets in', async (_type, state, outcome) => {
    expect(await tryState(state, { input })).toEqual({ ...outcome, data: { input, afterInputPath: input.order } });
  });

  it('shows a Fail with its words, and nothing of it below DEBUG', async () => {
    const state = { Type: 'Fail', Error: 'Refused', Cause: 'No.' };
    const failed = { status: 'FAILED', error: 'Refused', cause: 'No.' };
    expect(await tryState(state, { input })).toEqual({ ...failed, data: { input, afterInputPath: input } });
    expect(await tryState(state, { input, inspectionLevel: 'INFO' })).toEqual(failed);
  });

  it('shows arguments and result of a task in JSONata, and the variables as it leaves them', async () => {
    const state = {
      ...task,
      QueryLanguage: 'JSONata',
      Arguments: { FunctionName: '{% $name %}' },
      Assign: { count: '{% $count + 1 %}' },
      Output: '{% $states.result.Payload %}',
    };
    const test = await tryState(state, { variables: '{"name":"greet","count":1}', mock: result({ Payload: 'hi' }) });
    expect(test).toEqual({
      status: 'SUCCEEDED',
      output: 'hi',
      data: {
        input: {},
        afterArguments: { FunctionName: 'greet' },
        result: { Payload: 'hi' },
        variables: { name: 'greet', count: 2 },
      },
    });
  });

  it('keeps the text of what a state does not touch', async () => {
    const definition = JSON.stringify({ Type: 'Succeed' });
    const { output } = await api.client.send(new TestStateCommand({ definition, input: '{ "a" : [ 1 ] }' }));
    expect(output).toBe('{ "a" : [ 1 ] }');
  });

  it('says which expression could not be evaluated, and what was before it', async () => {
    const test = await tryState(
      { Type: 'Pass', InputPath: '$.order', Parameters: { 'x.$': '$.none' }, End: true },
      { input },
    );
    expect(test).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: expect.stringContaining("'$.none'"),
      data: { input, afterInputPath: input.order },
    });
  });
});

describe('the state of a whole definition', () => {
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Each',
    States: {
      Each: { Type: 'Map', ItemProcessor: inline, Next: 'Sum' },
      Sum: { Type: 'Pass', Output: '{% $sum($states.input) %}', End: true },
    },
  };

  it('is found by its name, in its query language', async () => {
    const test = await tryState(definition, { stateName: 'Sum', input: [1, 2] });
    expect(test).toEqual({ status: 'SUCCEEDED', output: 3, data: { input: [1, 2] } });
  });

  it('is found inside a Map', async () => {
    const test = await tryState(definition, { stateName: 'Inside', input: 5, inspectionLevel: 'INFO' });
    expect(test).toEqual({ status: 'SUCCEEDED', output: 5 });
  });

  it('is not found under another name', async () => {
    const refused = { name: 'ValidationException', message: 'State not found in definition' };
    await expect(tryState(definition, { stateName: 'Product' })).rejects.toMatchObject(refused);
  });
});

describe('a call without a mock', () => {
  it('calls the function', async () => {
    const test = await tryState(
      { ...call('greet'), ResultSelector: { 'said.$': '$.Payload' } },
      { roleArn: ROLE, input: 1 },
    );
    expect(test).toMatchObject({
      status: 'SUCCEEDED',
      output: { said: { hello: 1 } },
      data: {
        afterParameters: { FunctionName: 'greet', Payload: 1 },
        result: { Payload: { hello: 1 }, StatusCode: 200 },
      },
    });
  });

  it('hands the error of the function to the retrier, or to the catcher', async () => {
    const Retry = [{ ErrorEquals: ['States.Timeout'] }, { ErrorEquals: ['RangeError'], IntervalSeconds: 7 }];
    expect(await tryState({ ...call('refuse'), Retry }, { roleArn: ROLE })).toMatchObject({
      status: 'RETRIABLE',
      error: 'RangeError',
      data: { errorDetails: { retryIndex: 1, retryBackoffIntervalSeconds: 7 } },
    });
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Mend', ResultPath: '$.why' }];
    const caught = await tryState({ ...call('refuse'), Catch }, { roleArn: ROLE, input: { a: 1 } });
    expect(caught).toMatchObject({
      status: 'CAUGHT_ERROR',
      nextState: 'Mend',
      error: 'RangeError',
      output: { a: 1, why: { Error: 'RangeError' } },
      data: { errorDetails: { catchIndex: 0 } },
    });
    expect(caught.data).not.toHaveProperty('afterResultPath');
  });

  it('ends with the timeout of the state', async () => {
    const test = await tryState({ ...call('sleep'), TimeoutSeconds: 1 }, { roleArn: ROLE, inspectionLevel: 'INFO' });
    expect(test).toEqual({ status: 'FAILED', error: 'States.Timeout' });
  });
});

describe('mocked errors', () => {
  const Retry = [{ ErrorEquals: ['Busy'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 30, MaxAttempts: 4 }];
  const mock = { errorOutput: { error: 'Busy', cause: 'Later.' } };

  it.each([
    [0, 2],
    [1, 6],
    [2, 18],
    [3, 30],
  ])('after %i retries wait %i s for the next', async (retrierRetryCount, seconds) => {
    const test = await tryState({ ...call('x'), Retry }, { mock, stateConfiguration: { retrierRetryCount } });
    expect(test).toMatchObject({
      status: 'RETRIABLE',
      data: { errorDetails: { retryIndex: 0, retryBackoffIntervalSeconds: seconds } },
    });
  });

  it('fail the state when its retries are used up', async () => {
    const test = await tryState({ ...call('x'), Retry }, { mock, stateConfiguration: { retrierRetryCount: 4 } });
    expect(test).toMatchObject({
      status: 'FAILED',
      error: 'Busy',
      cause: 'Later.',
      data: { errorDetails: { retryIndex: 0 } },
    });
  });

  it('reach the catcher as they would', async () => {
    const Catch = [
      { ErrorEquals: ['Other'], Next: 'A' },
      { ErrorEquals: ['States.TaskFailed'], Output: '{% $states.errorOutput.Cause %}', Next: 'B' },
    ];
    const state = { ...task, QueryLanguage: 'JSONata', Arguments: {}, Catch };
    expect(await tryState(state, { mock })).toEqual({
      status: 'CAUGHT_ERROR',
      nextState: 'B',
      error: 'Busy',
      cause: 'Later.',
      output: 'Later.',
      data: { input: {}, afterArguments: {}, errorDetails: { catchIndex: 1 } },
    });
  });
});

describe('the context object', () => {
  const state = { ...task, QueryLanguage: 'JSONata', Arguments: {}, Output: '{% $states.context %}' };

  it('is that of an execution without a redrive', async () => {
    const test = await tryState(state, { mock: result({}), input: 3, inspectionLevel: 'INFO' });
    expect(test.output).toEqual({
      Execution: {
        Id: expect.stringMatching(/^arn:aws:states:.*:express:/),
        Input: 3,
        Name: expect.any(String),
        RoleArn: null,
        StartTime: expect.any(String),
      },
      StateMachine: { Id: expect.stringContaining(':stateMachine:'), Name: expect.any(String) },
      State: { Name: 'StateName', EnteredTime: expect.any(String), RetryCount: 0 },
    });
  });

  it('is what the test says, as a whole', async () => {
    const context = { Task: { Token: 'abc' } };
    const test = await tryState(state, { mock: result({}), context: JSON.stringify(context) });
    expect(test.output).toEqual(context);
  });
});

describe('mocks of Parallel and Map', () => {
  it('are the result of a Parallel', async () => {
    const state = { Type: 'Parallel', Branches: [inline], ResultSelector: { 'first.$': '$[0]' }, End: true };
    expect(await tryState(state, { mock: result([1]) })).toEqual({
      status: 'SUCCEEDED',
      output: { first: 1 },
      data: { input: {}, afterResultSelector: { first: 1 }, afterResultPath: { first: 1 } },
    });
  });

  it('show what a Map makes of its items', async () => {
    const state = {
      Type: 'Map',
      ItemsPath: '$.numbers',
      ItemSelector: { 'n.$': '$$.Map.Item.Value', 'at.$': '$$.Map.Item.Index' },
      ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { of: 'three' } },
      MaxConcurrency: 5,
      ToleratedFailurePercentage: 40,
      ItemProcessor: distributed,
      End: true,
    };
    const numbers = [4, 5, 6];
    const items = numbers.map((n, at) => ({ n, at }));
    const batch = (...Items: readonly unknown[]) => ({ BatchInput: { of: 'three' }, Items });
    expect(await tryState(state, { mock: result(['done']), input: { numbers } })).toMatchObject({
      status: 'SUCCEEDED',
      output: ['done'],
      data: {
        afterItemsPath: numbers,
        afterItemSelector: items,
        afterItemBatcher: [batch(items[0], items[1]), batch(items[2])],
        maxConcurrency: 5,
        toleratedFailurePercentage: 40,
      },
    });
  });

  const failing = { Type: 'Map', ItemProcessor: distributed, ToleratedFailureCount: 1, End: true };

  it.each([
    [1, { status: 'SUCCEEDED' }],
    [2, { status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' }],
  ])('tolerate as many failures as the Map does: %i of one', async (mapIterationFailureCount, outcome) => {
    const options = { mock: result([1]), input: [1, 2, 3], stateConfiguration: { mapIterationFailureCount } };
    expect(await tryState(failing, options)).toMatchObject({ ...outcome, data: { toleratedFailureCount: 1 } });
  });

  it.each([
    [{ error: 'Broken', cause: 'Item 2.' }, 'The specified tolerated failure threshold was exceeded'],
    [{ error: 'States.ExceedToleratedFailureThreshold', cause: 'My words.' }, 'My words.'],
  ])('take the mocked error %o for that of an item, or of the Map', async (errorOutput, cause) => {
    const stateConfiguration = { mapIterationFailureCount: 2, errorCausedByState: 'Inside' };
    const Catch = [{ ErrorEquals: ['States.ExceedToleratedFailureThreshold'], Next: 'Mend' }];
    const test = await tryState({ ...failing, Catch }, { mock: { errorOutput }, input: [1, 2], stateConfiguration });
    expect(test).toMatchObject({ status: 'CAUGHT_ERROR', nextState: 'Mend', cause });
  });

  it.each([
    ['JSON', { ItemsPointer: '/rows' }, '{"rows":[{"a":"1"},{"a":"2"}]}'],
    ['JSONL', {}, '{"a":"1"}\n{"a":"2"}\n'],
    ['CSV', { CSVHeaderLocation: 'FIRST_ROW' }, 'a\n1\n2\n'],
    ['CSV', { CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a'], CSVDelimiter: 'PIPE' }, '1|x\n2|y\n'],
  ])('read items from what the test says is in the file: %s %o', async (InputType, config, mapItemReaderData) => {
    const state = {
      Type: 'Map',
      QueryLanguage: 'JSONata',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType, ...config },
        Arguments: { Bucket: 'orders', Key: 'today' },
      },
      ItemSelector: { a: '{% $states.context.Map.Item.Value.a %}' },
      ItemProcessor: distributed,
      End: true,
    };
    const test = await tryState(state, { mock: result([]), stateConfiguration: { mapItemReaderData } });
    expect(test).toMatchObject({ status: 'SUCCEEDED', data: { afterItemSelector: [{ a: '1' }, { a: '2' }] } });
  });
});

describe('tests that are refused', () => {
  const map = { Type: 'Map', ItemProcessor: inline, End: true };
  const mock = result([]);
  it.each<[string, object, Tried, string, RegExp]>([
    ['a Map without a mock', map, {}, 'InvalidDefinition', /Map or Parallel/],
    [
      'a callback without a mock',
      { ...task, Resource: `${task.Resource}.waitForTaskToken` },
      { roleArn: ROLE },
      'InvalidDefinition',
      /waitForTaskToken/,
    ],
    ['a call without a role', call('x'), {}, 'ValidationException', /^RoleArn must be specified/],
    [
      'a mock for a Pass',
      { Type: 'Pass', End: true },
      { mock },
      'ValidationException',
      /'Pass' is not supported when a mock/,
    ],
    [
      'two mocks at once',
      call('x'),
      { mock: { ...mock, errorOutput: { error: 'E' } } },
      'ValidationException',
      /only one of/,
    ],
    ['a mock that is empty', call('x'), { mock: {} }, 'ValidationException', /one of the following/],
    ['a mock that is no JSON', call('x'), { mock: { result: '{' } }, 'ValidationException', /must be valid JSON/],
    ['an object for the items of a Map', map, { mock: result({}) }, 'ValidationException', /JSON array/],
    [
      'a list for what a Map has written',
      {
        ...map,
        ItemProcessor: distributed,
        ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'b' } },
      },
      { mock },
      'ValidationException',
      /JSON object/,
    ],
    [
      'more failed items than items',
      map,
      { mock, input: [1], stateConfiguration: { mapIterationFailureCount: 2 } },
      'ValidationException',
      /number of items: 1/,
    ],
    [
      'an error from a state that is not inside',
      map,
      { mock, stateConfiguration: { errorCausedByState: 'Elsewhere' } },
      'ValidationException',
      /'Elsewhere'/,
    ],
    [
      'retries without a mock',
      call('x'),
      { roleArn: ROLE, stateConfiguration: { retrierRetryCount: 1 } },
      'ValidationException',
      /mock/,
    ],
    ['a context without a mock', call('x'), { roleArn: ROLE, context: '{}' }, 'ValidationException', /mock/],
    ['secrets of a mock', call('x'), { mock: result({}), revealSecrets: true }, 'ValidationException', /RevealSecrets/],
    ['variables that are no object', { Type: 'Succeed' }, { variables: '[]' }, 'ValidationException', /variables/],
    ['a state without a type', { End: true }, {}, 'InvalidDefinition', /\[Type\]/],
    ['a role that is none', call('x'), { roleArn: 'arn:aws:s3:::x' }, 'InvalidArn', /./],
  ])('%s', async (_what, definition, options, name, message) => {
    await expect(tryState(definition, options)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });
});

describe('the fields of mocks', () => {
  const service = (Resource: string) => ({ Type: 'Task', Resource: `arn:aws:states:::${Resource}`, End: true });

  it.each<[string, unknown, string]>([
    ['sqs:sendMessage', { MessageId: 5 }, "'MessageId' must be a string"],
    ['dynamodb:getItem', { Item: { id: { S: 1 } } }, "'S' must be a string"],
    ['dynamodb:getItem', { Item: [] }, "'Item' must be an object"],
    ['aws-sdk:s3:listObjectsV2', { IsTruncated: 'no' }, "'IsTruncated' must be a boolean"],
    ['aws-sdk:s3:listObjectsV2', { Contents: { Key: 'a' } }, "'Contents' must be an array"],
    [
      'aws-sdk:sqs:getQueueAttributes',
      { Attributes: { VisibilityTimeout: 30 } },
      "'VisibilityTimeout' must be a string",
    ],
    ['aws-sdk:secretsmanager:getSecretValue', { CreatedDate: 17 }, "'CreatedDate' must be a string"],
    ['aws-sdk:lambda:getFunction', { Configuration: { State: 'Asleep' } }, "'State' is not an expected value"],
    ['aws-sdk:secretsmanager:getSecretValue', { VersionId: 'short' }, "'VersionId' is smaller than the minimum length"],
    ['states:startExecution', { StartDate: '2026-01-01' }, "'ExecutionArn' is required"],
    [
      'states:startExecution.sync:2',
      { ExecutionArn: 'a', StateMachineArn: 'b', Status: 'SUCCEEDED', StartDate: 'x', Output: {} },
      "'Output' must be a string",
    ],
  ])('%s: %o', async (resource, value, problem) => {
    await expect(tryState(service(resource), { mock: result(value) })).rejects.toMatchObject({
      name: 'ValidationException',
      message: `Mock result schema validation error: Field ${problem}`,
    });
  });

  it.each<[string, unknown, 'STRICT' | 'PRESENT' | 'NONE']>([
    ['lambda:invoke', { Payload: { any: ['thing'] }, StatusCode: 200, Unheard: 'of' }, 'STRICT'],
    ['states:startExecution', { StartDate: '2026-01-01' }, 'PRESENT'],
    ['sqs:sendMessage', { MessageId: 5 }, 'NONE'],
    ['sqs:sendMessage.waitForTaskToken', { MessageId: 5 }, 'STRICT'],
    ['aws-sdk:quicksight:listUsers', { Status: 'never seen' }, 'STRICT'],
    ['http:invoke', { StatusCode: 'any' }, 'STRICT'],
  ])('%s: %o is right when %s', async (resource, value, fieldValidationMode) => {
    const mock = { ...result(value), fieldValidationMode };
    expect(await tryState(service(resource), { mock })).toMatchObject({ status: 'SUCCEEDED', output: value });
  });
});

describe('over REST', () => {
  const post = async (body: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${api.url}/v1/test-state`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };

  it('takes and gives JSON', async () => {
    const definition = { ...call('greet'), ResultPath: '$.r', End: false, Next: 'On' };
    expect(await post({ definition, input: { a: 1 }, mock: { result: { Payload: 'x' } } })).toEqual({
      status: 200,
      body: {
        status: 'SUCCEEDED',
        nextState: 'On',
        output: { a: 1, r: { Payload: 'x' } },
        inspectionData: {
          input: { a: 1 },
          afterInputPath: { a: 1 },
          afterParameters: { FunctionName: 'greet', Payload: { a: 1 } },
          result: { Payload: 'x' },
          afterResultSelector: { Payload: 'x' },
          afterResultPath: { a: 1, r: { Payload: 'x' } },
        },
      },
    });
  });

  it('calls what is not mocked, without a role', async () => {
    const test = await post({ definition: call('greet'), input: 2, inspectionLevel: 'INFO' });
    expect(test).toMatchObject({ status: 200, body: { status: 'SUCCEEDED', output: { Payload: { hello: 2 } } } });
  });

  it('says what is wrong with a definition, and where', async () => {
    expect(await post({ definition: { Type: 'Pass', Nxt: 'B' } })).toMatchObject({
      status: 400,
      body: { code: 'Knhk.DefinitionInvalid', findings: [{ pointer: '/States/StateName' }, {}] },
    });
  });
});

describe('a state of a net', () => {
  const workItem = { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', End: true };
  const supported = /Place states, which hold tokens and do nothing: test a state that the place leads to/;

  it('is tried alone, whatever starts it and whatever it does to others', async () => {
    const fields = { Join: { Count: 2, Rest: 'cancel' }, Trigger: { Event: 'e' }, Cancels: ['B'], Milestone: 'P' };
    expect(await tryState({ Type: 'Pass', ...fields, Next: ['B', 'C', 'C'] }, { input: 1 })).toMatchObject({
      status: 'SUCCEEDED',
      nextState: 'B, C, C',
      output: 1,
    });
    const rule = (name: string, Next: unknown) => ({ Variable: `$.${name}`, IsPresent: true, Next });
    const choice = { Type: 'Choice', Select: 'All', Choices: [rule('a', 'A'), rule('b', ['B', 'C'])] };
    expect(await tryState(choice, { input: { a: 1, b: 1 } })).toMatchObject({ nextState: 'A, B, C' });
    expect(await tryState(choice, { input: {} })).toMatchObject({ error: 'States.NoChoiceMatched' });
  });

  it('is a work item only with a mock', async () => {
    const mock = result({ approved: true });
    expect(await tryState({ ...workItem, Parameters: { Title: 'Look' } }, { mock })).toMatchObject({
      status: 'SUCCEEDED',
      output: { approved: true },
    });
    await expect(tryState(workItem, { roleArn: ROLE })).rejects.toThrow(/work items unless a mock/);
  });

  it('is no place', async () => {
    await expect(tryState({ Type: 'Place', Next: ['B'] })).rejects.toThrow(supported);
    await expect(tryState({ Type: 'Place', Next: [] }, { mock: result(1) })).rejects.toThrow(supported);
  });
});
