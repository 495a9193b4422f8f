import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitions, place, type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface Answer {
  readonly status: number;
  readonly location: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: a body of any form, which the assertions look at.
  readonly body: any;
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const request = { method, ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }) };
  const response = await fetch(`${api.url}${path}`, request);
  const text = await response.text();
  const location = response.headers.get('location');
  return { status: response.status, location, body: text === '' ? undefined : JSON.parse(text) };
}

const arnOf = (name: string) => `arn:aws:states:${place.region}:${place.account}:stateMachine:${name}`;

let names = 0;
/** The path of a new workflow with two versions. */
async function twoVersions(): Promise<{ name: string; path: string }> {
  names += 1;
  const name = `order-${names}`;
  const path = `/v1/workflows/${name}`;
  for (const by of ['first', 'second']) {
    await call('PUT', path, { definition: definitions.pass(by) });
    await call('POST', `${path}/versions`, { description: by });
  }
  return { name, path };
}

describe('versions', () => {
  it('are published once, shown, listed and deleted', async () => {
    const { name, path } = await twoVersions();
    const again = await call('POST', `${path}/versions`);
    expect(again).toMatchObject({ status: 200, body: { version: 2, arn: `${arnOf(name)}:2`, description: 'second' } });
    const listed = await call('GET', `${path}/versions?limit=1`);
    expect(listed.body).toEqual({ items: [again.body], next: expect.any(String) });
    const rest = await call('GET', `${path}/versions?after=${listed.body.next}`);
    expect(rest.body.items).toMatchObject([{ version: 1, description: 'first' }]);
    const first = await call('GET', `${path}/versions/1`);
    expect(first).toMatchObject({ status: 200, body: { version: 1, definition: definitions.pass('first') } });
    expect((await call('DELETE', `${path}/versions/1`)).status).toBe(204);
    expect(await call('GET', `${path}/versions/1`)).toMatchObject({
      status: 404,
      body: { code: 'Knhk.VersionNotFound' },
    });
  });

  it('are published of the revision that is meant', async () => {
    const { path } = await twoVersions();
    const old = await call('POST', `${path}/versions`, { revision: 'other' });
    expect(old).toMatchObject({ status: 409, body: { code: 'Knhk.RevisionConflict' } });
    expect((await call('POST', '/v1/workflows/none/versions')).status).toBe(404);
  });

  it('are started, and executions are listed by them', async () => {
    const { name, path } = await twoVersions();
    const started = await call('POST', `${path}/executions?wait=5`, { name: 'A', version: 1 });
    expect(started).toMatchObject({ status: 201, body: { version: 1, status: 'SUCCEEDED', output: { by: 'first' } } });
    await call('PUT', `${path}/aliases/PROD`, { routes: [{ version: 2, weight: 100 }] });
    const aliased = await call('POST', `${path}/executions?wait=5`, { name: 'B', alias: 'PROD' });
    expect(aliased.body).toMatchObject({ version: 2, alias: 'PROD', output: { by: 'second' } });
    const ids = async (query: string) =>
      (await call('GET', `/v1/executions?workflow=${name}&${query}`)).body.items.map((one: { id: string }) => one.id);
    expect([await ids('version=1'), await ids('alias=PROD'), await ids('version=3')]).toEqual([['A'], ['B'], []]);
    const missing = await call('POST', `${path}/executions`, { alias: 'NONE' });
    expect(missing).toMatchObject({ status: 404, body: { code: 'Knhk.VersionNotFound' } });
    const both = await call('POST', `${path}/executions`, { alias: 'PROD', version: 1 });
    expect(both).toMatchObject({ status: 400, body: { code: 'Knhk.RequestInvalid' } });
    expect((await call('GET', '/v1/executions?version=1')).status).toBe(400);
  });
});

describe('aliases', () => {
  it('are put, shown, listed and deleted', async () => {
    const { name, path } = await twoVersions();
    const routes = [{ version: 1, weight: 100 }];
    const put = await call('PUT', `${path}/aliases/PROD`, { routes, description: 'live' });
    expect(put).toMatchObject({ status: 201, location: `${path}/aliases/PROD` });
    expect(put.body).toMatchObject({ name: 'PROD', arn: `${arnOf(name)}:PROD`, routes, description: 'live' });
    const split = [
      { version: 1, weight: 50 },
      { version: 2, weight: 50 },
    ];
    const changed = await call('PUT', `${path}/aliases/PROD`, { routes: split, description: 'live' });
    expect(changed).toMatchObject({ status: 200, body: { routes: split, createdAt: put.body.createdAt } });
    expect((await call('GET', `${path}/aliases/PROD`)).body).toEqual(changed.body);
    expect((await call('GET', `${path}/aliases?version=2`)).body).toEqual({ items: [changed.body] });
    const used = await call('DELETE', `${path}/versions/2`);
    expect(used).toMatchObject({ status: 409, body: { code: 'Knhk.VersionInUse' } });
    expect((await call('DELETE', `${path}/aliases/PROD`)).status).toBe(204);
    expect(await call('GET', `${path}/aliases/PROD`)).toMatchObject({
      status: 404,
      body: { code: 'Knhk.AliasNotFound' },
    });
  });

  it.each([
    ['PROD', { routes: [] }, 'Knhk.RequestInvalid'],
    ['PROD', { routes: [{ version: 1, weight: 99 }] }, 'Knhk.RoutingInvalid'],
    ['PROD', { routes: [{ version: 1, weight: 100, note: 'x' }] }, 'Knhk.RequestInvalid'],
    ['PROD', { routes: [{ version: 9, weight: 100 }] }, 'Knhk.RoutedVersionNotFound'],
    ['12', { routes: [{ version: 1, weight: 100 }] }, 'Knhk.NameInvalid'],
  ])('%s with %j is refused: %s', async (alias, body, code) => {
    const { path } = await twoVersions();
    expect(await call('PUT', `${path}/aliases/${alias}`, body)).toMatchObject({ status: 400, body: { code } });
  });
});

it('refuses fields and parameters that it does not know', async () => {
  const { path } = await twoVersions();
  const body = await call('POST', `${path}/executions`, { inputs: {}, name: 'A' });
  expect(body).toMatchObject({ status: 400, body: { code: 'Knhk.RequestInvalid' } });
  expect(body.body.detail).toContain('inputs');
  const query = await call('GET', '/v1/executions?state=RUNNING');
  expect(query).toMatchObject({ status: 400, body: { code: 'Knhk.RequestInvalid' } });
  expect(query.body.detail).toContain('state');
});
