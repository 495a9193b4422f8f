import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  ListTagsForResourceCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROLE, type RunningApi, startApi } from './running-api.ts';

const ARN = 'arn:aws:states:eu-central-1:123456789012';
let api: RunningApi;

beforeAll(async () => {
  api = await startApi({ handlers: { never: () => new Promise(() => {}) } });
});
afterAll(() => api.close());

const processor = {
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
  StartAt: 'Never',
  States: {
    Never: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'never' },
      End: true,
    },
  },
};
const each = {
  StartAt: 'Each',
  States: { Each: { Type: 'Map', Label: 'Items', ToleratedFailureCount: 2, ItemProcessor: processor, End: true } },
};

/** An execution with children that do not end by themselves. */
async function atWork(name: string): Promise<{ parent: string; children: readonly string[] }> {
  const { stateMachineArn } = await api.client.send(
    new CreateStateMachineCommand({ name, definition: JSON.stringify(each), roleArn: ROLE }),
  );
  const started = await api.client.send(new StartExecutionCommand({ stateMachineArn, name: 'e', input: '[1,2]' }));
  const parent = started.executionArn ?? '';
  const children = await vi.waitFor(async () => {
    const { mapRuns = [] } = await api.client.send(new ListMapRunsCommand({ executionArn: parent }));
    const mapRunArn = mapRuns[0]?.mapRunArn;
    const { executions = [] } = await api.client.send(new ListExecutionsCommand({ mapRunArn }));
    expect(executions).toHaveLength(2);
    return executions.map(({ executionArn = '' }) => executionArn);
  });
  return { parent, children };
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

describe('a child of a map run', () => {
  it('is described, shows its history, and belongs to the state machine of its label', async () => {
    const { parent, children } = await atWork('shown');
    const [executionArn = ''] = children;
    expect(executionArn).toMatch(new RegExp(`^${ARN}:execution:shown/Items:[0-9a-f-]{36}$`));
    const described = await api.client.send(new DescribeExecutionCommand({ executionArn }));
    expect(described).toMatchObject({
      executionArn,
      stateMachineArn: `${ARN}:stateMachine:shown/Items`,
      status: 'RUNNING',
      name: executionArn.split(':').at(-1),
      mapRunArn: expect.stringContaining(':mapRun:shown/Items:e-'),
    });
    const { events = [] } = await api.client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['ExecutionStarted', 'TaskStateEntered']);
    const machine = await api.client.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(machine).toMatchObject({
      stateMachineArn: `${ARN}:stateMachine:shown/Items`,
      label: 'Items',
      mapRunArn: described.mapRunArn,
      roleArn: ROLE,
    });
    expect(JSON.parse(machine.definition ?? '')).toEqual(each);
    await api.client.send(new StopExecutionCommand({ executionArn: parent }));
  });

  it('is stopped alone, and its parent counts that', async () => {
    const { parent, children } = await atWork('stopped');
    for (const executionArn of children) {
      await api.client.send(new StopExecutionCommand({ executionArn, error: 'E', cause: 'Enough.' }));
      expect(await closed(executionArn)).toMatchObject({ status: 'ABORTED', error: 'E', cause: 'Enough.' });
    }
    expect((await closed(parent)).status).toBe('SUCCEEDED');
  });

  it('is found over REST, by its name as it is or with its slash encoded', async () => {
    const { parent, children } = await atWork('rest');
    const name = children[0]?.split(':').at(-1);
    const path = `${api.url}/v1/workflows/${encodeURIComponent('rest/Items')}/executions/${name}`;
    const answer = await fetch(path);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id: name, workflow: 'rest/Items', status: 'RUNNING' });
    const history = await fetch(`${path}/history`);
    expect(history.status).toBe(200);
    await api.client.send(new StopExecutionCommand({ executionArn: parent }));
    expect((await closed(children[0] ?? '')).status).toBe('ABORTED');
  });

  it('is not a state machine that could be started', async () => {
    const request = new StartExecutionCommand({ stateMachineArn: `${ARN}:stateMachine:rest/Items`, input: '{}' });
    await expect(api.client.send(request)).rejects.toMatchObject({
      name: expect.stringMatching(/StateMachineDoesNotExist|InvalidArn/),
    });
    const tags = new ListTagsForResourceCommand({ resourceArn: `${ARN}:stateMachine:rest/Items` });
    await expect(api.client.send(tags)).rejects.toMatchObject({
      name: expect.stringMatching(/ResourceNotFound|InvalidArn/),
    });
  });
});

it('an express child can be looked at as well, unlike other express executions', async () => {
  const Pass = { Type: 'Pass', End: true };
  const ItemProcessor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
    StartAt: 'Pass',
    States: { Pass },
  };
  const definition = { StartAt: 'Each', States: { Each: { Type: 'Map', Label: 'Fast', ItemProcessor, End: true } } };
  const { stateMachineArn } = await api.client.send(
    new CreateStateMachineCommand({ name: 'express', definition: JSON.stringify(definition), roleArn: ROLE }),
  );
  const started = await api.client.send(new StartExecutionCommand({ stateMachineArn, name: 'e', input: '["x"]' }));
  const parent = await closed(started.executionArn ?? '');
  expect(parent).toMatchObject({ status: 'SUCCEEDED', output: '["x"]' });
  const { mapRuns = [] } = await api.client.send(new ListMapRunsCommand({ executionArn: parent.executionArn }));
  const list = new ListExecutionsCommand({ mapRunArn: mapRuns[0]?.mapRunArn });
  const [child] = (await api.client.send(list)).executions ?? [];
  expect(child?.executionArn).toMatch(new RegExp(`^${ARN}:express:express/Fast:[^:]+:[^:]+$`));
  expect(await closed(child?.executionArn ?? '')).toMatchObject({ status: 'SUCCEEDED', input: '"x"', output: '"x"' });
  const other = new DescribeExecutionCommand({ executionArn: `${ARN}:express:express:a:b` });
  await expect(api.client.send(other)).rejects.toMatchObject({ name: 'InvalidArn' });
});
