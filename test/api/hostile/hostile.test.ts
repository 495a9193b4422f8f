import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { codeOf } from '../../../lib/api/errors.ts';
import { restRoutes } from '../../../lib/api/rest/face.ts';
import { refusalsOf } from '../../../lib/api/rest/openapi.ts';
import type { Route } from '../../../lib/api/rest/route.ts';
import { actionsOfStepFunctions } from '../../../lib/api/step-functions/face.ts';
import { type LocalServer, startServer } from '../../../lib/local/server.ts';
import type { Json } from '../../../lib/model/json.ts';
import { mutated, odd } from './mutations.ts';

/**
 * Requests of strangers: definitions, inputs, messages, ids and tokens that are nearly right, or not at all. Each is
 * answered, by an error of those that are documented where it is refused, and the engine goes on. `FUZZ_RUNS=5000` tries more.
 */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 20);

let server: LocalServer;
let dataDir: string;
/** Of requests that were right. */
let token: string;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'knhk-hostile-'));
  server = await startServer({ port: 0, buckets: 'none', dataDir }, { log: () => {} });
  const definition = {
    StartAt: 'A',
    States: { A: { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', End: true } },
  };
  await send('PUT', '/v1/workflows/order', { definition });
  await send('POST', '/v1/workflows/order/executions', { name: 'open', input: {} });
  const items = z.object({ items: z.array(z.object({ id: z.string() })) });
  await vi.waitFor(async () => {
    const { text } = await send('GET', '/v1/workflows/order/executions/open/work-items');
    token = items.parse(JSON.parse(text)).items[0]?.id ?? '';
    expect(token).not.toBe('');
  });
});
afterAll(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true });
});

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

const folder = new URL('../../../examples/', import.meta.url);
const corpus: readonly Json[] = [folder, new URL('patterns/', folder)].flatMap((at) =>
  readdirSync(at)
    .filter((name) => name.endsWith('.asl.json'))
    .map((name): Json => JSON.parse(readFileSync(new URL(name, at), 'utf8'))),
);
const fields = [...new Set(corpus.flatMap(namesIn))];

function namesIn(value: Json): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

const problem = z.object({ code: z.string(), detail: z.string().min(1) });

/** What is wrong with an answer of the REST face. */
function complaint(route: Route, { status, text }: Answer): string | undefined {
  if (status < 400) return undefined;
  const parsed = problem.safeParse(JSON.parse(text));
  if (!parsed.success) return `no problem: ${status} ${text.slice(0, 300)}`;
  const { code } = parsed.data;
  return status < 500 && [...refusalsOf(route)].map(codeOf).includes(code)
    ? undefined
    : `not documented: ${status} ${text.slice(0, 600)}`;
}

const named = (operationId: string): Route => {
  const route = restRoutes.find((one) => one.operationId === operationId);
  if (route === undefined) throw new Error(`There is no operation ${operationId}.`);
  return route;
};

describe('a definition that is nearly right', () => {
  test('is refused with findings, or runs', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(mutated(corpus, fields), odd, fc.uuid(), async (definition, input, name) => {
        const checked = await send('POST', '/v1/validations', { definition });
        expect(complaint(named('validateDefinition'), checked)).toBeUndefined();
        const stored = await send('PUT', `/v1/workflows/${name}`, { definition });
        expect(complaint(named('putWorkflow'), stored)).toBeUndefined();
        if (stored.status >= 400) return;
        const started = await send('POST', `/v1/workflows/${name}/executions`, { name: 'one', input });
        expect(complaint(named('startExecution'), started)).toBeUndefined();
        const history = await send('GET', `/v1/workflows/${name}/executions/one/history?limit=20`);
        if (started.status < 400) expect(history.status).toBe(200);
        await send('POST', `/v1/workflows/${name}/executions/one/stop`, {});
        await send('DELETE', `/v1/workflows/${name}`);
      }),
      { numRuns: RUNS * 5 },
    );
    expect(unhandled).toEqual([]);
  });
});

describe('requests of REST', () => {
  const known = ['order', 'open', 'a', '1', 'resource:x', 'tenant:t', '$LATEST'];
  const param = fc.oneof(
    fc.constantFrom(...known),
    fc.constantFrom('TOKEN', 'TOKE', 'TOKENTOKEN', 'arn:aws:states:eu-central-1:123456789012:execution:order:open'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    fc.constantFrom('%00', '..', '%2F', '\u202e', 'x'.repeat(3_000)),
  );
  const bodies: readonly Json[] = [
    { definition: corpus[0] ?? {}, name: 'a', input: {}, description: 'd', revision: '1' },
    { name: 'e', id: 'i', payload: {}, state: 'A', items: [1], activation: 1 },
    { output: 1, error: 'E', cause: 'C', worker: 'ada', to: 'bert', roles: ['r'], capabilities: [], available: true },
    { limit: 1, rate: 1, burst: 1, enabled: true, failureRatio: 0.5, minimumCalls: 5, windowSeconds: 10 },
    { scopes: ['executions:read'], expiresAt: '2030-01-01T00:00:00Z', routing: [{ version: 1, weight: 100 }] },
    { maxConcurrency: 1, toleratedFailureCount: 1, toleratedFailurePercentage: 5, workerName: 'w', waitSeconds: 0 },
  ];
  const names = bodies.flatMap(namesIn);
  const query = fc.dictionary(
    fc.constantFrom('limit', 'after', 'status', 'workflow', 'reverse', 'kind', 'q', 'at', 'from', 'assignee', 'order'),
    fc.oneof(fc.constantFrom('0', '-1', '1', '1000', '9'.repeat(30), 'RUNNING', 'x'), fc.string({ unit: 'binary' })),
    { maxKeys: 3 },
  );

  test.each(restRoutes.map((route) => [route.operationId, route] as const))('%s', async (_name, route) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(param, { minLength: 3, maxLength: 3 }),
        query,
        mutated(bodies, names),
        async (params, given, body) => {
          let index = 0;
          const value = () => encoded((params[index++] ?? 'a').replace('TOKEN', token));
          const path = route.path.replaceAll(/\{\w+\}/g, value);
          const search = new URLSearchParams(given).toString();
          const answer = await send(
            route.method.toUpperCase(),
            `${path}?${search}`,
            route.body === undefined ? undefined : body,
          );
          expect(complaint(route, answer)).toBeUndefined();
        },
      ),
      { numRuns: RUNS },
    );
    expect(unhandled).toEqual([]);
  });
});

/** Lone surrogates have no form in a URL; `.` and `..` would be another path. */
function encoded(text: string): string {
  const name = encodeURIComponent(text.toWellFormed());
  return /^\.{1,2}$/.test(name) ? `x${name}` : name;
}

describe('messages of Step Functions', () => {
  const messages: readonly Json[] = [
    { stateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:order', name: 'a', input: '{}' },
    { executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:order:open', maxResults: 1, nextToken: 'x' },
    {
      taskToken: 'TOKEN',
      output: '{}',
      error: 'E',
      cause: 'C',
      activityArn: 'arn:aws:states:eu-central-1:123456789012:activity:a',
    },
    {
      definition: JSON.stringify(corpus[0]),
      roleArn: 'arn:aws:iam::123456789012:role/tasks',
      tags: [{ key: 'k', value: 'v' }],
    },
    { resourceArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:order', tagKeys: ['k'], publish: true },
    {
      mapRunArn: 'arn:aws:states:eu-central-1:123456789012:mapRun:order/M:a',
      maxConcurrency: 1,
      statusFilter: 'RUNNING',
    },
    { routingConfiguration: [{ stateMachineVersionArn: 'x', weight: 1 }], loggingConfiguration: { level: 'ALL' } },
  ];
  const names = messages.flatMap(namesIn);
  const error = z.object({ __type: z.string().regex(/^[A-Z]\w+$/), message: z.string() });

  // Long polls are asked of activities that do not exist.
  test.each([...actionsOfStepFunctions])('%s', async (action) => {
    const merged = Object.assign({}, ...messages.map((message) => message as Record<string, Json>)) as Json;
    await fc.assert(
      fc.asyncProperty(mutated([...messages, merged], names), fc.boolean(), async (message, isText) => {
        const whole = JSON.stringify(message).replaceAll('TOKEN', token);
        const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${action}` };
        const { status, text } = await send('POST', '/', isText ? whole : whole.slice(0, -1), headers);
        if (status === 200) return;
        expect([status, error.safeParse(JSON.parse(text)).success], text).toEqual([400, true]);
      }),
      { numRuns: RUNS },
    );
    expect(unhandled).toEqual([]);
  });
});

test('afterwards the engine does what it did before', async () => {
  const definition = { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } };
  expect((await send('PUT', '/v1/workflows/after', { definition })).status).toBeLessThan(300);
  const { text } = await send('POST', '/v1/workflows/after/executions?wait=10', { name: 'one', input: 1 });
  expect(JSON.parse(text)).toMatchObject({ status: 'SUCCEEDED', output: 1 });
});
