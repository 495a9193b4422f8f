import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { onEachDynamo } from '../adapters/aws/emulators.ts';
import { Cloud } from './cloud.ts';

const ROLE = 'arn:aws:iam::123456789012:role/tasks';
const ARN = 'arn:aws:states:us-east-1:123456789012';
const INVOKE = 'arn:aws:states:::lambda:invoke';

/** Doubles `n`, then asks outside. */
const order = {
  StartAt: 'Double',
  States: {
    Double: {
      Type: 'Task',
      Resource: 'arn:aws:lambda:us-east-1:123456789012:function:double',
      ResultPath: '$.doubled',
      Next: 'Ask',
    },
    Ask: {
      Type: 'Task',
      Resource: `${INVOKE}.waitForTaskToken`,
      Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token', 'doubled.$': '$.doubled' } },
      End: true,
    },
  },
};
/** Calls a service of AWS, then this engine. */
const services = {
  StartAt: 'Queues',
  States: {
    Queues: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:sqs:getQueueUrl',
      Parameters: { QueueName: 'work' },
      ResultPath: '$.queue',
      Next: 'Self',
    },
    Self: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:sfn:describeStateMachine',
      Parameters: { StateMachineArn: `${ARN}:stateMachine:order` },
      ResultSelector: { 'name.$': '$.Name' },
      ResultPath: '$.self',
      End: true,
    },
  },
};
const fragile = { StartAt: 'Refuse', States: { Refuse: { Type: 'Fail', Error: 'Refused' } } };
const pass = { StartAt: 'Give', States: { Give: { Type: 'Pass', End: true } } };

onEachDynamo(describe, (kind) => {
  let cloud: Cloud;
  const asked: { token: string; doubled: number }[] = [];

  beforeAll(async () => {
    cloud = await Cloud.start(kind, {
      double: ({ n }) => Number(n) * 2,
      ask: (question) => void asked.push(question as { token: string; doubled: number }),
    });
    for (const [name, definition] of Object.entries({ order, pass, services, fragile, unlisted: fragile })) {
      const request = { name, definition: JSON.stringify(definition), roleArn: ROLE };
      expect((await cloud.call('CreateStateMachine', request)).status).toBe(200);
    }
  });
  afterAll(() => cloud.stop());
  afterEach(() => vi.useRealTimers());

  const describeExecution = (execution: string) =>
    cloud.call('DescribeExecution', { executionArn: `${ARN}:execution:${execution}` });

  it('runs an execution from the request to the read model', async () => {
    const started = await cloud.call('StartExecution', {
      stateMachineArn: `${ARN}:stateMachine:order`,
      name: 'whole',
      input: '{"n":21}',
    });
    expect(started).toMatchObject({ status: 200, body: { executionArn: `${ARN}:execution:order:whole` } });
    expect(await cloud.runQueue()).toEqual([]);
    expect(await cloud.runStream()).toEqual({ batchItemFailures: [] });
    expect((await cloud.request('GET', '/v1/executions?status=RUNNING')).body.items).toMatchObject([{ id: 'whole' }]);

    expect(asked).toMatchObject([{ doubled: 42 }]);
    const taskToken = asked[0]?.token;
    expect((await cloud.call('SendTaskSuccess', { taskToken, output: '"yes"' })).status).toBe(200);
    expect(await cloud.runQueue()).toEqual([]);
    expect(await describeExecution('order:whole')).toMatchObject({ body: { status: 'SUCCEEDED', output: '"yes"' } });

    expect(await cloud.runStream()).toEqual({ batchItemFailures: [] });
    const list = { stateMachineArn: `${ARN}:stateMachine:order` };
    expect((await cloud.call('ListExecutions', list)).body.executions).toMatchObject([
      { name: 'whole', status: 'SUCCEEDED', startDate: expect.any(Number), stopDate: expect.any(Number) },
    ]);
    expect((await cloud.request('GET', '/v1/executions?status=RUNNING')).body.items).toEqual([]);
  });

  it('brings lists in line with the log that the projector has never heard of', async () => {
    const list = async (filter: string) => {
      const { items } = (await cloud.request('GET', `/v1/executions?workflow=unlisted&${filter}`)).body;
      return items.map(({ id }: { id: string }) => id);
    };
    for (const name of ['one', 'two']) {
      const start = { name, businessKey: `key-${name}`, attributes: { n: name.length } };
      await cloud.request('POST', '/v1/workflows/unlisted/executions', start);
    }
    expect(await cloud.runQueue()).toEqual([]);
    expect(await list('')).toEqual([]);
    let after: string | undefined;
    do {
      const { body } = await cloud.request('POST', '/v1/executions/rebuild', after === undefined ? {} : { after });
      after = body.next;
    } while (after !== undefined);
    expect(await list('status=FAILED')).toEqual(['two', 'one']);
    expect(await list('businessKey=key-one')).toEqual(['one']);
    expect(await list(`attributes=${encodeURIComponent('{"n":3}')}`)).toEqual(['two', 'one']);
    const { body } = await cloud.request('GET', '/v1/executions/count?workflow=unlisted');
    expect(body).toMatchObject({ total: 2, byStatus: { FAILED: 2, RUNNING: 0 }, isComplete: true });
    expect(await cloud.runStream()).toEqual({ batchItemFailures: [] });
    expect(await list('')).toEqual(['two', 'one']);
  });

  it('calls services, and itself', async () => {
    await cloud.request('POST', '/v1/workflows/services/executions', { name: 'both', input: {} });
    expect(await cloud.runQueue()).toEqual([]);
    const { body } = await describeExecution('services:both');
    expect(body).toMatchObject({ status: 'SUCCEEDED' });
    expect(JSON.parse(body.output)).toMatchObject({
      queue: { QueueUrl: expect.stringMatching(/\/work$/) },
      self: { name: 'order' },
    });
  });

  it('gives back the messages of a batch that failed, and only those, and lets them come again soon', async () => {
    await cloud.request('POST', '/v1/workflows/pass/executions', { name: 'beside' });
    await cloud.send('{"not":"a message of the engine"}');
    const failures = await cloud.runQueue();
    expect(failures).toHaveLength(1);
    expect(await describeExecution('pass:beside')).toMatchObject({ body: { status: 'SUCCEEDED' } });
    const again = await vi.waitFor(
      async () => {
        const messages = await cloud.receive();
        expect(messages).toHaveLength(1);
        return messages;
      },
      { timeout: 10_000, interval: 250 },
    );
    expect(again.map(({ MessageId }) => MessageId)).toEqual(failures.map(({ itemIdentifier }) => itemIdentifier));
    for (const message of again) await cloud.discard(message);
  });

  it('starts one execution for an event that is delivered twice', async () => {
    const event = { knhk: 'start', workflow: 'pass', name: '6a7e8feb', input: { detail: { id: 1 } } } as const;
    await cloud.startBy(event);
    await cloud.startBy(event);
    await cloud.runQueue();
    await cloud.startBy(event);
    expect(await describeExecution('pass:6a7e8feb')).toMatchObject({
      body: { status: 'SUCCEEDED', output: '{"detail":{"id":1}}' },
    });
    await expect(cloud.startBy({ ...event, workflow: 'missing' })).rejects.toThrow('missing');
  });

  it('finds an execution whose message was lost', async () => {
    await cloud.request('POST', '/v1/workflows/order/executions', { name: 'lost', input: { n: 1 } });
    for (const message of await cloud.receive()) await cloud.discard(message);
    await cloud.runStream();
    await cloud.sweep();
    expect(await cloud.receive()).toEqual([]);

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 90_000 });
    await cloud.sweep();
    vi.useRealTimers();
    expect(await cloud.runQueue()).toEqual([]);
    expect(asked.at(-1)).toMatchObject({ doubled: 2 });
    await cloud.request('POST', '/v1/workflows/order/executions/lost/stop', {});
    await cloud.runQueue();
    expect(await describeExecution('order:lost')).toMatchObject({ body: { status: 'ABORTED' } });
  });

  it('redrives an execution, and lists it as running until it ends again', async () => {
    const execution = `${ARN}:execution:fragile:one`;
    const stateMachineArn = `${ARN}:stateMachine:fragile`;
    await cloud.call('StartExecution', { stateMachineArn, name: 'one', input: '{"n":1}' });
    await cloud.runQueue();
    await cloud.runStream();
    const listed = async () => (await cloud.call('ListExecutions', { stateMachineArn })).body.executions;
    expect(await listed()).toMatchObject([{ name: 'one', status: 'FAILED', redriveCount: 0 }]);
    expect((await cloud.call('RedriveExecution', { executionArn: execution })).status).toBe(200);
    await cloud.runStream();
    expect(await listed()).toMatchObject([{ name: 'one', status: 'RUNNING', redriveCount: 1 }]);
    await cloud.runQueue();
    await cloud.runStream();
    expect(await listed()).toMatchObject([{ name: 'one', status: 'FAILED', redriveCount: 1 }]);
    const { body } = await cloud.call('GetExecutionHistory', { executionArn: execution });
    expect(body.events.map(({ type }: { type: string }) => type)).toEqual([
      'ExecutionStarted',
      'FailStateEntered',
      'ExecutionFailed',
      'ExecutionRedriven',
      'ExecutionFailed',
    ]);
  });

  it('answers problems and unknown paths as on one machine', async () => {
    expect(await cloud.request('GET', '/health')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await cloud.request('GET', '/v1/workflows/missing')).toMatchObject({
      status: 404,
      body: { code: 'Knhk.WorkflowNotFound' },
    });
    expect(await cloud.request('GET', '/v1/executions?limit=none')).toMatchObject({ status: 400 });
  });
});
