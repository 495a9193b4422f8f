import { isJsonObject, type Json, type JsonObject } from '../../../model/json.ts';
import type { OptimisedNames } from './failure.ts';

/** An optimised integration: a service that Step Functions calls with names, and in a form, of its own. */
export interface Integration extends OptimisedNames {
  /** The service in SDK integrations, as in `eventbridge` for `events`. */
  readonly sdk: string;
  /** Actions that are not the service's own of that name. */
  readonly actions?: Readonly<Record<string, Translation>>;
}

/** An action of Step Functions that stands for another one of the service. */
export interface Translation {
  readonly sdk?: string;
  readonly action: string;
  /** Templates, see `fill`; absent: request and answer stay as they are. */
  readonly request?: JsonObject;
  readonly answer?: JsonObject;
}

export const integrations: ReadonlyMap<string, Integration> = new Map<string, Integration>([
  ['athena', { sdk: 'athena', prefix: 'Athena', service: 'AmazonAthena' }],
  ['batch', { sdk: 'batch', prefix: 'Batch', service: 'AWSBatch' }],
  [
    'bedrock',
    {
      sdk: 'bedrock',
      prefix: 'Bedrock',
      service: 'AmazonBedrock',
      actions: { invokeModel: { sdk: 'bedrockruntime', action: 'invokeModel' } },
    },
  ],
  ['codebuild', { sdk: 'codebuild', prefix: 'CodeBuild', service: 'AWSCodeBuild' }],
  ['databrew', { sdk: 'databrew', prefix: 'GlueDataBrew', service: 'AWSGlueDataBrew' }],
  ['dynamodb', { sdk: 'dynamodb', prefix: 'DynamoDB', service: 'AmazonDynamoDBv2' }],
  ['ecs', { sdk: 'ecs', prefix: 'ECS', service: 'AmazonECS' }],
  ['eks', { sdk: 'eks', prefix: 'EKS', service: 'AmazonEKS' }],
  [
    'elasticmapreduce',
    {
      sdk: 'emr',
      prefix: 'ElasticMapReduce',
      service: 'AmazonElasticMapReduce',
      actions: {
        createCluster: { action: 'runJobFlow', answer: { ClusterId: '$.JobFlowId', ClusterArn: '$.ClusterArn' } },
        terminateCluster: { action: 'terminateJobFlows', request: { JobFlowIds: ['$.ClusterId'] } },
        addStep: {
          action: 'addJobFlowSteps',
          request: { JobFlowId: '$.ClusterId', Steps: ['$.Step'], ExecutionRoleArn: '$.ExecutionRoleArn' },
          answer: { StepId: '$.StepIds.0' },
        },
        cancelStep: {
          action: 'cancelSteps',
          request: { ClusterId: '$.ClusterId', StepIds: ['$.StepId'] },
          answer: { CancelStepsInfo: '$.CancelStepsInfoList.0' },
        },
        setClusterTerminationProtection: {
          action: 'setTerminationProtection',
          request: { JobFlowIds: ['$.ClusterId'], TerminationProtected: '$.TerminationProtected' },
        },
      },
    },
  ],
  ['emr-containers', { sdk: 'emrcontainers', prefix: 'EMRContainers', service: 'AmazonEMRContainers' }],
  ['emr-serverless', { sdk: 'emrserverless', prefix: 'EMRServerless', service: 'AWSEMRServerless' }],
  ['events', { sdk: 'eventbridge', prefix: 'EventBridge', service: 'AmazonEventBridge' }],
  ['glue', { sdk: 'glue', prefix: 'Glue', service: 'AWSGlue' }],
  ['mediaconvert', { sdk: 'mediaconvert', prefix: 'MediaConvert', service: 'AWSMediaConvert' }],
  ['sagemaker', { sdk: 'sagemaker', prefix: 'SageMaker', service: 'AmazonSageMaker' }],
  ['sns', { sdk: 'sns', prefix: 'SNS', service: 'AmazonSNS' }],
  ['sqs', { sdk: 'sqs', prefix: 'SQS', service: 'AmazonSQS' }],
]);

/** A template with every text that is a path, as in `$.Steps.0.Id`, replaced by what is there; what is not there is left out. */
export function fill(template: JsonObject, from: Json): JsonObject {
  const filled: Record<string, Json> = {};
  for (const [name, value] of Object.entries(template)) {
    const given = fillValue(value, from);
    if (given !== undefined) filled[name] = given;
  }
  return filled;
}

function fillValue(template: Json, from: Json): Json | undefined {
  if (typeof template === 'string') return template.startsWith('$.') ? at(from, template.slice(2)) : template;
  if (Array.isArray(template)) {
    return template.map((item) => fillValue(item, from)).filter((item) => item !== undefined);
  }
  return isJsonObject(template) ? fill(template, from) : template;
}

/** What is at a path such as `Steps.0.Id`; the empty one is the value itself. */
export function at(value: Json, path: string): Json | undefined {
  let found: Json | undefined = value;
  for (const part of path === '' ? [] : path.split('.')) {
    if (Array.isArray(found)) found = found[Number(part)];
    else found = isJsonObject(found) && Object.hasOwn(found, part) ? found[part] : undefined;
  }
  return found;
}
