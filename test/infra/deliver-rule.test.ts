import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import type { DeliverEvent } from '../../functions/events.ts';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import { InvalidEngineProps } from '../../lib/infra/engine-props.ts';
import { resourceOf, templateOf, testApp } from './synthesis.ts';

const stack = new Stack(testApp({ bundled: false }), 'Shop');
const engine = new KnhkEngine(stack, 'Engine');
const eventPattern = { source: ['bank'], detailType: ['Paid'] };
engine.deliverOn('Paid', { eventPattern, workflow: 'order', execution: '$.detail.orderId', event: 'paid' });
engine.deliverOn('Returned', {
  eventPattern,
  execution: '\'arn:\' & $.detail."the arn"',
  event: 'returned',
  payload: '{ "sum": detail.sum }',
  id: 'detail.key',
  unmatched: 'discard',
});
const json = templateOf(stack);

/** What the api function is invoked with for an event, by the rule. */
function delivered(rule: string, event: object): unknown {
  const [target] = resourceOf(json, 'AWS::Events::Rule', rule).Properties['Targets'] as {
    InputTransformer: { InputTemplate: string };
  }[];
  return JSON.parse(
    (target?.InputTransformer.InputTemplate ?? '').replace('<aws.events.event.json>', JSON.stringify(event)),
  );
}

describe('deliverOn', () => {
  const event = { id: '6a7e', source: 'bank', detail: { orderId: 'A-1' } };

  it('makes a DeliverEvent, by default with the detail as payload and the id of the event', () => {
    const expected: DeliverEvent = {
      ...{ knhk: 'event', workflow: 'order', execution: '$.detail.orderId', event: 'paid' },
      ...{ payload: '$.detail', id: '$.id', unmatched: 'keep', source: event },
    };
    expect(delivered('Paid', event)).toEqual(expected);
  });

  it('passes expressions on as they are', () => {
    expect(delivered('Returned', event)).toEqual({
      ...{
        knhk: 'event',
        execution: '\'arn:\' & $.detail."the arn"',
        event: 'returned',
        payload: '{ "sum": detail.sum }',
      },
      ...{ id: 'detail.key', unmatched: 'discard', source: event },
    });
  });

  it('listens with the pattern, and loses no event that it cannot deliver', () => {
    const rule = resourceOf(json, 'AWS::Events::Rule', 'Paid').Properties;
    expect(rule).toMatchObject({ EventPattern: { source: ['bank'], 'detail-type': ['Paid'] } });
    expect(rule['Targets']).toMatchObject([
      {
        Arn: { 'Fn::GetAtt': [expect.stringMatching(/^EngineApi/), 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/UndeliveredEvents/), 'Arn'] } },
      },
    ]);
  });

  it.each([
    { workflow: 'an order', execution: '$.detail.id', event: 'paid' },
    { workflow: 'order', execution: '', event: 'paid' },
    { workflow: 'order', execution: '$.detail.id', event: '<id>' },
    { workflow: 'order', execution: '$.detail[n < 1].id', event: 'paid' },
  ])('refuses %j', (props) => {
    expect(() => engine.deliverOn('Bad', { eventPattern, ...props })).toThrow(InvalidEngineProps);
  });
});
