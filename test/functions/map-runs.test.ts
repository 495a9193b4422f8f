import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onEachDynamo } from '../adapters/aws/emulators.ts';
import { Cloud } from './cloud.ts';

const ROLE = 'arn:aws:iam::123456789012:role/tasks';
const ARN = 'arn:aws:states:us-east-1:123456789012';

const each = {
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      ItemsPath: '$.items',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Work',
        States: { Work: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:123456789012:function:work', End: true } },
      },
      End: true,
    },
  },
};

onEachDynamo(describe, (kind) => {
  let cloud: Cloud;
  let isBroken = true;
  const worked: unknown[] = [];

  beforeAll(async () => {
    cloud = await Cloud.start(kind, {
      work: (item) => {
        worked.push(item);
        if (isBroken && Number(item) === 2) throw new Error('Not this one.');
        return Number(item) * 10;
      },
    });
  });
  afterAll(() => cloud.stop());

  const names = async (query: object) => {
    const { body } = await cloud.call('ListExecutions', query);
    return body.executions
      .map(({ status, redriveCount }: Record<string, unknown>) => `${status} ${redriveCount}`)
      .sort();
  };

  it('redrives a map run that an alias started, and lists it and its children wherever they belong', async () => {
    const { body: made } = await cloud.call('CreateStateMachine', {
      name: 'each',
      definition: JSON.stringify(each),
      roleArn: ROLE,
      publish: true,
    });
    const { body: alias } = await cloud.call('CreateStateMachineAlias', {
      name: 'live',
      routingConfiguration: [{ stateMachineVersionArn: made.stateMachineVersionArn, weight: 100 }],
    });
    const stateMachineArn = alias.stateMachineAliasArn;
    const input = JSON.stringify({ items: [1, 2, 3] });
    const { body: started } = await cloud.call('StartExecution', { stateMachineArn, name: 'one', input });
    const { executionArn } = started;
    expect(executionArn).toBe(`${ARN}:execution:each:one`);

    expect(await cloud.runQueue()).toEqual([]);
    const failed = await cloud.call('DescribeExecution', { executionArn });
    expect(failed.body).toMatchObject({
      status: 'FAILED',
      redriveStatus: 'REDRIVABLE',
      stateMachineAliasArn: stateMachineArn,
    });
    await cloud.runStream('reversed twice');
    await cloud.runQueue();
    const { body: runs } = await cloud.call('ListMapRuns', { executionArn });
    const [{ mapRunArn }] = runs.mapRuns;
    for (const owner of [stateMachineArn, made.stateMachineVersionArn, made.stateMachineArn]) {
      expect(await names({ stateMachineArn: owner })).toEqual(['FAILED 0']);
    }

    isBroken = false;
    const calls = worked.length;
    expect((await cloud.call('RedriveExecution', { executionArn })).status).toBe(200);
    await cloud.runStream('reversed twice');
    expect(await cloud.runQueue()).toEqual([]);
    const done = await cloud.call('DescribeExecution', { executionArn });
    expect(done.body).toMatchObject({ status: 'SUCCEEDED', output: '[10,20,30]', redriveCount: 1 });
    expect(worked.slice(calls)).toContain(2);
    await cloud.runStream('reversed twice');
    await cloud.runQueue();
    for (const owner of [stateMachineArn, made.stateMachineVersionArn, made.stateMachineArn]) {
      expect(await names({ stateMachineArn: owner })).toEqual(['SUCCEEDED 1']);
      expect(await names({ stateMachineArn: owner, statusFilter: 'FAILED' })).toEqual([]);
      expect(await names({ stateMachineArn: owner, statusFilter: 'RUNNING' })).toEqual([]);
    }
    const children = await names({ mapRunArn });
    expect(children).toHaveLength(3);
    expect(children.every((child: string) => child.startsWith('SUCCEEDED'))).toBe(true);
    expect(children).toContain('SUCCEEDED 1');
    expect((await cloud.call('DescribeMapRun', { mapRunArn })).body).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      executionCounts: { total: 3, succeeded: 3 },
    });
  });
});
