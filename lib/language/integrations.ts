import type { IntegrationPattern } from '../model/plan.ts';

const call: readonly IntegrationPattern[] = ['requestResponse'];
const callback: readonly IntegrationPattern[] = ['requestResponse', 'waitForTaskToken'];
const job: readonly IntegrationPattern[] = ['requestResponse', 'sync'];
const jobOrCallback: readonly IntegrationPattern[] = ['requestResponse', 'sync', 'waitForTaskToken'];
const childExecution: readonly IntegrationPattern[] = ['requestResponse', 'sync', 'sync:2', 'waitForTaskToken'];

function actions(patterns: readonly IntegrationPattern[], ...names: readonly string[]) {
  return names.map((name) => [name, patterns] as const);
}

type Actions = ReadonlyMap<string, readonly IntegrationPattern[]>;

/**
 * The optimised integrations of Step Functions, and which patterns each of their actions supports.
 * Source: "Integrating services with Step Functions" in the AWS Step Functions developer guide.
 */
const optimised: ReadonlyMap<string, Actions> = new Map<string, Actions>([
  ['apigateway', new Map(actions(callback, 'invoke'))],
  [
    'athena',
    new Map([
      ...actions(job, 'startQueryExecution'),
      ...actions(call, 'stopQueryExecution', 'getQueryExecution', 'getQueryResults'),
    ]),
  ],
  ['batch', new Map(actions(job, 'submitJob'))],
  ['bedrock', new Map([...actions(call, 'invokeModel'), ...actions(job, 'createModelCustomizationJob')])],
  [
    'codebuild',
    new Map([
      ...actions(job, 'startBuild', 'startBuildBatch', 'retryBuild', 'retryBuildBatch'),
      ...actions(call, 'stopBuild', 'batchDeleteBuilds', 'batchGetReports', 'stopBuildBatch', 'deleteBuildBatch'),
    ]),
  ],
  ['databrew', new Map(actions(job, 'startJobRun'))],
  ['dynamodb', new Map(actions(call, 'getItem', 'putItem', 'updateItem', 'deleteItem'))],
  ['ecs', new Map(actions(jobOrCallback, 'runTask'))],
  [
    'eks',
    new Map([
      ...actions(job, 'createCluster', 'deleteCluster', 'createNodegroup', 'deleteNodegroup'),
      ...actions(job, 'createFargateProfile', 'deleteFargateProfile', 'runJob'),
      ...actions(call, 'call'),
    ]),
  ],
  [
    'elasticmapreduce',
    new Map([
      ...actions(job, 'createCluster', 'terminateCluster', 'addStep'),
      ...actions(call, 'cancelStep', 'setClusterTerminationProtection'),
      ...actions(call, 'modifyInstanceFleetByName', 'modifyInstanceGroupByName'),
    ]),
  ],
  [
    'emr-containers',
    new Map([...actions(call, 'createVirtualCluster'), ...actions(job, 'deleteVirtualCluster', 'startJobRun')]),
  ],
  [
    'emr-serverless',
    new Map([
      ...actions(job, 'createApplication', 'startApplication', 'stopApplication', 'deleteApplication'),
      ...actions(job, 'startJobRun', 'cancelJobRun'),
    ]),
  ],
  ['events', new Map(actions(callback, 'putEvents'))],
  ['glue', new Map(actions(job, 'startJobRun'))],
  ['http', new Map(actions(call, 'invoke'))],
  ['lambda', new Map(actions(callback, 'invoke'))],
  ['mediaconvert', new Map(actions(job, 'createJob'))],
  [
    'sagemaker',
    new Map([
      ...actions(job, 'createTrainingJob', 'createTransformJob', 'createHyperParameterTuningJob'),
      ...actions(job, 'createLabelingJob', 'createProcessingJob'),
      ...actions(call, 'createEndpoint', 'createEndpointConfig', 'createModel', 'updateEndpoint'),
    ]),
  ],
  ['sns', new Map(actions(callback, 'publish'))],
  ['sqs', new Map(actions(callback, 'sendMessage'))],
  ['states', new Map(actions(childExecution, 'startExecution'))],
]);

/** The patterns an action supports; `undefined` if there is no such integration. */
export function integrationPatterns(service: string, action: string): readonly IntegrationPattern[] | undefined {
  // Actions are written in camel case there, and services in lower case.
  if (service.startsWith('aws-sdk:'))
    return /^aws-sdk:[a-z\d]+ [a-z]/.test(`${service} ${action}`) ? callback : undefined;
  return optimised.get(service)?.get(action);
}
