import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeliverEvent } from '../../functions/events.ts';
import { onEachDynamo } from '../adapters/aws/emulators.ts';
import { Cloud } from './cloud.ts';

const WORK_ITEM = 'arn:aws:states:::knhk:workItem';
const ACTIVITY = 'arn:aws:states:us-east-1:123456789012:activity';

/** Waits for the payment, or for somebody who gives the order up; then for its shipment. */
const order = {
  StartAt: 'Open',
  States: {
    Open: { Type: 'Place', Next: ['Pay', 'GiveUp'] },
    Pay: { Type: 'Pass', Trigger: { Event: 'paid' }, Parameters: { 'sum.$': '$$.Event.Payload.sum' }, Next: 'Ship' },
    GiveUp: { Type: 'Task', Resource: WORK_ITEM, Parameters: { Candidates: ['anna', 'bert'] }, End: true },
    Ship: { Type: 'Task', Resource: `${ACTIVITY}:ship`, End: true },
  },
};
const either = {
  StartAt: 'Either',
  States: {
    Either: { Type: 'Place', Next: ['A', 'B'] },
    A: { Type: 'Task', Resource: WORK_ITEM, End: true },
    B: { Type: 'Task', Resource: WORK_ITEM, End: true },
  },
};

/** A rule's event about an order. */
function paid(orderId: string, fields: Partial<DeliverEvent> = {}): DeliverEvent {
  const detail = { orderId, sum: 7 };
  return {
    ...{ knhk: 'event', workflow: 'order', execution: '$.detail.orderId', event: 'paid', payload: '$.detail' },
    ...{ id: '$.id', unmatched: 'keep', source: { id: `e-${orderId}`, source: 'bank', detail } },
    ...fields,
  };
}

onEachDynamo(describe, (kind) => {
  let cloud: Cloud;

  beforeAll(async () => {
    cloud = await Cloud.start(kind, {});
    await cloud.request('POST', '/v1/activities', { name: 'ship' }, JSON_TYPE);
    for (const [name, definition] of Object.entries({ order, either })) {
      expect((await cloud.request('PUT', `/v1/workflows/${name}`, { definition }, JSON_TYPE)).status).toBe(201);
    }
  });
  afterAll(() => cloud.stop());

  const start = async (workflow: string, name: string) => {
    const path = `/v1/workflows/${workflow}/executions`;
    expect((await cloud.request('POST', path, { name }, JSON_TYPE)).status).toBe(201);
    await cloud.runQueue();
    return `${path}/${name}`;
  };
  const show = async (path: string) => (await cloud.request('GET', path)).body;

  it('delivers an event of a bus once to the execution that its rule finds', async () => {
    const path = await start('order', 'o-1');
    await cloud.startBy(paid('o-1'));
    await cloud.startBy(paid('o-1'));
    await cloud.runQueue();
    await cloud.startBy(paid('o-1'));
    await cloud.runQueue();
    expect(await show(`${path}/open`)).toMatchObject({
      events: [],
      places: [],
      tasks: [{ state: 'Ship', payload: { sum: 7 } }],
    });

    const taken = await cloud.requestWhileRunning('POST', '/v1/activities/ship/tasks', {});
    expect(taken).toMatchObject({ status: 200, body: { input: { sum: 7 } } });
    await cloud.request('POST', `/v1/tasks/${taken.body.token}/success`, { output: 'shipped' }, JSON_TYPE);
    await cloud.runQueue();
    expect(await show(path)).toMatchObject({ status: 'SUCCEEDED', output: 'shipped' });
    // It has closed: nothing is to be done about another payment.
    await cloud.startBy(paid('o-1', { id: "'another'" }));
  });

  it('finds executions by expressions, and by their ARN', async () => {
    const path = await start('order', 'order-77');
    const { arn } = await show(path);
    const source = { id: 'e-77', source: 'bank', detail: { arn, number: 77, sum: 1 } };
    await cloud.startBy(
      paid('', { source, execution: "'order-' & detail.number", payload: '{ "sum": detail.sum * 2 }' }),
    );
    await cloud.runQueue();
    expect((await show(`${path}/open`)).tasks).toMatchObject([{ state: 'Ship', payload: { sum: 2 } }]);
    const { workflow: _, ...byArn } = paid('', { source, execution: 'detail.arn', id: "'second'" });
    await cloud.startBy(byArn);
    await cloud.runQueue();
    expect((await show(`${path}/open`)).events).toMatchObject([{ id: 'second', name: 'paid' }]);
  });

  it('keeps or discards what belongs to no execution, as the rule says, and refuses a rule that gives nothing', async () => {
    await expect(cloud.startBy(paid('nobody'))).rejects.toThrow('nobody');
    await cloud.startBy(paid('nobody', { unmatched: 'discard' }));
    await expect(cloud.startBy(paid('x', { execution: 'detail.nothing' }))).rejects.toThrow('detail.nothing');
    await expect(cloud.startBy(paid('x', { execution: 'detail.(' }))).rejects.toThrow('Correct the rule');
  });

  it('gives a work item to one of those who want it, though another process decides', async () => {
    const path = await start('either', 'one');
    const { items } = await show(`${path}/work-items`);
    expect(items).toMatchObject([{ state: 'A' }, { state: 'B' }]);
    const answers = await Promise.all(
      items.map(({ id }: { id: string }, at: number) =>
        cloud.requestWhileRunning('POST', `/v1/work-items/${id}/start`, { worker: `worker-${at}` }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const { body } = answers.find(({ status }) => status === 200) ?? {};
    expect((await cloud.requestWhileRunning('POST', `/v1/work-items/${body.id}/complete`, { output: 1 })).status).toBe(
      204,
    );
    expect(await show(path)).toMatchObject({ status: 'SUCCEEDED', output: 1 });
  });

  it('lists work items of candidates, and says what became of an event', async () => {
    const path = await start('order', 'o-2');
    const list = async () => (await show('/v1/work-items?candidate=bert')).items;
    expect((await list()).map(({ execution }: { execution: string }) => execution)).toContain('o-2');
    const event = { name: 'paid', id: 'p', payload: { sum: 3 } };
    const sent = await cloud.requestWhileRunning('POST', `${path}/events`, event);
    expect(sent).toMatchObject({ status: 200, body: { id: 'p', outcome: 'taken' } });
    expect((await cloud.request('POST', `${path}/events`, event, JSON_TYPE)).body.outcome).toBe('repeated');
    expect((await list()).map(({ execution }: { execution: string }) => execution)).not.toContain('o-2');
  });
});

const JSON_TYPE = { 'content-type': 'application/json' };
