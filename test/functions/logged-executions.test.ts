import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { onEachDynamo } from '../adapters/aws/emulators.ts';
import { FakeCloudWatchLogs } from '../adapters/aws/fake-cloudwatch-logs.ts';
import { Cloud } from './cloud.ts';

const ROLE = 'arn:aws:iam::123456789012:role/tasks';
const ARN = 'arn:aws:states:us-east-1:123456789012';
const group = (name: string) => `arn:aws:logs:us-east-1:123456789012:log-group:${name}:*`;
const logging = (level: string, name: string, includeExecutionData = true) => ({
  ...{ level, includeExecutionData },
  destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: group(name) } }],
});

const work = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
};
const asks = { StartAt: 'First', States: { First: { ...work, Next: 'Second' }, Second: { ...work, End: true } } };
const children = {
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      Label: 'Each',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Refuse',
        States: { Refuse: { Type: 'Fail', Error: 'Refused' } },
      },
      End: true,
    },
  },
};

onEachDynamo(describe, (kind) => {
  const service = new FakeCloudWatchLogs();
  const tokens: string[] = [];
  let cloud: Cloud;

  beforeAll(async () => {
    vi.stubEnv('KNHK_LOGS_ENDPOINT', await service.start());
    for (const name of ['all', 'fatal']) service.groups.add(name);
    cloud = await Cloud.start(kind, { ask: ({ token }) => void tokens.push(String(token)) });
    for (const [name, definition, loggingConfiguration] of [
      ['asks', asks, logging('ALL', 'all')],
      ['children', children, logging('FATAL', 'fatal', false)],
      ['closed', asks, logging('ALL', 'missing')],
      ['off', asks, undefined],
    ] as const) {
      const request = { name, definition: JSON.stringify(definition), roleArn: ROLE, loggingConfiguration };
      expect((await cloud.call('CreateStateMachine', request)).status).toBe(200);
    }
  });
  afterAll(async () => {
    await cloud.stop();
    service.stop();
  });

  async function begin(workflow: string, name: string): Promise<string> {
    const stateMachineArn = `${ARN}:stateMachine:${workflow}`;
    expect(
      (
        await cloud.call('StartExecution', {
          stateMachineArn,
          name,
          input: workflow === 'children' ? '[1,2]' : '{"n":1}',
        })
      ).status,
    ).toBe(200);
    expect(await cloud.runQueue()).toEqual([]);
    return `${ARN}:execution:${workflow}:${name}`;
  }

  async function answer(): Promise<void> {
    await cloud.call('SendTaskSuccess', { taskToken: tokens.at(-1), output: '"yes"' });
    expect(await cloud.runQueue()).toEqual([]);
  }

  /** The log of an execution is the history that the API shows. */
  async function expectWhole(executionArn: string): Promise<void> {
    const { events } = (await cloud.call('GetExecutionHistory', { executionArn })).body;
    const own = service.messages('all').filter((message) => message['execution_arn'] === executionArn);
    expect(own.map(({ id, type, previous_event_id }) => [id, type, previous_event_id])).toEqual(
      events.map((event: { id: number; type: string; previousEventId: number }) => [
        ...[String(event.id), event.type, String(event.previousEventId)],
      ]),
    );
  }

  it('logs each event once and in order, while an execution goes on', async () => {
    const execution = await begin('asks', 'followed');
    expect(await cloud.runStream()).toEqual({ batchItemFailures: [] });
    const [first] = service.messages('all');
    expect(first).toMatchObject({
      id: '1',
      type: 'ExecutionStarted',
      details: { input: '{"n":1}', inputDetails: { truncated: false }, roleArn: ROLE },
      redrive_count: '0',
      previous_event_id: '0',
      execution_arn: execution,
    });
    await answer();
    await cloud.runStream();
    await answer();
    await cloud.runStream();
    await expectWhole(execution);
  });

  it('keeps the lists while the service is down, and logs afterwards what it owes', async () => {
    service.isDown = true;
    const execution = await begin('asks', 'owed');
    expect(await cloud.runStream()).toEqual({ batchItemFailures: [] });
    const running = await cloud.request('GET', '/v1/executions?status=RUNNING');
    expect(running.body.items).toMatchObject([{ id: 'owed' }]);
    await answer();
    expect(await cloud.runStream()).toEqual({ batchItemFailures: [] });
    service.isDown = false;
    await cloud.sweep();
    await expectWhole(execution);
    await cloud.sweep();
    await expectWhole(execution);
  });

  it('logs the children of a map run as their workflow says: fatal events, without data', async () => {
    const parent = await begin('children', 'parent');
    await cloud.runStream();
    const messages = service.messages('fatal');
    expect(messages.map(({ type }) => type)).toEqual(messages.map(() => 'ExecutionFailed'));
    const failed = messages.map(({ execution_arn }) => String(execution_arn).replace(/[\w-]+$/, ''));
    expect(failed.filter((arn) => arn === `${ARN}:execution:children/Each:`)).toHaveLength(2);
    expect(messages.map(({ execution_arn }) => execution_arn)).toContain(parent);
    for (const { details } of messages) expect(details).not.toHaveProperty('input');
  });

  it('goes on where a log refuses, and writes nothing for who does not ask for it', async () => {
    const before = service.puts.length;
    await begin('closed', 'lost');
    await begin('off', 'silent');
    expect(await cloud.runStream()).toEqual({ batchItemFailures: [] });
    const running = await cloud.request('GET', '/v1/executions?status=RUNNING');
    expect(running.body.items.map(({ id }: { id: string }) => id).sort()).toEqual(['lost', 'owed', 'silent']);
    expect(service.puts).toHaveLength(before);
  });
});
