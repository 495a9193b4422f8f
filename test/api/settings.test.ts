import {
  CreateActivityCommand,
  DescribeActivityCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  type EncryptionConfiguration,
  GetActivityTaskCommand,
  GetExecutionHistoryCommand,
  type LoggingConfiguration,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  TagResourceCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitions, type RunningApi, startApi } from './running-api.ts';
import { SfnWorkflows } from './sfn-workflows.ts';

const ARN = 'arn:aws:states:eu-central-1:123456789012';
let api: RunningApi;
const workflows = new SfnWorkflows(() => api);

beforeAll(async () => {
  api = await startApi({ policy: { longPollMs: 500 } });
});
afterAll(() => api.close());

describe('encryption', () => {
  const key = { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: 'alias/mine' } as const;

  it('is kept and shown, with its default', async () => {
    const { arn: stateMachineArn } = await workflows.create({ encryptionConfiguration: key });
    const described = await api.client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    const encryptionConfiguration = { ...key, kmsDataKeyReusePeriodSeconds: 300 };
    expect(described.encryptionConfiguration).toEqual(encryptionConfiguration);
    const name = workflows.unique('activity');
    const { activityArn } = await api.client.send(new CreateActivityCommand({ name, encryptionConfiguration: key }));
    const activity = await api.client.send(new DescribeActivityCommand({ activityArn }));
    expect(activity.encryptionConfiguration).toEqual(encryptionConfiguration);
  });

  it.each<EncryptionConfiguration>([
    { type: 'CUSTOMER_MANAGED_KMS_KEY' },
    { type: 'AWS_OWNED_KEY', kmsKeyId: 'alias/mine' },
    { type: 'AWS_OWNED_KEY', kmsDataKeyReusePeriodSeconds: 60 },
  ])('%j is refused', async (encryptionConfiguration) => {
    const refused = { name: 'InvalidEncryptionConfiguration' };
    await expect(workflows.create({ encryptionConfiguration })).rejects.toMatchObject(refused);
  });

  it('of an activity cannot be changed', async () => {
    const name = workflows.unique('activity');
    await api.client.send(new CreateActivityCommand({ name }));
    await api.client.send(new CreateActivityCommand({ name, encryptionConfiguration: { type: 'AWS_OWNED_KEY' } }));
    const changed = new CreateActivityCommand({ name, encryptionConfiguration: key });
    await expect(api.client.send(changed)).rejects.toMatchObject({ name: 'ActivityAlreadyExists' });
  });
});

describe('logging', () => {
  const group = (logGroupArn: string) => ({ cloudWatchLogsLogGroup: { logGroupArn } });
  const logs = 'arn:aws:logs:eu-central-1:123456789012:log-group:orders:*';
  const one = 'Invalid Logging Configuration: Must specify exactly one Log Destination.';

  it.each<[LoggingConfiguration, unknown]>([
    [{ level: 'ALL' }, one],
    [{ level: 'ERROR', destinations: [] }, one],
    [{ level: 'OFF', destinations: [group(logs), group(logs)] }, one],
    [{ level: 'ALL', destinations: [group(logs.slice(0, -2))] }, expect.stringContaining('Log Destination')],
  ])('%j is refused', async (loggingConfiguration, message) => {
    const refused = { name: 'InvalidLoggingConfiguration', message };
    await expect(workflows.create({ loggingConfiguration })).rejects.toMatchObject(refused);
  });

  it('is kept and shown', async () => {
    const loggingConfiguration: LoggingConfiguration = {
      level: 'ALL',
      includeExecutionData: true,
      destinations: [group(logs)],
    };
    const { arn: stateMachineArn } = await workflows.create({ loggingConfiguration });
    const described = await api.client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(described.loggingConfiguration).toEqual(loggingConfiguration);
  });
});

it('an update needs something to change', async () => {
  const { arn } = await workflows.create();
  const nothing = new UpdateStateMachineCommand({ stateMachineArn: arn, publish: true });
  await expect(api.client.send(nothing)).rejects.toMatchObject({
    name: 'MissingRequiredParameter',
    message:
      'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
  });
});

it('metadata come without data', async () => {
  const { arn: stateMachineArn } = await workflows.create({ type: 'EXPRESS' });
  const metadata = { stateMachineArn, includedData: 'METADATA_ONLY' } as const;
  expect((await api.client.send(new DescribeStateMachineCommand(metadata))).definition).toBe('{}');
  const ended = await api.client.send(new StartSyncExecutionCommand(metadata));
  expect(ended).toMatchObject({ status: 'SUCCEEDED', outputDetails: { included: false } });
  expect([ended.input, ended.output]).toEqual([undefined, undefined]);
  expect(ended.billingDetails?.billedDurationInMilliseconds).toBeGreaterThanOrEqual(100);
});

it('a start is repeated while it is open, with the same input', async () => {
  const { arn: stateMachineArn } = await workflows.create({ definition: JSON.stringify(definitions.wait) });
  const start = (input: string) => api.client.send(new StartExecutionCommand({ stateMachineArn, name: 'once', input }));
  const { executionArn, startDate } = await start('{"a":1,"b":2}');
  expect(await start('{"b":2, "a":1}')).toMatchObject({ executionArn, startDate });
  await expect(start('{"a":2}')).rejects.toMatchObject({
    name: 'ExecutionAlreadyExists',
    message: `Execution Already Exists: '${executionArn}'`,
  });
});

it('a resource has fifty tags at most; versions and aliases have none', async () => {
  const { arn: resourceArn } = await workflows.create({ publish: true });
  const tags = Array.from({ length: 51 }, (_, i) => ({ key: `k${i}`, value: '' }));
  await api.client.send(new TagResourceCommand({ resourceArn, tags: tags.slice(0, 50) }));
  await expect(api.client.send(new TagResourceCommand({ resourceArn, tags: tags.slice(50) }))).rejects.toMatchObject({
    name: 'TooManyTags',
  });
  const version = new TagResourceCommand({ resourceArn: `${resourceArn}:1`, tags: [] });
  await expect(api.client.send(version)).rejects.toMatchObject({ name: 'ResourceNotFound' });
});

describe('activities', () => {
  it('that do not exist fail their states at once', async () => {
    const activity = `${ARN}:activity:nobody`;
    const { arn } = await workflows.create({ definition: JSON.stringify(definitions.activity(activity)) });
    const { executionArn, ...execution } = await workflows.run(arn);
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(execution.cause).toContain(`The activity '${activity}' does not exist.`);
    const { events } = await api.client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events?.map(({ type }) => type)).toContain('ActivityScheduleFailed');
  });

  it('give tokens that are refused when they have been cut off', async () => {
    const name = workflows.unique('activity');
    const { activityArn = '' } = await api.client.send(new CreateActivityCommand({ name }));
    const { arn } = await workflows.create({ definition: JSON.stringify(definitions.activity(activityArn)) });
    const { executionArn } = await api.client.send(new StartExecutionCommand({ stateMachineArn: arn }));
    const task = await api.client.send(new GetActivityTaskCommand({ activityArn, workerName: 'anna' }));
    const token = task.taskToken ?? '';
    for (const cut of [token.slice(0, -1), token.slice(0, -7), token.slice(0, 20), 'x']) {
      const success = new SendTaskSuccessCommand({ taskToken: cut, output: '1' });
      await expect(api.client.send(success)).rejects.toMatchObject({ name: 'InvalidToken' });
    }
    await api.client.send(new SendTaskSuccessCommand({ taskToken: token, output: '1' }));
    const { events } = await api.client.send(new GetExecutionHistoryCommand({ executionArn }));
    const started = events?.find(({ type }) => type === 'ActivityStarted');
    expect(started?.activityStartedEventDetails?.workerName).toBe('anna');
    const described = await api.client.send(new DescribeExecutionCommand({ executionArn }));
    expect(described.stateMachineArn).toBe(arn);
  });
});
