import { expect, it } from 'vitest';
import { alarmTopicArnOf } from '../../lib/infra/alarm-topic.ts';
import { KnhkStack } from '../../lib/infra/stack.ts';
import { resourcesOf, templateOf, testApp } from './synthesis.ts';

const arn = 'arn:aws:sns:eu-central-1:123456789012:on-call';

it('is told by every alarm', () => {
  const app = testApp({ bundled: false });
  app.node.setContext('alarmTopicArn', arn);
  const stack = new KnhkStack(app, 'Knhk', { alarmTopicArn: alarmTopicArnOf(app.node) });
  const alarms = resourcesOf(templateOf(stack), 'AWS::CloudWatch::Alarm');
  expect(alarms.length).toBeGreaterThan(3);
  for (const [, { Properties }] of alarms) expect(Properties['AlarmActions']).toEqual([arn]);
});

it('is none where the context names none', () => {
  const app = testApp({ bundled: false });
  expect(alarmTopicArnOf(app.node)).toBeUndefined();
});

it.each(['on-call', `${arn}.fifo`, 'arn:aws:sqs:eu-central-1:123456789012:on-call', 7, ''])('cannot be %j', (given) => {
  const app = testApp({ bundled: false });
  app.node.setContext('alarmTopicArn', given);
  expect(() => alarmTopicArnOf(app.node)).toThrow('Give --context alarmTopicArn=… the ARN of a standard SNS topic');
});
