import { Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { describe, expect, it } from 'vitest';
import type { StartEvent } from '../../functions/events.ts';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import { InvalidEngineProps } from '../../lib/infra/engine-props.ts';
import { resourceOf, templateOf, testApp } from './synthesis.ts';

const stack = new Stack(testApp({ bundled: false }), 'Shop');
const engine = new KnhkEngine(stack, 'Engine');
engine.startOn('OrderPlaced', {
  eventBus: new EventBus(stack, 'Bus'),
  eventPattern: { source: ['shop'], detailType: ['OrderPlaced'] },
  workflow: 'order',
});
const json = templateOf(stack);
const rule = resourceOf(json, 'AWS::Events::Rule', 'OrderPlaced').Properties;
const [target] = rule['Targets'] as {
  Arn: unknown;
  InputTransformer: { InputPathsMap: Record<string, string>; InputTemplate: string };
  DeadLetterConfig: unknown;
}[];

/** What EventBridge makes of a template: each `<name>` is replaced by the value as JSON. */
function transformed(template: string, paths: Record<string, string>, event: Record<string, unknown>): unknown {
  const values: Record<string, unknown> = { 'aws.events.event.json': event };
  for (const [name, path] of Object.entries(paths)) values[name] = event[path.replace('$.', '')];
  return JSON.parse(template.replaceAll(/<([^>]+)>/g, (_, name: string) => JSON.stringify(values[name])));
}

describe('startOn', () => {
  it('makes a StartEvent of an event, with the id of the event as name', () => {
    const event = { id: '6a7e8feb-b491', source: 'shop', 'detail-type': 'OrderPlaced', detail: { total: 3 } };
    const { InputPathsMap = {}, InputTemplate = '' } = target?.InputTransformer ?? {};
    const expected: StartEvent = { knhk: 'start', workflow: 'order', name: '6a7e8feb-b491', input: event };
    expect(transformed(InputTemplate, InputPathsMap, event)).toEqual(expected);
  });

  it('invokes the api function, and loses no event that it cannot deliver', () => {
    expect(target?.Arn).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^EngineApi/), 'Arn'] });
    const undelivered = { 'Fn::GetAtt': [expect.stringMatching(/UndeliveredEvents/), 'Arn'] };
    expect(target?.DeadLetterConfig).toEqual({ Arn: undelivered });
    expect(resourceOf(json, 'AWS::Lambda::EventInvokeConfig', 'EngineApi').Properties).toMatchObject({
      DestinationConfig: { OnFailure: { Destination: undelivered } },
    });
  });

  it('listens with the pattern, on the bus', () => {
    expect(rule).toMatchObject({
      EventBusName: { Ref: expect.stringMatching(/^Bus/) },
      EventPattern: { source: ['shop'], 'detail-type': ['OrderPlaced'] },
    });
  });

  it.each(['', 'an order', 'arn:aws:states:eu-west-1:123456789012:stateMachine:order', '"<id>"', 'x'.repeat(81)])(
    'refuses the workflow name %j',
    (workflow) => {
      expect(() => engine.startOn('Bad', { eventPattern: { source: ['shop'] }, workflow })).toThrow(InvalidEngineProps);
    },
  );
});
