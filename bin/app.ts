import { App } from 'aws-cdk-lib';
import { alarmTopicArnOf } from '../lib/infra/alarm-topic.ts';
import { KnhkStack } from '../lib/infra/stack.ts';
import { isStageName, stageNames, stages } from '../lib/infra/stages.ts';

/**
 * `cdk deploy`: the stage `prod`; another one with `--context stage=dev`. Alarms tell the
 * SNS topic of `--context alarmTopicArn=arn:…`. Account and region are those of the caller.
 */
const app = new App();
const stage: unknown = app.node.tryGetContext('stage') ?? 'prod';
if (!isStageName(stage))
  throw new Error(`Choose a stage that exists with --context stage=…: ${stageNames.join(', ')}.`);

new KnhkStack(app, stage === 'prod' ? 'Knhk' : `Knhk-${stage}`, {
  engine: stages[stage],
  alarmTopicArn: alarmTopicArnOf(app.node),
});
