import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  RedriveExecutionCommand,
  StartExecutionCommand,
  UpdateMapRunCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROLE, type RunningApi, startApi } from './running-api.ts';

const ARN = 'arn:aws:states:eu-central-1:123456789012';
let api: RunningApi;
let isBroken = true;
let release = () => {};

beforeAll(async () => {
  const work = (item: unknown) => {
    if (isBroken && item === 'bad') throw new Error('It is bad.');
    return `${item} done`;
  };
  const slow = () => new Promise((resolve) => (release = () => resolve('slow')));
  api = await startApi({ handlers: { work, slow } });
});
afterAll(() => api.close());

const each = (functionName: string, fields: object = {}) => ({
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      Label: 'Items',
      MaxConcurrency: 1,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Work',
        States: {
          Work: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Parameters: { FunctionName: functionName, 'Payload.$': '$' },
            OutputPath: '$.Payload',
            End: true,
          },
        },
      },
      End: true,
      ...fields,
    },
  },
});

let names = 0;
async function start(definition: object, input: readonly unknown[]): Promise<string> {
  names += 1;
  const { stateMachineArn } = await api.client.send(
    new CreateStateMachineCommand({ name: `map-${names}`, definition: JSON.stringify(definition), roleArn: ROLE }),
  );
  const started = new StartExecutionCommand({ stateMachineArn, name: 'e', input: JSON.stringify(input) });
  return (await api.client.send(started)).executionArn ?? '';
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

async function runOf(executionArn: string): Promise<string> {
  const { mapRuns = [] } = await api.client.send(new ListMapRunsCommand({ executionArn }));
  expect(mapRuns).toHaveLength(1);
  return mapRuns[0]?.mapRunArn ?? '';
}

const describeRun = (mapRunArn: string) => api.client.send(new DescribeMapRunCommand({ mapRunArn }));
const nothing = {
  ...{ pending: 0, running: 0, succeeded: 0, failed: 0, timedOut: 0, aborted: 0, total: 0, resultsWritten: 0 },
  ...{ failuresNotRedrivable: 0, pendingRedrive: 0 },
};

describe('map runs', () => {
  it('are listed and described, and so are their children', async () => {
    isBroken = true;
    const executionArn = await start(each('work'), ['a', 'bad', 'c']);
    expect((await closed(executionArn)).status).toBe('FAILED');
    const mapRunArn = await runOf(executionArn);
    const workflow = executionArn.split(':')[6];
    expect(mapRunArn).toMatch(new RegExp(`^${ARN}:mapRun:${workflow}/Items:`));
    const { mapRuns } = await api.client.send(new ListMapRunsCommand({ executionArn }));
    expect(mapRuns).toEqual([
      {
        executionArn,
        mapRunArn,
        stateMachineArn: `${ARN}:stateMachine:${workflow}`,
        startDate: expect.any(Date),
        stopDate: expect.any(Date),
      },
    ]);
    const { $metadata: _, ...run } = await describeRun(mapRunArn);
    expect(run).toEqual({
      executionArn,
      mapRunArn,
      status: 'FAILED',
      startDate: expect.any(Date),
      stopDate: expect.any(Date),
      maxConcurrency: 1,
      toleratedFailureCount: 0,
      toleratedFailurePercentage: 0,
      itemCounts: { ...nothing, pending: 1, succeeded: 1, failed: 1, total: 3 },
      executionCounts: { ...nothing, succeeded: 1, failed: 1, total: 2 },
      redriveCount: 0,
    });
    const { executions = [] } = await api.client.send(new ListExecutionsCommand({ mapRunArn }));
    expect(executions.map(({ status }) => status).sort()).toEqual(['FAILED', 'SUCCEEDED']);
    expect(executions[0]).toMatchObject({ mapRunArn, stateMachineArn: `${ARN}:stateMachine:${workflow}/Items` });
    const failed = await api.client.send(new ListExecutionsCommand({ mapRunArn, statusFilter: 'FAILED' }));
    const [child] = failed.executions ?? [];
    expect(await closed(child?.executionArn ?? '')).toMatchObject({
      status: 'FAILED',
      mapRunArn,
      redriveStatus: 'REDRIVABLE_BY_MAP_RUN',
    });
    await expect(
      api.client.send(new RedriveExecutionCommand({ executionArn: child?.executionArn })),
    ).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
    const own = await api.client.send(
      new ListExecutionsCommand({ stateMachineArn: `${ARN}:stateMachine:${workflow}` }),
    );
    expect(own.executions?.map((execution) => execution.executionArn)).toEqual([executionArn]);
  });

  it('are redriven with their execution', async () => {
    isBroken = true;
    const executionArn = await start(each('work'), ['a', 'bad']);
    await closed(executionArn);
    const mapRunArn = await runOf(executionArn);
    isBroken = false;
    const { redriveDate } = await api.client.send(new RedriveExecutionCommand({ executionArn }));
    expect(await closed(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '["a done","bad done"]' });
    expect(await describeRun(mapRunArn)).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      redriveDate,
      executionCounts: { ...nothing, succeeded: 2, total: 2 },
    });
    const list = async (redriveFilter: 'REDRIVEN' | 'NOT_REDRIVEN') =>
      (await api.client.send(new ListExecutionsCommand({ mapRunArn, redriveFilter }))).executions;
    expect(await list('REDRIVEN')).toMatchObject([{ status: 'SUCCEEDED', redriveCount: 1 }]);
    expect(await list('NOT_REDRIVEN')).toMatchObject([{ status: 'SUCCEEDED', redriveCount: 0 }]);
    const pending = new ListExecutionsCommand({ mapRunArn, statusFilter: 'PENDING_REDRIVE' });
    expect((await api.client.send(pending)).executions).toEqual([]);
  });

  it('can be changed while they run', async () => {
    const executionArn = await start(each('slow'), ['a', 'b']);
    const mapRunArn = await vi.waitFor(() => runOf(executionArn));
    await api.client.send(
      new UpdateMapRunCommand({
        mapRunArn,
        maxConcurrency: 5,
        toleratedFailureCount: 1,
        toleratedFailurePercentage: 50,
      }),
    );
    await vi.waitFor(async () =>
      expect(await describeRun(mapRunArn)).toMatchObject({
        status: 'RUNNING',
        maxConcurrency: 5,
        toleratedFailureCount: 1,
        toleratedFailurePercentage: 50,
        executionCounts: { running: 2 },
      }),
    );
    const path = `${api.url}/v1/map-runs/${encodeURIComponent(mapRunArn)}`;
    const headers = { 'content-type': 'application/json' };
    const patched = await fetch(path, { method: 'PATCH', headers, body: JSON.stringify({ maxConcurrency: 7 }) });
    expect(patched.status).toBe(200);
    await vi.waitFor(async () => {
      const shown = await fetch(path);
      expect(await shown.json()).toMatchObject({ arn: mapRunArn, maxConcurrency: 7, executions: { running: 2 } });
    });
    const listed = await fetch(`${api.url}/v1/workflows/${executionArn.split(':')[6]}/executions/e/map-runs`);
    expect(await listed.json()).toMatchObject({ items: [{ arn: mapRunArn, status: 'RUNNING' }] });
    release();
  });

  it('are refused where there are none, in the words of the service', async () => {
    const name = async (command: Promise<unknown>) => command.catch((error: Error) => error.name);
    const missing = `${ARN}:mapRun:none/Items:e-2`;
    expect(await name(describeRun(missing))).toBe('ResourceNotFound');
    expect(await name(describeRun(`${ARN}:stateMachine:w`))).toBe('InvalidArn');
    expect(await name(describeRun('no arn'))).toBe('InvalidArn');
    expect(await name(describeRun(''))).toBe('ValidationException');
    expect(await name(api.client.send(new UpdateMapRunCommand({ mapRunArn: missing })))).toBe('ResourceNotFound');
    const negative = new UpdateMapRunCommand({ mapRunArn: missing, maxConcurrency: -1 });
    expect(await name(api.client.send(negative))).toBe('ValidationException');
    const list = (executionArn: string) => name(api.client.send(new ListMapRunsCommand({ executionArn })));
    expect(await list(`${ARN}:execution:none:e`)).toBe('ExecutionDoesNotExist');
    expect(await list(`${ARN}:stateMachine:none`)).toBe('InvalidArn');
    const executions = (input: object) => name(api.client.send(new ListExecutionsCommand(input)));
    const stateMachineArn = `${ARN}:stateMachine:map-1`;
    expect(await executions({})).toBe('ValidationException');
    expect(await executions({ stateMachineArn, mapRunArn: missing })).toBe('ValidationException');
    expect(await executions({ stateMachineArn, redriveFilter: 'REDRIVEN' })).toBe('ValidationException');
    expect(await executions({ stateMachineArn, statusFilter: 'PENDING_REDRIVE' })).toBe('ValidationException');
    expect(await executions({ mapRunArn: missing })).toBe('ResourceNotFound');
  });
});
