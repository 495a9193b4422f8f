import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../lib/model/json.ts';
import { type RunningApi, startApi } from './running-api.ts';

/** Calls of the function `work` that have begun and wait to be told to end. */
interface Call {
  readonly input: Json;
  readonly end: (output: Json) => void;
  readonly fail: () => void;
}

const calls: Call[] = [];
let atOnce = 0;
let most = 0;
let api: RunningApi;

beforeAll(async () => {
  api = await startApi({
    handlers: {
      work: (input) => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        const result = new Promise<Json>((resolve, reject) => {
          calls.push({ input, end: resolve, fail: () => reject(new Error('It broke.')) });
        });
        return result.finally(() => {
          atOnce -= 1;
        });
      },
    },
  });
});
afterAll(() => api.close());

// biome-ignore lint/suspicious/noExplicitAny: a body of any form, which the assertions look at.
async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${api.url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

async function setLimit(name: string, limit: number): Promise<void> {
  const answer = await call('PUT', `/v1/pools/${encodeURIComponent(name)}`, { limit });
  expect(answer).toMatchObject({ status: 200, body: { name, limit, changedAt: expect.any(String) } });
}

const pool = async (name: string) => (await call('GET', `/v1/pools/${encodeURIComponent(name)}`)).body;
const standing = async (name: string) => {
  const { inUse, waiters } = await pool(name);
  return [inUse, waiters.length];
};

/** The next call that begins. */
async function nextCall(): Promise<Call> {
  const found = await expect
    .poll(() => calls[0])
    .toBeDefined()
    .then(() => calls.shift());
  if (found === undefined) throw new Error('Nothing is called.');
  return found;
}

const work = (fields: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: 'work', 'Payload.$': '$' },
  OutputPath: '$.Payload',
  ...fields,
});
const one = (state: object) => ({ StartAt: 'Work', States: { Work: { ...state, End: true } } });

async function start(workflow: string, name: string, input: Json = name): Promise<void> {
  expect((await call('POST', `/v1/workflows/${workflow}/executions`, { name, input })).status).toBe(201);
}
const ended = async (workflow: string, name: string) =>
  (await call('GET', `/v1/workflows/${workflow}/executions/${name}?wait=20`)).body;

describe('the limit of a pool', () => {
  test('is set, listed, shown and removed', async () => {
    await setLimit('cpu', 3);
    await setLimit('tenant:acme', 0);
    const { body } = await call('GET', '/v1/pools?limit=1');
    expect(body).toMatchObject({ items: [{ name: 'cpu', limit: 3 }], next: 'cpu' });
    expect((await call('GET', `/v1/pools?after=${body.next}`)).body.items).toMatchObject([{ name: 'tenant:acme' }]);
    expect(await pool('cpu')).toMatchObject({ name: 'cpu', limit: 3, inUse: 0, holders: [], waiters: [] });
    for (const name of ['cpu', 'tenant%3Aacme']) {
      expect(await call('DELETE', `/v1/pools/${name}`)).toEqual({ status: 204, body: undefined });
      expect(await call('DELETE', `/v1/pools/${name}`)).toMatchObject({
        status: 404,
        body: { code: 'Knhk.PoolNotFound' },
      });
    }
    expect((await call('GET', '/v1/pools')).body).toEqual({ items: [] });
  });

  test.each([
    ['gpu', { limit: -1 }],
    ['gpu', { limit: 1.5 }],
    ['gpu', { limit: 1_001 }],
    ['gpu', {}],
    ['two words', { limit: 1 }],
    ['pattern:WCP-44', { limit: 1 }],
    ['workflow:', { limit: 1 }],
  ])('is refused where it makes no sense: %s %j', async (name, body) => {
    const answer = await call('PUT', `/v1/pools/${encodeURIComponent(name)}`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: expect.stringMatching(/^Knhk[.]/) } });
  });
});

describe('executions of a workflow with a limit', () => {
  test('run one after the other, in the order of their starts', async () => {
    await call('PUT', '/v1/workflows/order', { definition: one(work()) });
    await setLimit('workflow:order', 1);
    for (const name of ['a', 'b', 'c']) await start('order', name);
    const first = await nextCall();
    expect(first.input).toBe('a');
    await expect.poll(() => standing('workflow:order')).toEqual([1, 2]);
    expect(await pool('workflow:order')).toMatchObject({
      holders: [{ execution: expect.stringMatching(/:order:a$/), grantedAt: expect.any(String) }],
      waiters: [{ execution: expect.stringMatching(/:b$/) }, { execution: expect.stringMatching(/:c$/) }],
    });
    first.end('done');
    expect(await ended('order', 'a')).toMatchObject({ status: 'SUCCEEDED' });
    const second = await nextCall();
    expect([second.input, calls]).toEqual(['b', []]);
    second.end('done');
    (await nextCall()).end('done');
    expect(await ended('order', 'c')).toMatchObject({ status: 'SUCCEEDED' });
    await expect.poll(() => standing('workflow:order')).toEqual([0, 0]);
  });

  test('leave the line when they are stopped, and start when the limit is removed', async () => {
    await setLimit('workflow:order', 0);
    for (const name of ['p', 'q']) await start('order', name);
    await expect.poll(() => standing('workflow:order')).toEqual([0, 2]);
    await call('POST', '/v1/workflows/order/executions/p/stop', {});
    await expect.poll(() => standing('workflow:order')).toEqual([0, 1]);
    await call('DELETE', '/v1/pools/workflow%3Aorder');
    (await nextCall()).end('done');
    expect(await ended('order', 'q')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await ended('order', 'p')).toMatchObject({ status: 'ABORTED' });
  });

  test('need a permit again when they are redriven', async () => {
    await setLimit('workflow:order', 1);
    await start('order', 'r');
    (await nextCall()).fail();
    expect(await ended('order', 'r')).toMatchObject({ status: 'FAILED' });
    await start('order', 's');
    const running = await nextCall();
    await call('POST', '/v1/workflows/order/executions/r/redrive', {});
    await expect.poll(() => standing('workflow:order')).toEqual([1, 1]);
    expect(calls).toEqual([]);
    running.end('done');
    const again = await nextCall();
    expect(again.input).toBe('r');
    again.end('done');
    expect(await ended('order', 'r')).toMatchObject({ status: 'SUCCEEDED' });
    await call('DELETE', '/v1/pools/workflow%3Aorder');
  });
});

test.each([
  ['a pool that the state names', 'gpu', { Pool: 'gpu' }],
  ['what the task calls', `resource:function:work`, {}],
] as const)('items of a Map wait for permits of %s', async (_what, name, fields) => {
  const each = { StartAt: 'Each', States: { Each: { ...work(fields), End: true } } };
  const definition = one({ Type: 'Map', ItemProcessor: each });
  await setLimit(name, 3);
  most = 0;
  await call('PUT', '/v1/workflows/items', { definition });
  const items = Array.from({ length: 12 }, (_, index) => index);
  const execution = name.replaceAll(':', '-');
  await start('items', execution, items);
  const waiting = async () => (await call('GET', `/v1/workflows/items/executions/${execution}/open`)).body.permits;
  await expect.poll(waiting).toHaveLength(9);
  expect((await waiting())[0]).toMatchObject({ state: 'Each', within: 'Work[3]', pools: [name] });
  const order: Json[] = [];
  for (const _ of items) {
    const next = await nextCall();
    order.push(next.input);
    next.end(next.input);
  }
  expect(await ended('items', execution)).toMatchObject({ status: 'SUCCEEDED', output: items });
  expect([most, order]).toEqual([3, items]);
  await expect.poll(() => standing(name)).toEqual([0, 0]);
  const { body: history } = await call('GET', `/v1/workflows/items/executions/${execution}/history?limit=1000`);
  const types = history.items.map(({ type }: { type: string }) => type);
  expect(types.filter((type: string) => type === 'PermitsRequested')).toHaveLength(12);
  expect(types.filter((type: string) => type === 'PermitsGranted')).toHaveLength(12);
  await call('DELETE', `/v1/pools/${encodeURIComponent(name)}`);
});

test('a pattern has a pool of all executions whose workflow uses it', async () => {
  await setLimit('pattern:WCP-1', 1);
  const definition = {
    StartAt: 'First',
    States: { First: { Type: 'Pass', Next: 'Work' }, Work: { ...work(), End: true } },
  };
  for (const name of ['sequence-1', 'sequence-2']) await call('PUT', `/v1/workflows/${name}`, { definition });
  await start('sequence-1', 'a', 1);
  const first = await nextCall();
  await start('sequence-2', 'a', 2);
  await expect.poll(() => standing('pattern:WCP-1')).toEqual([1, 1]);
  const open = await call('GET', '/v1/workflows/sequence-2/executions/a/open');
  expect(open).toMatchObject({ status: 200, body: { states: [], permits: [{ pools: ['pattern:WCP-1'] }] } });
  expect(open.body.permits[0]).toEqual({ pools: ['pattern:WCP-1'], since: expect.any(String) });
  expect(calls).toEqual([]);
  first.end('done');
  (await nextCall()).end('done');
  expect(await ended('sequence-2', 'a')).toMatchObject({ status: 'SUCCEEDED' });
  await call('DELETE', '/v1/pools/pattern%3AWCP-1');
});
