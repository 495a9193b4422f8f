import type { JsonObject } from '../../../model/json.ts';
import type { JobRule } from './job.ts';

/** The jobs of EKS, EMR and SageMaker that `.sync` waits for; the others are in jobs.ts. */
export const clusterJobs: ReadonlyMap<string, JobRule> = new Map<string, JobRule>([
  ['eks:createCluster', created('describeCluster', { Name: '$.request.Name' }, 'Cluster')],
  ['eks:deleteCluster', deleted('describeCluster', { Name: '$.request.Name' }, 'Cluster')],
  ['eks:createNodegroup', created('describeNodegroup', nodegroup(), 'Nodegroup')],
  ['eks:deleteNodegroup', deleted('describeNodegroup', nodegroup(), 'Nodegroup')],
  ['eks:createFargateProfile', created('describeFargateProfile', profile(), 'FargateProfile')],
  ['eks:deleteFargateProfile', deleted('describeFargateProfile', profile(), 'FargateProfile')],
  [
    'elasticmapreduce:createCluster',
    {
      describe: { action: 'describeCluster', request: { ClusterId: '$.response.ClusterId' } },
      job: 'Cluster',
      status: 'Status.State',
      succeeded: ['WAITING', 'RUNNING'],
      failed: ['TERMINATING', 'TERMINATED', 'TERMINATED_WITH_ERRORS'],
      stop: { action: 'terminateJobFlows', request: { JobFlowIds: ['$.response.ClusterId'] } },
      result: { Cluster: '$.job', ClusterId: '$.response.ClusterId' },
    },
  ],
  [
    'elasticmapreduce:terminateCluster',
    {
      describe: { action: 'describeCluster', request: { ClusterId: '$.request.ClusterId' } },
      job: 'Cluster',
      status: 'Status.State',
      succeeded: ['TERMINATED', 'TERMINATED_WITH_ERRORS'],
      failed: [],
      result: { Cluster: '$.job' },
    },
  ],
  [
    'elasticmapreduce:addStep',
    {
      describe: {
        action: 'describeStep',
        request: { ClusterId: '$.request.ClusterId', StepId: '$.response.StepId' },
      },
      job: 'Step',
      status: 'Status.State',
      succeeded: ['COMPLETED'],
      failed: ['CANCELLED', 'FAILED', 'INTERRUPTED'],
      stop: {
        action: 'cancelSteps',
        request: { ClusterId: '$.request.ClusterId', StepIds: ['$.response.StepId'] },
      },
      result: { Step: '$.job' },
    },
  ],
  [
    'emr-containers:startJobRun',
    {
      describe: {
        action: 'describeJobRun',
        request: { Id: '$.response.Id', VirtualClusterId: '$.request.VirtualClusterId' },
      },
      job: '',
      status: 'JobRun.State',
      succeeded: ['COMPLETED'],
      failed: ['FAILED', 'CANCELLED', 'CANCEL_PENDING'],
      stop: {
        action: 'cancelJobRun',
        request: { Id: '$.response.Id', VirtualClusterId: '$.request.VirtualClusterId' },
      },
    },
  ],
  [
    'emr-containers:deleteVirtualCluster',
    {
      describe: { action: 'describeVirtualCluster', request: { Id: '$.request.Id' } },
      job: '',
      status: 'VirtualCluster.State',
      succeeded: ['TERMINATED'],
      failed: ['ARRESTED'],
    },
  ],
  ['emr-serverless:startJobRun', serverlessRun('$.response.JobRunId', ['SUCCESS'], ['FAILED', 'CANCELLED'])],
  ['emr-serverless:cancelJobRun', serverlessRun('$.request.JobRunId', ['CANCELLED', 'SUCCESS', 'FAILED'], [])],
  ['emr-serverless:createApplication', application('$.response.ApplicationId', ['CREATED', 'STARTED'])],
  ['emr-serverless:startApplication', application('$.request.ApplicationId', ['STARTED'])],
  ['emr-serverless:stopApplication', application('$.request.ApplicationId', ['STOPPED'], [])],
  ['emr-serverless:deleteApplication', application('$.request.ApplicationId', ['TERMINATED'], [])],
  ['sagemaker:createTrainingJob', sagemaker('TrainingJob')],
  ['sagemaker:createTransformJob', sagemaker('TransformJob')],
  ['sagemaker:createHyperParameterTuningJob', sagemaker('HyperParameterTuningJob')],
  ['sagemaker:createLabelingJob', sagemaker('LabelingJob')],
  ['sagemaker:createProcessingJob', sagemaker('ProcessingJob')],
]);

function created(action: string, request: JsonObject, job: string): JobRule {
  const failed = ['FAILED', 'CREATE_FAILED', 'DELETING', 'DELETE_FAILED'];
  return { describe: { action, request }, job: '', status: `${job}.Status`, succeeded: ['ACTIVE'], failed };
}

function deleted(action: string, request: JsonObject, job: string): JobRule {
  const failed = ['FAILED', 'DELETE_FAILED'];
  return { describe: { action, request }, job: '', status: `${job}.Status`, succeeded: [], failed, isGone: true };
}

function nodegroup(): JsonObject {
  return { ClusterName: '$.request.ClusterName', NodegroupName: '$.request.NodegroupName' };
}

function profile(): JsonObject {
  return { ClusterName: '$.request.ClusterName', FargateProfileName: '$.request.FargateProfileName' };
}

function serverlessRun(JobRunId: string, succeeded: readonly string[], failed: readonly string[]): JobRule {
  const request = { ApplicationId: '$.request.ApplicationId', JobRunId };
  return {
    describe: { action: 'getJobRun', request },
    job: '',
    status: 'JobRun.State',
    succeeded,
    failed,
    ...(failed.length === 0 ? {} : { stop: { action: 'cancelJobRun', request } }),
  };
}

function application(
  ApplicationId: string,
  succeeded: readonly string[],
  failed: readonly string[] = ['TERMINATED'],
): JobRule {
  const describe = { action: 'getApplication', request: { ApplicationId } };
  return { describe, job: '', status: 'Application.State', succeeded, failed };
}

/** A kind of job whose name, status and actions are all made of the kind's name. */
function sagemaker(kind: string): JobRule {
  const request = { [`${kind}Name`]: `$.request.${kind}Name` };
  return {
    describe: { action: `describe${kind}`, request },
    job: '',
    status: `${kind}Status`,
    succeeded: ['Completed'],
    failed: ['Failed', 'Stopped'],
    stop: { action: `stop${kind}`, request },
  };
}
