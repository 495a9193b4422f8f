import {
  CreateActivityCommand,
  CreateStateMachineCommand,
  type CreateStateMachineCommandInput,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetActivityTaskCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  StopExecutionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateStateMachineCommand,
  ValidateStateMachineDefinitionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { definitions, ROLE, type RunningApi, startApi } from './running-api.ts';

const ARN = 'arn:aws:states:eu-central-1:123456789012';
const tokens: string[] = [];
let api: RunningApi;

beforeAll(async () => {
  const handlers = { ask: (input: { token: string }) => void tokens.push(input.token) };
  api = await startApi({ handlers, policy: { longPollMs: 200, waitMs: 400, maxBodyBytes: 100_000 } });
});
afterAll(() => api.close());

let names = 0;
function unique(prefix: string): string {
  names += 1;
  return `${prefix}-${names}`;
}

async function create(definition: object, more: Partial<CreateStateMachineCommandInput> = {}): Promise<string> {
  const input = { name: unique('workflow'), definition: JSON.stringify(definition), roleArn: ROLE, ...more };
  const { stateMachineArn } = await api.client.send(new CreateStateMachineCommand(input));
  return stateMachineArn ?? '';
}

async function start(stateMachineArn: string, input: unknown = {}, name?: string): Promise<string> {
  const command = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input), name });
  return (await api.client.send(command)).executionArn ?? '';
}

async function closed(executionArn: string) {
  return vi.waitFor(
    async () => {
      const execution = await api.client.send(new DescribeExecutionCommand({ executionArn }));
      expect(execution.status).not.toBe('RUNNING');
      return execution;
    },
    { timeout: 5_000, interval: 10 },
  );
}

describe('state machines', () => {
  it('are created once: the same request again answers the same', async () => {
    const input = { name: unique('same'), definition: JSON.stringify(definitions.pass()), roleArn: ROLE };
    const first = await api.client.send(new CreateStateMachineCommand(input));
    const again = await api.client.send(new CreateStateMachineCommand({ ...input, roleArn: `${ROLE}2` }));
    expect(first.stateMachineArn).toBe(`${ARN}:stateMachine:${input.name}`);
    expect(again.stateMachineArn).toBe(first.stateMachineArn);
    expect(again.creationDate).toEqual(first.creationDate);
    const different = { ...input, definition: JSON.stringify(definitions.pass('other')) };
    await expect(api.client.send(new CreateStateMachineCommand(different))).rejects.toMatchObject({
      name: 'StateMachineAlreadyExists',
      message: `State Machine Already Exists: '${first.stateMachineArn}'`,
    });
  });

  it('are described as they were given, and have a revision once they are updated', async () => {
    const stateMachineArn = await create(definitions.pass());
    const { $metadata, ...described } = await api.client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect($metadata.httpStatusCode).toBe(200);
    expect(described).toEqual({
      creationDate: expect.any(Date),
      definition: JSON.stringify(definitions.pass()),
      loggingConfiguration: { level: 'OFF', includeExecutionData: false },
      name: stateMachineArn.split(':').at(-1),
      roleArn: ROLE,
      stateMachineArn,
      status: 'ACTIVE',
      tracingConfiguration: { enabled: false },
      type: 'STANDARD',
    });
    const definition = JSON.stringify(definitions.pass('second'));
    const updated = await api.client.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
    expect(await api.client.send(new DescribeStateMachineCommand({ stateMachineArn }))).toMatchObject({
      definition,
      revisionId: updated.revisionId,
    });
  });

  it('leave executions the definition that they were started with', async () => {
    const stateMachineArn = await create(definitions.wait);
    const executionArn = await start(stateMachineArn);
    const definition = JSON.stringify(definitions.pass());
    await api.client.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
    const running = await api.client.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(running.definition).toBe(JSON.stringify(definitions.wait));
    expect((await closed(await start(stateMachineArn))).status).toBe('SUCCEEDED');
  });

  it('are listed page by page', async () => {
    const created = [
      await create(definitions.pass()),
      await create(definitions.pass()),
      await create(definitions.pass()),
    ];
    const found: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await api.client.send(new ListStateMachinesCommand({ maxResults: 2, nextToken }));
      expect(page.stateMachines?.length).toBeLessThanOrEqual(2);
      found.push(...(page.stateMachines ?? []).map((item) => item.stateMachineArn));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(found).toEqual(expect.arrayContaining(created));
    expect(new Set(found).size).toBe(found.length);
  });

  it('are deleted; deleting again is no error', async () => {
    const stateMachineArn = await create(definitions.pass());
    await api.client.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await api.client.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await expect(start(stateMachineArn)).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
      message: `State Machine Does Not Exist: '${stateMachineArn}'`,
    });
  });

  it('carry tags', async () => {
    const resourceArn = await create(definitions.pass(), { tags: [{ key: 'team', value: 'a' }] });
    const added = [
      { key: 'team', value: 'b' },
      { key: 'cost', value: '1' },
    ];
    await api.client.send(new TagResourceCommand({ resourceArn, tags: added }));
    await api.client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['cost', 'other'] }));
    const { tags } = await api.client.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).toEqual([{ key: 'team', value: 'b' }]);
    const missing = new ListTagsForResourceCommand({ resourceArn: `${ARN}:stateMachine:missing` });
    await expect(api.client.send(missing)).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });

  it('are refused with the words of the service', async () => {
    const missing = { StartAt: 'A' };
    await expect(create(missing)).rejects.toMatchObject({
      name: 'InvalidDefinition',
      message: "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
    });
    await expect(create(definitions.pass(), { name: 'two words' })).rejects.toMatchObject({
      name: 'InvalidName',
      message: "Invalid Name: 'two words'",
    });
    await expect(create(definitions.pass(), { roleArn: 'me' })).rejects.toMatchObject({
      name: 'InvalidArn',
      message: "Invalid Arn: 'Invalid ARN prefix: me'",
    });
    await expect(create(definitions.pass(), { loggingConfiguration: { level: 'ALL' } })).rejects.toMatchObject({
      name: 'InvalidLoggingConfiguration',
      message: 'Invalid Logging Configuration: Must specify exactly one Log Destination.',
    });
  });

  it('can be checked without being created', async () => {
    const check = (definition: object) =>
      api.client.send(new ValidateStateMachineDefinitionCommand({ definition: JSON.stringify(definition) }));
    expect(await check(definitions.pass())).toMatchObject({ result: 'OK', diagnostics: [], truncated: false });
    expect(await check({})).toMatchObject({
      result: 'FAIL',
      diagnostics: [{ severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', location: '/' }],
    });
    expect(await check({ StartAt: 'A', States: { A: { Type: 'Succeed', Pool: '' } } })).toMatchObject({
      result: 'FAIL',
      diagnostics: [{ severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', location: '/States/A/Pool' }],
    });
  });

  it('are warned of what the service warns of, if asked, and of nothing else', async () => {
    const Retry = [{ ErrorEquals: ['States.TimeOut'] }];
    const Parameters = { a: '$.a', b: ['$.b'], c: { d: '$.d' } };
    const task = { Type: 'Task', Resource: 'custom:work', Retry, Parameters, End: true };
    const definition = JSON.stringify({ StartAt: 'A', States: { A: task } });
    const check = async (severity: 'ERROR' | 'WARNING', maxResults = 0) =>
      api.client.send(new ValidateStateMachineDefinitionCommand({ definition, severity, maxResults }));
    expect(await check('ERROR')).toMatchObject({ result: 'OK', diagnostics: [] });
    const warned = { severity: 'WARNING', code: 'NO_DOLLAR' };
    const [a, d] = ['/States/A/Parameters/a', '/States/A/Parameters/c/d'].map((location) => ({ ...warned, location }));
    expect(await check('WARNING')).toMatchObject({ result: 'OK', diagnostics: [a, d], truncated: false });
    expect(await check('WARNING', 1)).toMatchObject({ result: 'OK', diagnostics: [a], truncated: true });
  });
});

describe('executions', () => {
  it('are described once they have succeeded', async () => {
    const stateMachineArn = await create(definitions.pass());
    const executionArn = await start(stateMachineArn, { order: 7 }, 'order-7');
    const { $metadata, ...described } = await closed(executionArn);
    expect($metadata.httpStatusCode).toBe(200);
    expect(described).toEqual({
      executionArn: `${stateMachineArn.replace(':stateMachine:', ':execution:')}:order-7`,
      stateMachineArn,
      name: 'order-7',
      status: 'SUCCEEDED',
      startDate: expect.any(Date),
      stopDate: expect.any(Date),
      input: '{"order":7}',
      inputDetails: { included: true },
      output: '{"order":7,"by":"first"}',
      outputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
    });
    const metadata = new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' });
    const shown = await api.client.send(metadata);
    expect(shown).toMatchObject({ inputDetails: { included: false }, outputDetails: { included: false } });
    expect([shown.input, shown.output]).toEqual([undefined, undefined]);
  });

  it('are described once they have failed', async () => {
    const failed = await closed(await start(await create(definitions.fail)));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'No.' });
    expect(failed.output).toBeUndefined();
  });

  it('are started once for each name, while they run and have the same input', async () => {
    const stateMachineArn = await create(definitions.wait);
    const first = await start(stateMachineArn, { a: 1 }, 'once');
    expect(await start(stateMachineArn, { a: 1 }, 'once')).toBe(first);
    const taken = { name: 'ExecutionAlreadyExists', message: `Execution Already Exists: '${first}'` };
    await expect(start(stateMachineArn, { a: 2 }, 'once')).rejects.toMatchObject(taken);
    await api.client.send(new StopExecutionCommand({ executionArn: first }));
    await expect(start(stateMachineArn, { a: 1 }, 'once')).rejects.toMatchObject(taken);
  });

  it('are refused an input that is not JSON', async () => {
    const stateMachineArn = await create(definitions.pass());
    const command = new StartExecutionCommand({ stateMachineArn, input: '{"a":' });
    await expect(api.client.send(command)).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
    const deep = new StartExecutionCommand({ stateMachineArn, input: `${'['.repeat(5_000)}${']'.repeat(5_000)}` });
    await expect(api.client.send(deep)).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  });

  it('are aborted by the time a stop is answered', async () => {
    const executionArn = await start(await create(definitions.wait));
    const stop = { executionArn, error: 'Changed', cause: 'The customer left.' };
    const { stopDate } = await api.client.send(new StopExecutionCommand(stop));
    const stopped = await api.client.send(new DescribeExecutionCommand({ executionArn }));
    expect(stopped).toMatchObject({ status: 'ABORTED', error: 'Changed', cause: 'The customer left.', stopDate });
    expect((await api.client.send(new StopExecutionCommand({ executionArn }))).stopDate).toEqual(stopDate);
  });

  it('are listed newest first, by status, page by page', async () => {
    const stateMachineArn = await create(definitions.pass());
    const started: string[] = [];
    for (const order of [1, 2, 3]) {
      started.unshift(await start(stateMachineArn, { order }));
      await closed(started[0] ?? '');
    }
    const list = (more: object) => api.client.send(new ListExecutionsCommand({ stateMachineArn, ...more }));
    const first = await list({ maxResults: 2 });
    const second = await list({ maxResults: 2, nextToken: first.nextToken });
    const listed = [...(first.executions ?? []), ...(second.executions ?? [])];
    expect(listed.map((item) => item.executionArn).sort()).toEqual([...started].sort());
    expect(second.nextToken).toBeUndefined();
    expect(listed[0]).toEqual({
      executionArn: expect.any(String),
      stateMachineArn,
      name: expect.any(String),
      status: 'SUCCEEDED',
      startDate: expect.any(Date),
      stopDate: expect.any(Date),
      redriveCount: 0,
    });
    expect((await list({ statusFilter: 'RUNNING' })).executions).toEqual([]);
    await expect(list({ nextToken: 'invented' })).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(list({ maxResults: 1_001 })).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
    });
  });

  it('show their history forwards, backwards, and without data', async () => {
    const executionArn = await start(await create(definitions.pass()), { a: 1 });
    await closed(executionArn);
    const read = (more: object) => api.client.send(new GetExecutionHistoryCommand({ executionArn, ...more }));
    const types = ['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'];
    for (const reverseOrder of [false, true]) {
      const first = await read({ reverseOrder, maxResults: 3 });
      const second = await read({ reverseOrder, maxResults: 3, nextToken: first.nextToken });
      const events = [...(first.events ?? []), ...(second.events ?? [])];
      expect(events.map(({ type }) => type)).toEqual(reverseOrder ? types.toReversed() : types);
      expect(events.map(({ id }) => id)).toEqual(reverseOrder ? [4, 3, 2, 1] : [1, 2, 3, 4]);
      expect(second.nextToken).toBeUndefined();
      await expect(read({ reverseOrder: !reverseOrder, nextToken: first.nextToken })).rejects.toMatchObject({
        name: 'InvalidToken',
      });
    }
    const [started] = (await read({})).events ?? [];
    expect(started?.timestamp).toBeInstanceOf(Date);
    expect(started?.executionStartedEventDetails?.input).toBe('{"a":1}');
    const [bare] = (await read({ includeExecutionData: false })).events ?? [];
    expect(bare?.executionStartedEventDetails).toEqual({ inputDetails: { truncated: false }, roleArn: ROLE });
    const missing = new GetExecutionHistoryCommand({ executionArn: `${executionArn}x` });
    await expect(api.client.send(missing)).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
      message: `Execution Does Not Exist: '${executionArn}x'`,
    });
  });
});

describe('express state machines', () => {
  it('answer with the end of the execution', async () => {
    const good = await create(definitions.pass(), { type: 'EXPRESS' });
    const succeeded = await api.client.send(new StartSyncExecutionCommand({ stateMachineArn: good, input: '{"a":1}' }));
    expect(succeeded).toMatchObject({ status: 'SUCCEEDED', output: '{"a":1,"by":"first"}', stateMachineArn: good });
    expect(succeeded.executionArn).toMatch(/:express:workflow-\d+:[0-9a-f-]{36}:[0-9a-f-]{36}$/);
    const bad = await create(definitions.fail, { type: 'EXPRESS' });
    const failed = await api.client.send(new StartSyncExecutionCommand({ stateMachineArn: bad }));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'No.' });
  });

  it('are given up when they last longer than a request may', async () => {
    const stateMachineArn = await create(definitions.wait, { type: 'EXPRESS' });
    const answer = await api.client.send(new StartSyncExecutionCommand({ stateMachineArn }));
    expect(answer).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout', stopDate: expect.any(Date) });
  });

  it('cannot be asked what only standard ones can, nor the other way round', async () => {
    const stateMachineArn = await create(definitions.pass(), { type: 'EXPRESS' });
    const executionArn = await start(stateMachineArn);
    await expect(api.client.send(new ListExecutionsCommand({ stateMachineArn }))).rejects.toMatchObject({
      name: 'StateMachineTypeNotSupported',
      message: 'This operation is not supported by this type of state machine',
    });
    await expect(api.client.send(new DescribeExecutionCommand({ executionArn }))).rejects.toMatchObject({
      name: 'InvalidArn',
      message: "Invalid Arn: 'Resource type not valid in this context: express'",
    });
    const standard = new StartSyncExecutionCommand({ stateMachineArn: await create(definitions.pass()) });
    await expect(api.client.send(standard)).rejects.toMatchObject({ name: 'StateMachineTypeNotSupported' });
  });
});

describe('activities', () => {
  async function createActivity(): Promise<string> {
    const { activityArn } = await api.client.send(new CreateActivityCommand({ name: unique('activity') }));
    return activityArn ?? '';
  }
  const take = (activityArn: string) =>
    api.client.send(new GetActivityTaskCommand({ activityArn, workerName: 'worker-1' }));

  it('hand a task to one worker, who ends it', async () => {
    const activityArn = await createActivity();
    const executionArn = await start(await create(definitions.activity(activityArn)), { parcel: 3 });
    const polls = await Promise.all([take(activityArn), take(activityArn)]);
    const [{ taskToken, input } = { taskToken: '', input: '' }, ...others] = polls.filter((task) => task.taskToken);
    expect([input, others]).toEqual(['{"parcel":3}', []]);
    await api.client.send(new SendTaskHeartbeatCommand({ taskToken }));
    await expect(api.client.send(new SendTaskSuccessCommand({ taskToken, output: 'done' }))).rejects.toMatchObject({
      name: 'InvalidOutput',
    });
    await api.client.send(new SendTaskSuccessCommand({ taskToken, output: '"done"' }));
    expect(await closed(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '"done"' });
    const late = { name: 'TaskTimedOut', message: "Task Timed Out: 'Provided task does not exist anymore'" };
    await expect(api.client.send(new SendTaskSuccessCommand({ taskToken, output: '1' }))).rejects.toMatchObject(late);
    await expect(api.client.send(new SendTaskHeartbeatCommand({ taskToken }))).rejects.toMatchObject(late);
    const { events } = await api.client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events?.find(({ type }) => type === 'ActivityStarted')).toMatchObject({
      activityStartedEventDetails: { workerName: 'worker-1' },
    });
  });

  it('answer a poll with nothing where no task comes, and at once where one does', async () => {
    const activityArn = await createActivity();
    expect((await take(activityArn)).taskToken).toBeUndefined();
    const stateMachineArn = await create(definitions.activity(activityArn));
    const [task] = await Promise.all([take(activityArn), start(stateMachineArn)]);
    expect(task.taskToken).toEqual(expect.any(String));
  });

  it('refuse tokens that are none, and polls of what does not exist', async () => {
    const invented = new SendTaskFailureCommand({ taskToken: 'invented', error: 'E' });
    await expect(api.client.send(invented)).rejects.toMatchObject({
      name: 'InvalidToken',
      message: "Invalid Token: 'Invalid token'",
    });
    await expect(take(`${ARN}:activity:missing`)).rejects.toMatchObject({
      name: 'ActivityDoesNotExist',
      message: `Activity Does Not Exist: '${ARN}:activity:missing'`,
    });
  });
});

describe('callbacks', () => {
  it('fail the task that waits for them', async () => {
    const executionArn = await start(await create(definitions.callback('ask')));
    const taskToken = await vi.waitFor(() => tokens.find((token) => token !== '') ?? Promise.reject(new Error('none')));
    await api.client.send(new SendTaskFailureCommand({ taskToken, error: 'NotAtHome', cause: 'Twice.' }));
    expect(await closed(executionArn)).toMatchObject({ status: 'FAILED', error: 'NotAtHome', cause: 'Twice.' });
  });
});

describe('the wire', () => {
  const post = (target: string, body: string) =>
    fetch(api.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${target}` },
      body,
    });

  it('gives times as seconds since the epoch', async () => {
    const stateMachineArn = await create(definitions.pass());
    const response = await post('DescribeStateMachine', JSON.stringify({ stateMachineArn }));
    expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.0');
    const { creationDate } = (await response.json()) as { creationDate: number };
    expect(Math.abs(creationDate - Date.now() / 1000)).toBeLessThan(60);
  });

  it.each([
    ['Invented', '{}', 'UnknownOperationException', expect.stringContaining('X-Amz-Target')],
    ['StartExecution', '{', 'SerializationException', 'The body of the request is not a JSON object.'],
    ['StartExecution', '[]', 'SerializationException', expect.any(String)],
    [
      'StartExecution',
      '{"stateMachineArn":7}',
      'SerializationException',
      'NUMBER_VALUE can not be converted to a String',
    ],
    [
      'CreateStateMachine',
      '{"name":"","definition":null,"roleArn":"r","tags":[{"key":"","value":"v"}]}',
      'ValidationException',
      "3 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; Value null at 'definition' failed to satisfy constraint: Member must not be null; Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
  ])('refuses %s with %s: %s', async (target, body, type, message) => {
    const response = await post(target, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ __type: type, message });
  });

  it('refuses a body that is too large', async () => {
    const response = await post('StartExecution', JSON.stringify({ input: 'x'.repeat(200_000) }));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ __type: 'RequestEntityTooLargeException' });
  });
});
