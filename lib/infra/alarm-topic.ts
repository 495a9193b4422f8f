import type { Node } from 'constructs';

const TOPIC_ARN = /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/;

/**
 * The SNS topic that the context names with `alarmTopicArn`.
 * @throws Error for what is no ARN of a topic that can take alarms: CloudWatch tells no FIFO topics.
 */
export function alarmTopicArnOf(node: Node): string | undefined {
  const arn: unknown = node.tryGetContext('alarmTopicArn');
  if (arn === undefined) return undefined;
  if (typeof arn === 'string' && TOPIC_ARN.test(arn)) return arn;
  const message = `Give --context alarmTopicArn=… the ARN of a standard SNS topic, and not ${JSON.stringify(arn)}.`;
  throw new Error(message);
}
