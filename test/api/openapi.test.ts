import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definitions, type RunningApi, startApi } from './running-api.ts';

interface Schema {
  readonly [keyword: string]: unknown;
}
interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly description?: string;
}
interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

let api: RunningApi;
let document: Document;

beforeAll(async () => {
  api = await startApi();
  const response = await fetch(`${api.url}/openapi.json`);
  document = (await response.json()) as Document;
});
afterAll(() => api.close());

function operations(): readonly (readonly [path: string, method: string, operation: Operation])[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  );
}

/** The schema of a response, as something that checks values. */
function checker(path: string, method: string, status: string): z.ZodType {
  const { content } = document.paths[path]?.[method]?.responses[status] ?? {};
  const [schema = {}] = Object.values(content ?? {}).map((media) => media.schema);
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')));
}

describe('the OpenAPI document', () => {
  it('has the form of OpenAPI 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const ids = operations().map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [path, , { parameters, responses }] of operations()) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(inPath.every(({ required }) => required)).toBe(true);
      for (const response of Object.values(responses)) expect(response.description).toMatch(/\.$/);
    }
  });

  it('refers only to schemas that it has, and has none that nothing refers to', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target);
    const names = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(new Set(references)).toEqual(new Set(names));
  });

  it('names the routes that there are: each answers, and none with 404 for the path or 405 for the method', async () => {
    expect(operations().length).toBeGreaterThan(15);
    for (const [path, method] of operations()) {
      const url = `${api.url}${path.replaceAll(/\{\w+\}/g, 'missing')}`;
      const response = await fetch(url, { method: method.toUpperCase() });
      const { code } = response.status === 204 ? { code: '' } : ((await response.json()) as { code?: string });
      expect([path, method, code]).not.toEqual([path, method, 'Knhk.RouteNotFound']);
      expect(response.status).not.toBe(405);
      expect(document.paths[path]?.[method]?.responses).toHaveProperty(String(response.status));
    }
  });

  it('describes what is answered', async () => {
    const headers = { 'content-type': 'application/json' };
    const post = (path: string, body: object) =>
      fetch(`${api.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const get = (path: string) => fetch(`${api.url}${path}`);
    const name = 'described';
    const execution = `/v1/workflows/${name}/executions/one`;
    const answers = [
      ['/v1/workflows', 'post', '201', await post('/v1/workflows', { name, definition: definitions.pass() })],
      ['/v1/workflows', 'post', '400', await post('/v1/workflows', { name: 'bad', definition: {} })],
      ['/v1/workflows', 'get', '200', await get('/v1/workflows')],
      ['/v1/workflows/{name}', 'get', '404', await get('/v1/workflows/missing')],
      [
        '/v1/workflows/{workflow}/executions',
        'post',
        '201',
        await post(`/v1/workflows/${name}/executions?wait=5`, { name: 'one' }),
      ],
      ['/v1/executions', 'get', '200', await get('/v1/executions')],
      ['/v1/workflows/{workflow}/executions/{execution}', 'get', '200', await get(execution)],
      ['/v1/workflows/{workflow}/executions/{execution}/history', 'get', '200', await get(`${execution}/history`)],
      ['/v1/validations', 'post', '200', await post('/v1/validations', { definition: {} })],
      ['/v1/activities', 'post', '200', await post('/v1/activities', { name: 'a' })],
    ] as const;
    for (const [path, method, status, response] of answers) {
      const body = await response.json();
      expect([path, method, String(response.status)]).toEqual([path, method, status]);
      expect(checker(path, method, status).safeParse(body)).toMatchObject({ success: true });
      expect(checker(path, method, status).safeParse({ unexpected: true })).toMatchObject({ success: false });
    }
  });
});
