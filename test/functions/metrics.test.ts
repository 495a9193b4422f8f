import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkEmbedded } from '../adapters/aws/embedded-line.ts';
import { onEachDynamo } from '../adapters/aws/emulators.ts';
import { Cloud } from './cloud.ts';

const ARN = 'arn:aws:states:us-east-1:123456789012';
const Resource = 'arn:aws:lambda:us-east-1:123456789012:function:work';
const definition = { StartAt: 'Work', States: { Work: { Type: 'Task', Resource, End: true } } };

onEachDynamo(describe, (kind) => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start(kind, { work: () => 1 }, { KNHK_METRICS: 'on', AWS_LAMBDA_FUNCTION_NAME: 'knhk' });
  });
  afterAll(() => cloud.stop());

  it('writes what each invocation has measured into its log', async () => {
    const lines: string[] = [];
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
    try {
      const roleArn = 'arn:aws:iam::123456789012:role/r';
      await cloud.call('CreateStateMachine', { name: 'w', definition: JSON.stringify(definition), roleArn });
      await cloud.call('StartExecution', { stateMachineArn: `${ARN}:stateMachine:w`, name: 'one' });
      await cloud.runQueue();
      await cloud.runStream();
    } finally {
      spy.mockRestore();
    }
    const found = lines.filter((line) => line.startsWith('{"_aws"')).map(checkEmbedded);
    const sum = (name: string, labels: Readonly<Record<string, string>>) =>
      found
        .filter(({ dimensions }) => Object.entries(labels).every(([label, value]) => dimensions[label] === value))
        .flatMap(({ values }) => values.get(name) ?? [])
        .reduce((total, value) => total + value, 0);
    expect(found.length).toBeGreaterThan(0);
    for (const { dimensions } of found) expect(dimensions['function']).toBe('knhk');
    expect(sum('knhk_executions_started_total', {})).toBe(1);
    expect(sum('knhk_executions_closed_total', { status: 'SUCCEEDED' })).toBe(1);
    const tasks = found.find(({ values }) => values.has('knhk_task_seconds'));
    expect(tasks?.dimensions).toEqual({ function: 'knhk', resource: 'lambda', outcome: 'succeeded' });
    // Start, ownership, end: and each takes one unit.
    expect(sum('knhk_commits_total', { outcome: 'appended' })).toBe(3);
    expect(sum('knhk_store_units_total', { table: 'events', kind: 'write' })).toBe(3);
    expect(sum('knhk_requests_total', { service: 'sqs' })).toBeGreaterThanOrEqual(1);
    expect(sum('knhk_requests_total', { service: 'dynamodb' })).toBeGreaterThanOrEqual(5);
    for (const name of ['knhk_queue_age_seconds', 'knhk_projection_lag_seconds']) {
      expect(
        found.filter(({ values }) => values.has(name)),
        name,
      ).toHaveLength(1);
    }
  });
});
