import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { KnhkEngine } from './engine.ts';
import type { KnhkEngineProps } from './engine-props.ts';

export interface KnhkStackProps extends StackProps {
  readonly engine?: KnhkEngineProps;
  /** SNS topic that alarms tell, where `engine` names none. */
  readonly alarmTopicArn?: string | undefined;
}

/** The engine alone in a stack. To grant it functions or start workflows on events, put a `KnhkEngine` into a stack of your own. */
export class KnhkStack extends Stack {
  readonly engine: KnhkEngine;

  constructor(scope: Construct, id: string, props: KnhkStackProps = {}) {
    const { engine, alarmTopicArn, ...stackProps } = props;
    super(scope, id, { description: 'KNHK workflow engine', ...stackProps });
    this.engine = new KnhkEngine(this, 'Engine', {
      ...(alarmTopicArn === undefined ? {} : { alarmTopic: Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn) }),
      ...engine,
    });
    this.output(
      'ApiUrl',
      this.engine.url,
      'Base URL of the API; sign requests with Signature Version 4 for execute-api',
    );
    this.output('ExecutorRoleArn', this.engine.executorFunction.executionRole.roleArn, 'Who invokes the tasks');
    this.output('WorkDeadLettersUrl', this.engine.queues.workDeadLetters.queueUrl, 'What to redrive, see the runbook');
  }

  private output(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description });
  }
}
