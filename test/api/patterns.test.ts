import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { patterns } from '../../lib/patterns/index.ts';
import { type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

// biome-ignore lint/suspicious/noExplicitAny: a body of any form, which the assertions look at.
async function call(method: string, path: string, body?: object): Promise<any> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/json' };
  return (await fetch(`${api.url}${path}`, { method, headers, ...content })).json();
}

function example(number: number): object {
  const path = patterns.find((pattern) => pattern.number === number)?.example ?? '';
  return JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
}

it('lists all patterns, with examples and pages that are there', async () => {
  const { items } = await call('GET', '/v1/patterns');
  expect(items.map(({ id }: { id: string }) => id)).toEqual(patterns.map(({ id }) => id));
  expect(items[15]).toMatchObject({ number: 16, name: 'Deferred Choice', group: 'State-based' });
  for (const { example, page } of items) {
    expect(existsSync(new URL(`../../${example}`, import.meta.url)), example).toBe(true);
    expect(existsSync(new URL(`../../${page}`, import.meta.url)), page).toBe(true);
  }
});

it('says which patterns a workflow uses, and an execution of it', async () => {
  const created = await call('POST', '/v1/workflows', { name: 'choice', definition: example(16) });
  expect(created.patterns).toEqual(['WCP-1', 'WCP-5', 'WCP-16']);
  expect((await call('GET', '/v1/workflows/choice')).patterns).toEqual(created.patterns);
  expect((await call('POST', '/v1/workflows/choice/executions', { name: 'one' })).patterns).toEqual(created.patterns);
});

it('says it of the revision that an execution runs', async () => {
  await call('POST', '/v1/workflows', { name: 'changed', definition: example(3) });
  await call('POST', '/v1/workflows/changed/executions', { name: 'one' });
  const changed = await call('PUT', '/v1/workflows/changed', { definition: example(42) });
  expect(changed.patterns).toEqual(['WCP-1', 'WCP-42']);
  const { patterns: ofOld } = await call('GET', '/v1/workflows/changed/executions/one');
  expect(ofOld).toEqual(['WCP-1', 'WCP-2', 'WCP-3']);
});
