import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { definitions, ROLE, type RunningApi, startApi } from './running-api.ts';

const ARN = 'arn:aws:states:eu-central-1:123456789012';
let api: RunningApi;
let isBroken = true;

beforeAll(async () => {
  const work = () => {
    if (isBroken) throw new Error('It broke.');
    return 'done';
  };
  api = await startApi({ handlers: { work } });
});
afterAll(() => api.close());

const fragile = {
  StartAt: 'Prepare',
  States: {
    Prepare: { Type: 'Pass', Next: 'Work' },
    Work: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'work' },
      OutputPath: '$.Payload',
      End: true,
    },
  },
};

let names = 0;
async function ended(definition: object = fragile): Promise<string> {
  names += 1;
  const { stateMachineArn } = await api.client.send(
    new CreateStateMachineCommand({ name: `w-${names}`, definition: JSON.stringify(definition), roleArn: ROLE }),
  );
  isBroken = true;
  const { executionArn = '' } = await api.client.send(new StartExecutionCommand({ stateMachineArn, name: 'e' }));
  await closed(executionArn);
  return executionArn;
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

const redrive = (executionArn: string, clientToken?: string) =>
  api.client.send(new RedriveExecutionCommand({ executionArn, clientToken }));

async function rest(path: string, body?: object) {
  const content = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${api.url}${path}`, { headers, ...content });
  const answer: unknown = await response.json();
  return { status: response.status, body: answer as Readonly<Record<string, unknown>> };
}

describe('RedriveExecution', () => {
  it('continues a failed execution, which says so everywhere', async () => {
    const executionArn = await ended();
    const before = await closed(executionArn);
    expect(before).toMatchObject({ status: 'FAILED', redriveCount: 0, redriveStatus: 'REDRIVABLE' });
    expect(before).not.toHaveProperty('redriveDate');
    expect(before.redriveStatusReason).toBeUndefined();
    isBroken = false;
    const { redriveDate } = await redrive(executionArn);
    const after = await closed(executionArn);
    expect(after).toMatchObject({
      status: 'SUCCEEDED',
      output: '"done"',
      startDate: before.startDate,
      redriveCount: 1,
      redriveDate,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
    });
    const { stateMachineArn } = after;
    const { executions } = await api.client.send(new ListExecutionsCommand({ stateMachineArn }));
    expect(executions).toMatchObject([{ executionArn, status: 'SUCCEEDED', redriveCount: 1, redriveDate }]);
    const { events = [] } = await api.client.send(new GetExecutionHistoryCommand({ executionArn }));
    const redriven = events.find(({ type }) => type === 'ExecutionRedriven');
    expect(redriven?.executionRedrivenEventDetails).toEqual({ redriveCount: 1 });
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, index) => index + 1));
  });

  it('answers the same for the same token, and refuses what cannot be redriven', async () => {
    const executionArn = await ended();
    isBroken = false;
    const first = await redrive(executionArn, 'token');
    await closed(executionArn);
    expect(await redrive(executionArn, 'token')).toMatchObject({ redriveDate: first.redriveDate });
    await expect(redrive(executionArn)).rejects.toMatchObject({
      name: 'ExecutionNotRedrivable',
      message: 'Execution is SUCCEEDED and cannot be redriven',
    });
    await expect(redrive(`${ARN}:execution:w-1:none`)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    await expect(redrive(`${ARN}:stateMachine:w-1`)).rejects.toMatchObject({ name: 'InvalidArn' });
    await expect(redrive(`${ARN}:express:w-1:e:1`)).rejects.toMatchObject({ name: 'InvalidArn' });
    await expect(redrive(executionArn, 'x'.repeat(65))).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('POST /v1/workflows/{workflow}/executions/{execution}/redrive', () => {
  it('continues with the definition it is given', async () => {
    const executionArn = await ended();
    const path = `/v1/workflows/${executionArn.split(':')[6]}/executions/e`;
    const definition = {
      StartAt: 'Work',
      States: { Work: { ...fragile.States.Work, End: undefined, Next: 'More' }, More: { Type: 'Pass', End: true } },
    };
    isBroken = false;
    const { status, body } = await rest(`${path}/redrive`, { definition });
    expect([status, body['redriveCount']]).toEqual([200, 1]);
    const after = await rest(`${path}?wait=5`);
    expect(after.body).toMatchObject({ status: 'SUCCEEDED', output: 'done', redriveStatus: 'NOT_REDRIVABLE' });
    const { events = [] } = await api.client.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true }));
    expect(events.slice(0, 3).map(({ type }) => type)).toEqual([
      'ExecutionSucceeded',
      'PassStateExited',
      'PassStateEntered',
    ]);
  });

  it('continues with the definition that the workflow has now', async () => {
    const executionArn = await ended(definitions.fail);
    const workflow = executionArn.split(':')[6];
    const fixed = { StartAt: 'Refuse', States: { Refuse: { Type: 'Fail', Error: 'Refused politely' } } };
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ definition: fixed });
    await fetch(`${api.url}/v1/workflows/${workflow}`, { method: 'PUT', headers, body });
    await rest(`/v1/workflows/${workflow}/executions/e/redrive`, { revision: 'latest' });
    expect(await closed(executionArn)).toMatchObject({ status: 'FAILED', error: 'Refused politely', redriveCount: 1 });
  });

  it('refuses definitions that are wrong or have no place for what is open, and names it', async () => {
    const executionArn = await ended();
    const path = `/v1/workflows/${executionArn.split(':')[6]}/executions/e/redrive`;
    expect(await rest(path, { definition: { StartAt: 'A' } })).toMatchObject({
      status: 400,
      body: { code: 'Knhk.DefinitionInvalid' },
    });
    expect(await rest(path, { definition: definitions.pass() })).toMatchObject({
      status: 409,
      body: {
        code: 'Knhk.DefinitionMismatch',
        detail: expect.stringContaining('State "Work" is open and not in the new definition'),
      },
    });
    expect(await rest(path, { definition: definitions.pass(), revision: 'latest' })).toMatchObject({ status: 400 });
    expect(await closed(executionArn)).toMatchObject({ status: 'FAILED', redriveStatus: 'REDRIVABLE' });
    expect((await rest(`${path.replace('/e/', '/none/')}`, {})).status).toBe(404);
  });
});
