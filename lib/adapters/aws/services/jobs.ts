import type { JsonObject } from '../../../model/json.ts';
import { containersSucceeded, type JobRule } from './job.ts';

/**
 * The jobs that `.sync` waits for, by `<service>:<action>`. Sources: "Integrating services with Step Functions" (which
 * actions), and the statuses in each service's API reference.
 */
export const jobs: ReadonlyMap<string, JobRule> = new Map<string, JobRule>([
  [
    'athena:startQueryExecution',
    {
      describe: { action: 'getQueryExecution', request: { QueryExecutionId: '$.response.QueryExecutionId' } },
      job: '',
      status: 'QueryExecution.Status.State',
      succeeded: ['SUCCEEDED'],
      failed: ['FAILED', 'CANCELLED'],
      stop: { action: 'stopQueryExecution', request: { QueryExecutionId: '$.response.QueryExecutionId' } },
    },
  ],
  [
    'batch:submitJob',
    {
      describe: { action: 'describeJobs', request: { Jobs: ['$.response.JobId'] } },
      job: 'Jobs.0',
      status: 'Status',
      succeeded: ['SUCCEEDED'],
      failed: ['FAILED'],
      stop: {
        action: 'terminateJob',
        request: { JobId: '$.response.JobId', Reason: 'The execution no longer waits for it.' },
      },
    },
  ],
  [
    'bedrock:createModelCustomizationJob',
    {
      describe: { action: 'getModelCustomizationJob', request: { JobIdentifier: '$.response.JobArn' } },
      job: '',
      status: 'Status',
      succeeded: ['Completed'],
      failed: ['Failed', 'Stopped'],
      stop: { action: 'stopModelCustomizationJob', request: { JobIdentifier: '$.response.JobArn' } },
    },
  ],
  ['codebuild:startBuild', build()],
  ['codebuild:retryBuild', build()],
  ['codebuild:startBuildBatch', buildBatch()],
  ['codebuild:retryBuildBatch', buildBatch()],
  [
    'databrew:startJobRun',
    {
      describe: { action: 'describeJobRun', request: { Name: '$.request.Name', RunId: '$.response.RunId' } },
      job: '',
      status: 'State',
      succeeded: ['SUCCEEDED'],
      failed: ['FAILED', 'STOPPED', 'TIMEOUT'],
      stop: { action: 'stopJobRun', request: { Name: '$.request.Name', RunId: '$.response.RunId' } },
    },
  ],
  [
    'ecs:runTask',
    {
      describe: {
        action: 'describeTasks',
        request: { Cluster: '$.request.Cluster', Tasks: ['$.response.Tasks.0.TaskArn'] },
      },
      job: 'Tasks.0',
      status: 'LastStatus',
      succeeded: ['STOPPED'],
      failed: [],
      isSuccess: containersSucceeded,
      stop: {
        action: 'stopTask',
        request: {
          Cluster: '$.request.Cluster',
          Task: '$.response.Tasks.0.TaskArn',
          Reason: 'The execution no longer waits for it.',
        },
      },
    },
  ],
  [
    'glue:startJobRun',
    {
      describe: { action: 'getJobRun', request: { JobName: '$.request.JobName', RunId: '$.response.JobRunId' } },
      job: 'JobRun',
      status: 'JobRunState',
      succeeded: ['SUCCEEDED'],
      failed: ['FAILED', 'STOPPED', 'TIMEOUT', 'ERROR', 'EXPIRED'],
      stop: {
        action: 'batchStopJobRun',
        request: { JobName: '$.request.JobName', JobRunIds: ['$.response.JobRunId'] },
      },
    },
  ],
  [
    'mediaconvert:createJob',
    {
      describe: { action: 'getJob', request: { Id: '$.response.Job.Id' } },
      job: '',
      status: 'Job.Status',
      succeeded: ['COMPLETE'],
      failed: ['ERROR', 'CANCELED'],
      stop: { action: 'cancelJob', request: { Id: '$.response.Job.Id' } },
    },
  ],
]);

function build(): JobRule {
  return {
    describe: { action: 'batchGetBuilds', request: { Ids: ['$.response.Build.Id'] } },
    job: 'Builds.0',
    status: 'BuildStatus',
    succeeded: ['SUCCEEDED'],
    failed: ['FAILED', 'FAULT', 'STOPPED', 'TIMED_OUT'],
    stop: { action: 'stopBuild', request: { Id: '$.response.Build.Id' } },
    result: inside('Build'),
  };
}

function buildBatch(): JobRule {
  return {
    describe: { action: 'batchGetBuildBatches', request: { Ids: ['$.response.BuildBatch.Id'] } },
    job: 'BuildBatches.0',
    status: 'BuildBatchStatus',
    succeeded: ['SUCCEEDED'],
    failed: ['FAILED', 'FAULT', 'STOPPED', 'TIMED_OUT'],
    stop: { action: 'stopBuildBatch', request: { Id: '$.response.BuildBatch.Id' } },
    result: inside('BuildBatch'),
  };
}

/** The result is an object with the job in it. */
function inside(name: string): JsonObject {
  return { [name]: '$.job' };
}
