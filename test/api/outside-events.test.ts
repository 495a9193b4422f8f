import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer, whose fields the tests look at.
  readonly body: any;
}

async function call(method: string, path: string, body?: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const content = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await fetch(`${api.url}${path}`, { method, ...content });
  return { status: response.status, body: await response.json() };
}

let count = 0;

async function started(definition: object, input: unknown = {}): Promise<string> {
  count += 1;
  const name = `v${count}`;
  expect((await call('PUT', `/v1/workflows/${name}`, { definition })).status).toBeLessThan(300);
  expect((await call('POST', `/v1/workflows/${name}/executions`, { name: 'e', input })).status).toBe(201);
  return `/v1/workflows/${name}/executions/e`;
}

const ended = async (path: string) => (await call('GET', `${path}?wait=10`)).body;

const paid = (persistent = true) => ({
  StartAt: 'Paid',
  States: {
    Paid: {
      Type: 'Pass',
      Trigger: { Event: 'paid', Persistent: persistent },
      Parameters: { 'sum.$': '$$.Event.Payload.sum' },
      Next: 'Review',
    },
    Review: { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', ResultPath: null, End: true },
  },
});

describe('an event', () => {
  test('starts the state that waits for it, once', async () => {
    const path = await started(paid());
    const event = { name: 'paid', id: 'p-1', payload: { sum: 5 } };
    expect((await call('POST', `${path}/events`, event)).body).toEqual({ id: 'p-1', outcome: 'taken' });
    expect((await call('POST', `${path}/events`, event)).body).toEqual({ id: 'p-1', outcome: 'repeated' });
    const { items } = (await call('GET', `${path}/work-items`)).body;
    expect(items).toMatchObject([{ state: 'Review', payload: { sum: 5 } }]);
  });

  test('of an id that another one came with is refused, and the same one repeated', async () => {
    const path = await started(paid());
    const event = { name: 'paid', id: 'p-1', payload: { sum: 5, of: 'ann' } };
    await call('POST', `${path}/events`, event);
    const other = await call('POST', `${path}/events`, { ...event, payload: { sum: 6 } });
    expect(other).toMatchObject({ status: 409, body: { code: 'Knhk.EventConflict' } });
    expect(other.body.detail).toMatch(/^Give this event another id: at \d{4}-.*Z one with another payload came/);
    const same = await call('POST', `${path}/events`, { ...event, payload: { of: 'ann', sum: 5 } });
    expect(same.body).toEqual({ id: 'p-1', outcome: 'repeated' });
    await call('POST', `${path}/stop`, {});
    expect((await call('POST', `${path}/events`, event)).body).toEqual({ id: 'p-1', outcome: 'repeated' });
    expect((await call('POST', `${path}/events`, { ...event, payload: 1 })).body.code).toBe('Knhk.EventConflict');
  });

  test('of several that come at once with one id the first counts, and others are refused', async () => {
    const path = await started(paid());
    const send = (sum: number) => call('POST', `${path}/events`, { name: 'paid', id: 'p-1', payload: { sum } });
    const answers = await Promise.all([1, 2, 3, 4].map(send));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const winner = answers.findIndex(({ status }) => status === 200) + 1;
    expect((await call('GET', `${path}/work-items`)).body.items).toMatchObject([{ payload: { sum: winner } }]);
  });

  test('is kept, with an id of its own, until a state takes it', async () => {
    const path = await started(paid());
    await call('POST', `${path}/events`, { name: 'paid', payload: { sum: 1 } });
    const later = (await call('POST', `${path}/events`, { name: 'paid', payload: { sum: 2 } })).body;
    expect(later).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), outcome: 'kept' });
    expect((await call('GET', `${path}/open`)).body.events).toMatchObject([{ id: later.id, name: 'paid' }]);
  });

  test('that is transient and comes too late is discarded', async () => {
    const path = await started(paid(false));
    expect((await call('POST', `${path}/events`, { name: 'paid', payload: { sum: 1 } })).body.outcome).toBe('taken');
    expect((await call('POST', `${path}/events`, { name: 'paid', payload: { sum: 2 } })).body.outcome).toBe(
      'discarded',
    );
  });

  test('that comes many times at once is taken once', async () => {
    const path = await started(paid());
    const event = { name: 'paid', id: 'p-1', payload: { sum: 5 } };
    const answers = await Promise.all(Array.from({ length: 8 }, () => call('POST', `${path}/events`, event)));
    const outcomes = answers.map(({ body }) => body.outcome).sort();
    expect(outcomes.filter((outcome) => outcome === 'kept' || outcome === 'discarded')).toEqual([]);
    expect((await call('GET', `${path}/open`)).body.events).toEqual([]);
  });

  test('is refused where nobody knows its name, nobody is there, or all is over', async () => {
    const path = await started(paid());
    const unknown = await call('POST', `${path}/events`, { name: 'payed' });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'Knhk.EventUnknown' } });
    expect(unknown.body.detail).toContain('"paid"');
    expect(await call('POST', '/v1/workflows/v1/executions/none/events', { name: 'paid' })).toMatchObject({
      ...{ status: 404, body: { code: 'Knhk.ExecutionNotFound' } },
    });
    await call('POST', `${path}/stop`, {});
    await ended(path);
    const late = await call('POST', `${path}/events`, { name: 'paid' });
    expect(late).toMatchObject({ status: 409, body: { code: 'Knhk.ExecutionClosed' } });
    expect(late.body.detail).toMatch(/^Redrive the execution, .*: arn:.*:e has closed, ABORTED at \d{4}-.*Z\.$/);
  });
});

const fan = (fields: object) => ({
  StartAt: 'Fan',
  States: {
    Fan: {
      Type: 'Map',
      ...fields,
      ItemProcessor: {
        StartAt: 'Do',
        States: { Do: { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', End: true } },
      },
      End: true,
    },
  },
});

describe('items', () => {
  test('are added to a dynamic Map, once, until it has completed', async () => {
    const path = await started(fan({ Dynamic: true }), ['a']);
    const more = { state: 'Fan', items: ['b', 'c'], id: 'r-1' };
    const added = (await call('POST', `${path}/items`, more)).body;
    expect(added).toMatchObject({ id: 'r-1', outcome: 'added' });
    expect((await call('POST', `${path}/items`, more)).body).toEqual({ ...added, outcome: 'repeated' });
    const other = await call('POST', `${path}/items`, { ...more, items: ['b'] });
    expect(other).toMatchObject({ status: 409, body: { code: 'Knhk.ItemsConflict' } });
    const { items } = (await call('GET', `${path}/work-items`)).body;
    expect(items.map(({ payload }: { payload: string }) => payload)).toEqual(['a', 'b', 'c']);
    for (const { id, payload } of items) await call('POST', `/v1/work-items/${id}/start`, { worker: payload });
    for (const { id, payload } of items) await finish(id, payload);
    expect(await ended(path)).toMatchObject({ status: 'SUCCEEDED', output: ['A', 'B', 'C'] });
    expect((await call('POST', `${path}/items`, more)).body).toEqual({ ...added, outcome: 'repeated' });
    expect(await call('POST', `${path}/items`, { state: 'Fan', items: ['d'] })).toMatchObject({
      ...{ status: 409, body: { code: 'Knhk.ExecutionClosed' } },
    });
  });

  test('are refused where no such Map runs, or it takes none', async () => {
    const path = await started(fan({}), ['a']);
    const refusal = async (body: object) => (await call('POST', `${path}/items`, body)).body.code;
    expect(await refusal({ state: 'Fan', items: ['b'] })).toBe('Knhk.MapNotDynamic');
    expect(await refusal({ state: 'Fun', items: ['b'] })).toBe('Knhk.MapNotRunning');
    expect(await refusal({ state: 'Fan', items: [] })).toBe('Knhk.RequestInvalid');
  });

  test('need the activation where several Maps of the name run', async () => {
    const inner = fan({ Dynamic: true });
    const branch = { StartAt: 'Both', States: { Both: { Type: 'Map', ItemProcessor: inner, End: true } } };
    const path = await started(branch, [['a'], ['b']]);
    const ambiguous = await call('POST', `${path}/items`, { state: 'Fan', items: ['x'] });
    expect(ambiguous).toMatchObject({ status: 409, body: { code: 'Knhk.MapAmbiguous' } });
    const { states } = (await call('GET', `${path}/open`)).body;
    const second = states.find(({ state, within }: Record<string, string>) => state === 'Fan' && within === 'Both[1]');
    const added = await call('POST', `${path}/items`, { state: 'Fan', items: ['x'], activation: second.activation });
    expect(added.body).toMatchObject({ activation: second.activation, outcome: 'added' });
  });
});

async function finish(id: string, payload: string): Promise<void> {
  await fetch(`${api.url}/v1/work-items/${id}/complete`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ output: payload.toUpperCase() }),
  });
}

describe('what is open', () => {
  test('shows work, offers, tokens that wait and what for, and places', async () => {
    const path = await started({
      QueryLanguage: 'JSONata',
      StartAt: 'Split',
      States: {
        Split: { Type: 'Pass', Next: ['Rest', 'Sleep', 'Join', 'Mark'] },
        Rest: { Type: 'Place', Next: ['Item', 'Told'] },
        Item: { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', Next: 'Join' },
        Told: { Type: 'Pass', Trigger: { Event: 'told' }, Next: 'Join' },
        Sleep: { Type: 'Wait', Seconds: 3_600, Next: 'Join' },
        Mark: { Type: 'Place', Next: [] },
        Join: { Type: 'Pass', Join: 'all', End: true },
      },
    });
    const { body } = await call('GET', `${path}/open`);
    expect(body.states).toMatchObject([{ state: 'Sleep', type: 'Wait', doing: 'waiting', dueAt: expect.any(String) }]);
    expect(body.tasks).toMatchObject([{ state: 'Item', status: 'offered', kind: 'workItem' }]);
    expect(body.places).toEqual([
      { state: 'Rest', tokens: 1 },
      { state: 'Mark', tokens: 1 },
    ]);
    expect(body.waiting).toEqual([
      { state: 'Item', from: ['Rest'] },
      { state: 'Told', from: ['Rest'], event: 'told' },
      { state: 'Join', from: ['Split'], join: 'all' },
    ]);
    expect(body.events).toEqual([]);
  });
});
