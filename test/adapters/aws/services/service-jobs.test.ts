import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AwsClients } from '../../../../lib/adapters/aws/clients.ts';
import { ServiceTasks } from '../../../../lib/adapters/aws/services/service-tasks.ts';
import type { Json } from '../../../../lib/model/json.ts';
import type { TaskOutcome } from '../../../../lib/ports/task-invoker.ts';
import { never, serviceTask } from './assignment.ts';
import { type AwsAnswer, FakeAws } from './fake-aws.ts';

const ECS = 'AmazonEC2ContainerServiceV20141113';
const TASK = 'arn:aws:ecs:us-east-1:123456789012:task/shop/1';

describe.skipIf(!areInstalled('batch', 'ecs', 'glue'))('jobs that .sync waits for', () => {
  const aws = new FakeAws();
  const clients = new AwsClients();
  let now = 0;
  const tasks = new ServiceTasks({ clients, now: () => now });

  beforeAll(async () => {
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv('AWS_ENDPOINT_URL', await aws.start());
  });

  afterAll(() => {
    vi.unstubAllEnvs();
    clients.destroy();
    aws.stop();
  });

  beforeEach(() => {
    now = 0;
    aws.requests.length = 0;
    aws.answers.clear();
  });

  const answer = (target: string, body: unknown, given: Partial<AwsAnswer> = {}) =>
    aws.answers.set(target, () => ({ body, ...given }));
  const start = (resource: string, input: Json) => tasks.invoke(serviceTask(resource, input), never);
  const ask = (resource: string, input: Json, started: TaskOutcome) =>
    tasks.invoke(
      serviceTask(resource, input, { submitted: started.kind === 'submitted' ? started.output : null }),
      never,
    );

  it('asks ECS until all containers have ended', async () => {
    const input = { Cluster: 'shop', TaskDefinition: 'pack:3' };
    answer(`${ECS}.RunTask`, { tasks: [{ taskArn: TASK, createdAt: 1_700_000_000.5 }], failures: [] });
    const started = await start('ecs:runTask.sync', input);
    expect(started).toMatchObject({
      kind: 'submitted',
      askAfterMs: 1_000,
      output: { Tasks: [{ TaskArn: TASK, CreatedAt: 1_700_000_000_500 }], SdkHttpMetadata: { HttpStatusCode: 200 } },
    });
    expect(aws.requests[0]?.body).toMatchObject({ cluster: 'shop', taskDefinition: 'pack:3' });

    now = 50_000;
    answer(`${ECS}.DescribeTasks`, { tasks: [{ taskArn: TASK, lastStatus: 'RUNNING' }] });
    expect(await ask('ecs:runTask.sync', input, started)).toMatchObject({ kind: 'submitted', askAfterMs: 10_000 });
    expect(aws.requests[1]?.body).toEqual({ cluster: 'shop', tasks: [TASK] });

    const ended = (exitCode?: number) => ({
      tasks: [{ taskArn: TASK, lastStatus: 'STOPPED', containers: [{ name: 'main', exitCode }] }],
    });
    answer(`${ECS}.DescribeTasks`, ended(0));
    expect(await ask('ecs:runTask.sync', input, started)).toEqual({
      kind: 'succeeded',
      output: { TaskArn: TASK, LastStatus: 'STOPPED', Containers: [{ Name: 'main', ExitCode: 0 }] },
    });
    for (const code of [1, undefined]) {
      answer(`${ECS}.DescribeTasks`, ended(code));
      expect(await ask('ecs:runTask.sync', input, started)).toMatchObject({
        kind: 'failed',
        reason: 'failed',
        error: 'States.TaskFailed',
        cause: expect.stringContaining('"LastStatus":"STOPPED"'),
      });
    }
  });

  it('says so if ECS has no room for the task', async () => {
    answer(`${ECS}.RunTask`, { tasks: [], failures: [{ reason: 'RESOURCE:MEMORY' }] });
    expect(await start('ecs:runTask.sync', { TaskDefinition: 'pack:3' })).toMatchObject({
      kind: 'failed',
      reason: 'notSubmitted',
      error: 'AmazonECS.Unknown',
      cause: expect.stringContaining('RESOURCE:MEMORY'),
    });
  });

  it('keeps asking while the service does not answer, or does not know the job yet', async () => {
    const input = { JobName: 'nightly' };
    answer('AWSGlue.StartJobRun', { JobRunId: 'jr_1' });
    const started = await start('glue:startJobRun.sync', input);
    now = 10_000;
    answer('AWSGlue.GetJobRun', { Message: 'Not yet.' }, { status: 400, type: 'EntityNotFoundException' });
    expect(await ask('glue:startJobRun.sync', input, started)).toMatchObject({ kind: 'submitted' });
    now = 3_600_000;
    answer('AWSGlue.GetJobRun', {}, { status: 503, type: 'ServiceUnavailable' });
    expect(await ask('glue:startJobRun.sync', input, started)).toMatchObject({ kind: 'submitted', askAfterMs: 60_000 });
    answer('AWSGlue.GetJobRun', { Message: 'Gone.' }, { status: 400, type: 'EntityNotFoundException' });
    expect(await ask('glue:startJobRun.sync', input, started)).toMatchObject({
      kind: 'failed',
      error: 'Glue.EntityNotFoundException',
    });
    answer('AWSGlue.GetJobRun', { JobRun: { Id: 'jr_1', JobRunState: 'SUCCEEDED' } });
    expect(await ask('glue:startJobRun.sync', input, started)).toEqual({
      kind: 'succeeded',
      output: { Id: 'jr_1', JobRunState: 'SUCCEEDED' },
    });
  });

  it('stops a job that nobody waits for any more', async () => {
    const input = { JobName: 'resize', JobDefinition: 'd', JobQueue: 'q' };
    answer('/v1/submitjob', { jobId: 'j-1', jobName: 'resize' });
    const started = await start('batch:submitJob.sync', input);
    answer('/v1/terminatejob', {});
    await tasks.cancel(
      serviceTask('batch:submitJob.sync', input, { submitted: started.kind === 'submitted' ? started.output : null }),
    );
    expect(aws.requests.at(-1)).toMatchObject({ target: '/v1/terminatejob', body: { jobId: 'j-1' } });
    answer('/v1/describejobs', { jobs: [{ jobId: 'j-1', status: 'FAILED', statusReason: 'Stopped.' }] });
    expect(await ask('batch:submitJob.sync', input, started)).toMatchObject({
      kind: 'failed',
      error: 'States.TaskFailed',
      cause: expect.stringContaining('"StatusReason":"Stopped."'),
    });
  });
});

function areInstalled(...names: readonly string[]): boolean {
  const { resolve } = createRequire(import.meta.url);
  try {
    for (const name of names) resolve(`@aws-sdk/client-${name}`);
    return true;
  } catch {
    return false;
  }
}
