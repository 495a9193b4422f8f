import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../functions/environment.ts';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import type { KnhkEngineProps } from '../../lib/infra/engine-props.ts';
import { testApp } from './synthesis.ts';

const charge = 'arn:aws:lambda:eu-west-1:123456789012:function:charge';

function synthesized(propsOf: (stack: Stack, charge: IFunction) => KnhkEngineProps): Template {
  const stack = new Stack(testApp({ bundled: false }), 'Test');
  new KnhkEngine(stack, 'Engine', propsOf(stack, LambdaFunction.fromFunctionArn(stack, 'Charge', charge)));
  return Template.fromStack(stack);
}

function alarms(template: Template): readonly string[] {
  const found = template.findResources('AWS::CloudWatch::Alarm', { Properties: { Namespace: 'KNHK' } });
  return Object.values(found).map(({ Properties }) => String(Properties['MetricName']));
}

describe('circuit breakers of a deployment', () => {
  const template = synthesized((_stack, { functionArn }) => ({
    breakers: { '*': { minimumCalls: 5 }, [functionArn]: { whenOpen: 'park' } },
  }));

  it('reach the functions as they are given, by the ARN of a function of the same app, too', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties['Environment']?.Variables?.['KNHK_BREAKERS'],
    );
    const texts = functions.filter((text) => text !== undefined);
    expect(texts).toHaveLength(3);
    const names = { ACCOUNT: '', BLOB_BUCKET: '', EVENT_TABLE: '', PARTITION: '', QUEUE_ARN: '', QUEUE_URL: '' };
    const more = { SCHEDULER_ROLE_ARN: '', SCHEDULE_GROUP: '', STATE_TABLE: '' };
    const others = Object.keys({ ...names, ...more }).map((name) => [`KNHK_${name}`, 'x']);
    const environment = { ...Object.fromEntries(others), AWS_REGION: 'eu-west-1', KNHK_LOG_RETENTION_DAYS: '1' };
    const { breakers } = readEnvironment({ ...environment, KNHK_BREAKERS: texts[0] });
    expect(breakers.get('*')).toMatchObject({ minimumCalls: 5, whenOpen: 'fail' });
    expect(breakers.get(charge)).toMatchObject({ minimumCalls: 20, whenOpen: 'park' });
  });

  it('are checked when the app is synthesized', () => {
    const wrong = { breakers: { 'https://api.example.com': { failureRatio: 2 } } };
    expect(() => synthesized(() => wrong)).toThrow(
      'Correct breakers. For "https://api.example.com": Set failureRatio to a number above 0, at most 1, not 2.',
    );
    const many = Array.from({ length: 100 }, (_, index) => [`https://host-${index}.example.com`, {}]);
    expect(() => synthesized(() => ({ breakers: Object.fromEntries(many) }))).toThrow('Give breakers fewer policies');
  });

  it('have an alarm that goes off when one opens, where there are figures', () => {
    expect(alarms(template)).toEqual(['knhk_breaker_transitions_total']);
    expect(alarms(synthesized(() => ({ metrics: false })))).toEqual([]);
  });
});
