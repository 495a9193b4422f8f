import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { definitions, type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  const search = { BusinessKey: '$.order', Tags: ['shop'], Attributes: { total: '$.total' } };
  await put('order', { ...definitions.pass(), Search: search });
  await put('plain', definitions.pass());
});
afterAll(() => api.close());

async function call(method: string, path: string, body?: object) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${api.url}${path}`, { method, ...(body && { headers, body: JSON.stringify(body) }) });
  // biome-ignore lint/suspicious/noExplicitAny: a body of any form, which the assertions look at.
  return { status: response.status, body: JSON.parse(await response.text()) as any };
}

const put = (name: string, definition: object) => call('PUT', `/v1/workflows/${name}`, { definition });
const start = (workflow: string, body: object) => call('POST', `/v1/workflows/${workflow}/executions?wait=5`, body);

async function idsBy(query: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { body } = await call('GET', `/v1/executions?${new URLSearchParams(query)}`);
  return body.items.map(({ id }: { id: string }) => id);
}

describe('Executions are found', () => {
  it('by what the definition takes out of their input, and by what their start says beside', async () => {
    const first = await start('order', { name: 'a', input: { order: 'o-1', total: 5 } });
    expect(first.body).toMatchObject({ businessKey: 'o-1', tags: ['shop'], attributes: { total: 5 } });
    await start('order', { name: 'b', input: { order: 'o-2' }, tags: ['late'], attributes: { total: 5, vip: true } });
    await start('plain', { name: 'c', businessKey: 'o-1' });
    expect(await idsBy({ businessKey: 'o-1' })).toEqual(['c', 'a']);
    expect(await idsBy({ businessKey: 'o-1', workflow: 'order' })).toEqual(['a']);
    expect(await idsBy({ tag: 'shop' })).toEqual(['b', 'a']);
    expect(await idsBy({ attributes: '{"total":5}', tag: 'late' })).toEqual(['b']);
    expect(await idsBy({ attributes: '{"total":"5"}' })).toEqual([]);
    const { body } = await call('GET', '/v1/executions?tag=late');
    expect(body.items).toMatchObject([{ businessKey: 'o-2', attributes: { total: 5, vip: true } }]);
    const counted = await call('GET', '/v1/executions/count?businessKey=o-1');
    expect(counted.body).toMatchObject({ total: 2, byStatus: { SUCCEEDED: 2, RUNNING: 0 }, isComplete: true });
  });

  it('by when they started', async () => {
    const before = await start('plain', { name: 'early' });
    const at = Date.parse(before.body.startedAt);
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(at));
    await start('plain', { name: 'later' });
    const until = await idsBy({ workflow: 'plain', startedTo: before.body.startedAt });
    expect(until).toContain('early');
    expect(until).not.toContain('later');
    const from = await idsBy({ workflow: 'plain', startedFrom: new Date(at + 1).toISOString() });
    expect(from).toEqual(['later']);
  });

  it('and refused, if it cannot be searched by what their input has', async () => {
    const refused = await start('order', { input: { order: { id: 1 }, total: [1] } });
    expect(refused).toMatchObject({ status: 400, body: { code: 'Knhk.InputInvalid' } });
    expect(refused.body.detail).toContain('$.order must be a string or a number');
    expect((await start('plain', { businessKey: '' })).status).toBe(400);
    expect((await start('plain', { attributes: { a: {} } })).status).toBe(400);
    expect(await call('GET', '/v1/executions?attributes=total')).toMatchObject({ status: 400 });
    expect(await call('GET', '/v1/executions?startedFrom=yesterday')).toMatchObject({ status: 400 });
  });

  it('and keep what they are found by when they are forked', async () => {
    await put('held', definitions.wait);
    await start('held', { name: 'first', businessKey: 'k-1', tags: ['x'] });
    const forked = await call('POST', '/v1/workflows/held/executions/first/fork', { name: 'second' });
    expect(forked.body).toMatchObject({ businessKey: 'k-1', tags: ['x'] });
    expect(await idsBy({ businessKey: 'k-1' })).toEqual(['second', 'first']);
  });
});
